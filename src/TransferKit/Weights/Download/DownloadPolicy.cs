using System.Net;

namespace TransferKit;

/// <summary>How patient a download is.</summary>
internal sealed record DownloadPolicy
{
    /// <summary>Attempts in a row that may bring nothing new before the download gives up.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>The wait before the second attempt; it doubles with each further one.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the server may be silent.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often to look whether another process has finished the same download.</summary>
    public TimeSpan Polling { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Whether trying again may help: not without a network, and not where the server says no.</summary>
    public static bool MayPass(Exception error) => error is not HttpRequestException request
        || (request.HttpRequestError != HttpRequestError.NameResolutionError
            && (request.StatusCode is null or >= HttpStatusCode.InternalServerError
                or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests));
}
