using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace TransferKit;

/// <summary>A file of a repository, as the hub tells of it.</summary>
/// <param name="Url">Where its content is, for those who are allowed to read the repository.</param>
/// <param name="Commit">The commit that has it.</param>
/// <param name="Version">Its content's name: a hash, see <see cref="Checksum.OfHub"/>; null: the commit has no such file.</param>
internal sealed record HubFile(Uri Url, string Commit, string? Version);

/// <summary>
/// Asks the hub what it has. The protocol is that of huggingface_hub: <c>HEAD /NAME/resolve/REVISION/FILE</c>, whose answer has
/// the commit and the content's hash in its headers, also where the content itself lies elsewhere.
/// </summary>
internal sealed class HubClient(HubSettings settings, DownloadPolicy policy, HubRepository repository)
{
    private const int MaxRedirects = 10;

    /// <summary>Headers of the answer that redirects elsewhere are wanted, not those of the answer there.</summary>
    private static readonly HttpClient Client =
        WeightsDownload.MakeClient(new SocketsHttpHandler { AllowAutoRedirect = false });

    /// <summary>Who asks, which the hub alone is told.</summary>
    public AuthenticationHeaderValue? Authorization { get; } =
        (repository.Token ?? settings.Token) is { } token ? new("Bearer", token) : null;

    private Uri Page => new($"{settings.Endpoint.AbsoluteUri.TrimEnd('/')}/{repository.Name}");

    /// <summary>Asks for a file, several times where the hub is in trouble.</summary>
    /// <param name="revision">A branch, a tag or a commit.</param>
    /// <param name="file">The file's name in the repository.</param>
    /// <param name="attempts">How often.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="WeightsException">The hub can't be reached, or refuses.</exception>
    public async Task<HubFile> AskAsync(string revision, string file, int attempts, CancellationToken cancellationToken)
    {
        var name = string.Join('/', file.Split('/').Select(Uri.EscapeDataString));
        var url = new Uri($"{Page}/resolve/{Uri.EscapeDataString(revision)}/{name}");
        for (var (attempt, delay) = (1, policy.FirstDelay); ; attempt++, delay *= 2)
        {
            try
            {
                using var answer = await SendAsync(HttpMethod.Head, url, cancellationToken).ConfigureAwait(false);
                return Read(answer, revision);
            }
            catch (HttpRequestException error) when (attempt >= attempts || !DownloadPolicy.MayPass(error))
            {
                throw new WeightsException($"{repository}", $"{file} can't be asked for at {url} ({error.Message.TrimEnd('.')}), "
                    + $"and isn't in {settings.CacheFolder} yet. {FillElsewhere}", error)
                {
                    Url = url,
                };
            }
            catch (HttpRequestException)
            {
                await Task.Delay(delay, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>How to come by a repository without this machine's network.</summary>
    public string FillElsewhere =>
        $"Where there is a network, hf download {repository.Name} puts it into a cache folder that can be copied.";

    /// <summary>The names of a commit's files; none where the hub doesn't tell.</summary>
    public async Task<IReadOnlyList<string>> ListAsync(string commit, CancellationToken cancellationToken)
    {
        var url = new Uri($"{settings.Endpoint.AbsoluteUri.TrimEnd('/')}/api/models/{repository.Name}/revision/{commit}");
        try
        {
            using var answer = await SendAsync(HttpMethod.Get, url, cancellationToken).ConfigureAwait(false);
            var text = await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            using var json = JsonDocument.Parse(text);
            return [.. json.RootElement.GetProperty("siblings").EnumerateArray()
                .Select(file => $"{file.GetProperty("rfilename")}")];
        }
        catch (Exception error) when (error is HttpRequestException or IOException or JsonException or KeyNotFoundException
            or InvalidOperationException)
        {
            // The list is a help to whoever reads the error, who can look at the page too.
            return [];
        }
    }

    /// <summary>Sends a request, after a repository that was renamed too, but not to other servers.</summary>
    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri url, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(policy.Silence);
        try
        {
            for (var redirects = 0; ; redirects++)
            {
                using var request = new HttpRequestMessage(method, url);
                request.Headers.Authorization = Authorization;
                var answer = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token)
                    .ConfigureAwait(false);
                if (redirects == MaxRedirects || (int)answer.StatusCode is < 300 or > 399
                    || answer.Headers.Location is not { } location || !IsSameServer(url, new Uri(url, location)))
                    return answer;
                answer.Dispose();
                url = new Uri(url, location);
            }
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException(
                FormattableString.Invariant($"the hub was silent for {policy.Silence.TotalSeconds:0.#} s"), error);
        }
    }

    private static bool IsSameServer(Uri one, Uri other) => Uri.Compare(
        one, other, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;

    private HubFile Read(HttpResponseMessage answer, string revision)
    {
        var url = answer.RequestMessage!.RequestUri!;
        var commit = Header(answer, "X-Repo-Commit");
        var code = Header(answer, "X-Error-Code");
        if (answer.StatusCode >= HttpStatusCode.BadRequest && (code != "EntryNotFound" || commit is null))
            throw Refusal(answer, code, revision, url);
        var version = code is not null ? null
            : (Header(answer, "X-Linked-Etag") ?? Header(answer, "ETag"))?.Replace("W/", "", StringComparison.Ordinal).Trim('"');
        if (!IsName(commit) || (code is null && !IsName(version)))
            throw new WeightsException($"{repository}", $"{url} answers, but not as the Hugging Face hub does: it names no "
                + "commit, or no version of the file (X-Repo-Commit, ETag). Check HF_ENDPOINT, "
                + "and whether a proxy stands in between.")
            {
                Url = url,
            };
        return new(url, commit!, version);
    }

    /// <exception cref="HttpRequestException">It may pass.</exception>
    private WeightsException Refusal(HttpResponseMessage answer, string? code, string revision, Uri url)
    {
        var because = Header(answer, "X-Error-Message") is { } message ? $" ({message.TrimEnd('.')})" : "";
        var status = answer.StatusCode;
        var login = Authorization is null
            ? "say who asks with token: or HF_TOKEN (tokens are made at https://huggingface.co/settings/tokens)"
            : "the token that was sent has no access to it";
        var reason = (code, status) switch
        {
            ("GatedRepo", _) => $"the repository is gated: its owner grants access to those who ask at {Page}, and {login}",
            ("RevisionNotFound", _) =>
                $"the repository has no revision '{revision}': name a branch, a tag or a commit, see {Page}/commits/main",
            ("RepoNotFound", _) or (null, HttpStatusCode.Unauthorized) =>
                $"there is no such repository at {Page}, or it is private: check the name, and {login}",
            (_, HttpStatusCode.Forbidden) => $"the hub refuses access{because}: {login}",
            _ => DownloadPolicy.MayPass(new HttpRequestException(null, null, status))
                ? throw new HttpRequestException($"the hub answers {(int)status}{because}", null, status)
                : $"the hub answers {(int)status}{because} at {url}",
        };
        return new($"{repository}", $"{reason}.") { Url = url };
    }

    /// <summary>Commits and versions become names of files.</summary>
    private static bool IsName(string? text) =>
        text?.Length is > 0 and <= 128 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-');

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.NonValidated.TryGetValues(name, out var values) && $"{values}" is { Length: > 0 } value ? value : null;
}
