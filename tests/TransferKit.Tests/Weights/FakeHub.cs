using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace TransferKit.Tests.Weights;

/// <summary>
/// One repository on a server on this machine that speaks the Hugging Face hub's protocol: small files come from the hub itself,
/// large ones by a redirect to another server, which is to know nothing of tokens.
/// </summary>
internal sealed class FakeHub : IAsyncDisposable
{
    private readonly List<(string Method, string Path, string Authorization)> _requests = [];
    private LocalServer _hub = null!;

    private FakeHub()
    {
    }

    public const string Name = "someone/network";

    public string Commit { get; set; } = new('c', 40);

    /// <summary>The branches and tags that mean this commit.</summary>
    public HashSet<string> Revisions { get; } = ["main"];

    public Dictionary<string, byte[]> SmallFiles { get; } = [];

    public Dictionary<string, byte[]> LargeFiles { get; } = [];

    /// <summary>Answers in place of the hub where it returns true.</summary>
    public Func<HttpContext, bool> Refuses { get; set; } = _ => false;

    /// <summary>Sends a small file's content; replaced to spoil it.</summary>
    public Func<HttpContext, byte[], Task> SendsSmall { get; set; } = Answers.Send;

    /// <summary>Sends a large file's content; replaced to cut, spoil or delay it.</summary>
    public Func<HttpContext, byte[], Task> SendsLarge { get; set; } = Answers.Send;

    /// <summary>The other server.</summary>
    public LocalServer Storage { get; private set; } = null!;

    public Uri Endpoint => new(_hub.Url("").ToString());

    /// <summary>The hub's requests so far, as <c>HEAD config.json</c>.</summary>
    public IReadOnlyList<string> Requests => [.. _requests.Select(request => $"{request.Method} {request.Path.Split('/')[^1]}")];

    /// <summary>What the hub's requests said of who asks.</summary>
    public IReadOnlyList<string> Authorizations => [.. _requests.Select(request => request.Authorization)];

    /// <summary>What the other server was told of who asks.</summary>
    public List<string> StorageAuthorizations { get; } = [];

    public static async Task<FakeHub> StartAsync()
    {
        var hub = new FakeHub();
        hub.Storage = await LocalServer.StartAsync((context, _) =>
        {
            lock (hub.StorageAuthorizations)
                hub.StorageAuthorizations.Add(context.Request.Headers.Authorization.ToString());
            return hub.SendsLarge(context, hub.LargeFiles[context.Request.Path.Value!.TrimStart('/')]);
        });
        hub._hub = await LocalServer.StartAsync((context, _) => hub.AnswerAsync(context));
        return hub;
    }

    public static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    [SuppressMessage("Security", "CA5350", Justification = "git names contents by SHA-1.")]
    public static string GitSha1(byte[] content) =>
        Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));

    public static void Fail(HttpContext context, int status, string? code, string? message = null)
    {
        context.Response.StatusCode = status;
        if (code is not null)
            context.Response.Headers["X-Error-Code"] = code;
        if (message is not null)
            context.Response.Headers["X-Error-Message"] = message;
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        await Storage.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        lock (_requests)
            _requests.Add((context.Request.Method, path, context.Request.Headers.Authorization.ToString()));
        if (Refuses(context))
            return;
        if (path == $"/api/models/{Name}/revision/{Commit}")
        {
            await context.Response.WriteAsJsonAsync(
                new { siblings = SmallFiles.Keys.Concat(LargeFiles.Keys).Select(file => new { rfilename = file }) });
            return;
        }

        if (path.Split('/', 6) is not ["", var owner, var name, "resolve", var revision, var file] || $"{owner}/{name}" != Name)
        {
            Fail(context, 401, "RepoNotFound");
            return;
        }

        if (revision != Commit && !Revisions.Contains(Uri.UnescapeDataString(revision)))
        {
            Fail(context, 404, "RevisionNotFound");
            return;
        }

        var headers = context.Response.Headers;
        headers["X-Repo-Commit"] = Commit;
        if (LargeFiles.TryGetValue(file, out var large))
        {
            headers["X-Linked-Etag"] = $"\"{Sha256(large)}\"";
            headers["X-Linked-Size"] = $"{large.Length}";
            context.Response.Redirect(Storage.Url(file).ToString());
        }
        else if (SmallFiles.TryGetValue(file, out var small))
        {
            headers.ETag = $"\"{GitSha1(small)}\"";
            if (context.Request.Method == "HEAD")
                context.Response.ContentLength = small.Length;
            else
                await SendsSmall(context, small);
        }
        else
        {
            Fail(context, 404, "EntryNotFound");
        }
    }
}
