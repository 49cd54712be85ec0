using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace TransferKit.Tests.Weights;

/// <summary>A web server on this machine that answers every request by a function, and keeps the requests.</summary>
internal sealed class LocalServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private int _requests;

    private LocalServer(WebApplication application) => _application = application;

    /// <summary>The number of requests so far.</summary>
    public int Requests => _requests;

    /// <summary>The Range headers of the requests, "" where there was none.</summary>
    public List<string> Ranges { get; } = [];

    public static async Task<LocalServer> StartAsync(Func<HttpContext, int, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new LocalServer(builder.Build());
        server._application.Run(context =>
        {
            var request = Interlocked.Increment(ref server._requests);
            lock (server.Ranges)
                server.Ranges.Add(context.Request.Headers.Range.ToString());
            return answer(context, request);
        });
        await server._application.StartAsync();
        return server;
    }

    public Uri Url(string name) => new($"{_application.Urls.Single()}/{name}");

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}

/// <summary>What servers do to a download.</summary>
internal static class Answers
{
    /// <summary>Sends the content, or the part that is asked for.</summary>
    public static async Task Send(HttpContext context, byte[] content)
    {
        var from = From(context);
        if (from > 0)
        {
            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.Headers.ContentRange = $"bytes {from}-{content.Length - 1}/{content.Length}";
        }

        context.Response.ContentLength = content.Length - from;
        await context.Response.Body.WriteAsync(content.AsMemory(from));
    }

    /// <summary>Announces the content, sends some bytes of it, and cuts the connection.</summary>
    public static async Task Cut(HttpContext context, byte[] content, int count)
    {
        var from = From(context);
        if (from > 0)
        {
            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.Headers.ContentRange = $"bytes {from}-{content.Length - 1}/{content.Length}";
        }

        context.Response.ContentLength = content.Length - from;
        await context.Response.Body.WriteAsync(content.AsMemory(from, count));
        await context.Response.Body.FlushAsync();
        context.Abort();
    }

    public static Task Fail(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private static int From(HttpContext context) =>
        context.Request.Headers.Range.ToString() is ['b', 'y', 't', 'e', 's', '=', .. var range]
            ? int.Parse(range.TrimEnd('-'), System.Globalization.CultureInfo.InvariantCulture)
            : 0;
}
