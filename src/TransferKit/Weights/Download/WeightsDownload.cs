using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace TransferKit;

/// <summary>
/// One download. It goes to <c>FILE.partial</c>, which is locked meanwhile, so that other processes wait for it; when all
/// has arrived and the checksum is right, the file gets its name. Killed at any moment, it leaves no damaged FILE.
/// </summary>
internal sealed class WeightsDownload(
    HttpClient client, DownloadPolicy policy, Uri url, string path, string? sha256, IProgress<DownloadProgress>? progress)
{
    private readonly string _partialPath = path + ".partial";

    /// <summary>The version of the file that the server gave so far, so that two versions are never put together.</summary>
    private EntityTagHeaderValue? _version;

    /// <exception cref="WeightsException">The file can't be had.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using var partial = await LockAsync(cancellationToken).ConfigureAwait(false);
            if (partial is null)
                return;
            await FetchWholeAsync(partial, cancellationToken).ConfigureAwait(false);
            partial.Flush(flushToDisk: true);
            File.Move(_partialPath, path, overwrite: true);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw Failure($"the folder can't be written: {error.Message}", error);
        }
    }

    /// <summary>The partial file, locked; null if another process has finished the download meanwhile.</summary>
    private async Task<FileStream?> LockAsync(CancellationToken cancellationToken)
    {
        // On Unix only None locks out others; on Windows the file must be renamed while it is open, which Delete permits.
        var share = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None;
        while (true)
        {
            try
            {
                var partial = new FileStream(
                    _partialPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, share, bufferSize: 0, useAsync: true);
                if (!File.Exists(path))
                    return partial;
                // The other process finished between our look at the file and our lock.
                partial.Dispose();
                File.Delete(_partialPath);
                return null;
            }
            catch (IOException error) when (error.GetType() == typeof(IOException) && File.Exists(_partialPath))
            {
                await Task.Delay(policy.Polling, cancellationToken).ConfigureAwait(false);
                if (File.Exists(path))
                    return null;
            }
        }
    }

    private async Task FetchWholeAsync(FileStream partial, CancellationToken cancellationToken)
    {
        // Without a checksum nobody could tell whether an old beginning belongs to the file of today.
        if (sha256 is null)
            partial.SetLength(0);
        var resumed = partial.Length > 0;
        await FetchPatientlyAsync(partial, cancellationToken).ConfigureAwait(false);
        var digest = await DigestAsync(partial, cancellationToken).ConfigureAwait(false);
        if (!IsCorrect(digest) && resumed)
        {
            partial.SetLength(0);
            await FetchPatientlyAsync(partial, cancellationToken).ConfigureAwait(false);
            digest = await DigestAsync(partial, cancellationToken).ConfigureAwait(false);
        }

        if (!IsCorrect(digest))
        {
            partial.SetLength(0);
            throw Failure($"its SHA-256 begins with {digest[..sha256!.Length]} instead of {sha256}: damaged, or another file");
        }
    }

    private bool IsCorrect(string digest) => sha256 is null || digest.StartsWith(sha256, StringComparison.OrdinalIgnoreCase);

    private async Task<string> DigestAsync(FileStream partial, CancellationToken cancellationToken)
    {
        if (sha256 is null)
            return "";
        partial.Position = 0;
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(partial, cancellationToken).ConfigureAwait(false));
    }

    private async Task FetchPatientlyAsync(FileStream partial, CancellationToken cancellationToken)
    {
        var delay = policy.FirstDelay;
        for (var attempt = 1; ; attempt++)
        {
            var before = partial.Length;
            try
            {
                await FetchRestAsync(partial, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (Exception error) when (error is HttpRequestException or HttpIOException or TransmissionException)
            {
                if (partial.Length > before)
                    (attempt, delay) = (1, policy.FirstDelay);
                if (attempt >= policy.Attempts || !MayPass(error))
                    throw Failure(error.Message, error);
            }

            await Task.Delay(delay, cancellationToken).ConfigureAwait(false);
            delay *= 2;
        }
    }

    /// <summary>Whether trying again may help: not without a network, and not where the server says no.</summary>
    private static bool MayPass(Exception error) => error is not HttpRequestException request
        || (request.HttpRequestError != HttpRequestError.NameResolutionError
            && (request.StatusCode is null or >= HttpStatusCode.InternalServerError
                or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests));

    private async Task FetchRestAsync(FileStream partial, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(policy.Silence);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            if (partial.Length > 0)
            {
                request.Headers.Range = new RangeHeaderValue(partial.Length, null);
                if (_version is not null)
                    request.Headers.IfRange = new RangeConditionHeaderValue(_version);
            }

            using var response = await client
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token).ConfigureAwait(false);
            if (await PrepareAsync(response, partial).ConfigureAwait(false))
                await CopyAsync(response, partial, silence).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TransmissionException(
                FormattableString.Invariant($"the server was silent for {policy.Silence.TotalSeconds:0.#} s"), error);
        }
    }

    /// <summary>Cuts the partial file to where the answer goes on.</summary>
    /// <returns>Whether there is anything left to receive.</returns>
    private async Task<bool> PrepareAsync(HttpResponseMessage response, FileStream partial)
    {
        var range = response.Content.Headers.ContentRange;
        switch (response.StatusCode)
        {
            case HttpStatusCode.PartialContent when range?.From == partial.Length:
                break;
            case HttpStatusCode.RequestedRangeNotSatisfiable when range?.Length == partial.Length:
                return false;
            case HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable:
                partial.SetLength(0);
                throw new TransmissionException("the server answers with another part of the file than the one asked for");
            default:
                response.EnsureSuccessStatusCode();
                partial.SetLength(0);
                break;
        }

        _version = response.Headers.ETag is { IsWeak: false } tag ? tag : null;
        await partial.FlushAsync().ConfigureAwait(false);
        partial.Position = partial.Length;
        return true;
    }

    private async Task CopyAsync(HttpResponseMessage response, FileStream partial, CancellationTokenSource silence)
    {
        var total = response.Content.Headers.ContentLength + partial.Length;
        var name = Path.GetFileName(path);
        var buffer = new byte[1 << 17];
        using var body = await response.Content.ReadAsStreamAsync(silence.Token).ConfigureAwait(false);
        while (await ReceiveAsync(body, buffer, silence.Token).ConfigureAwait(false) is var count and > 0)
        {
            await partial.WriteAsync(buffer.AsMemory(0, count), silence.Token).ConfigureAwait(false);
            silence.CancelAfter(policy.Silence);
            progress?.Report(new DownloadProgress(name, partial.Length, total));
        }

        if (partial.Length < total)
            throw new TransmissionException($"the connection was cut after {partial.Length} of {total} bytes");
    }

    private static async Task<int> ReceiveAsync(Stream body, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException error)
        {
            throw new TransmissionException($"the connection was cut ({error.Message})", error);
        }
    }

    private WeightsException Failure(string cause, Exception? error = null) => new(
        path,
        $"could not be downloaded from {url} ({cause.TrimEnd('.')}). "
            + $"Fetch {Path.GetFileName(path)} yourself and put it into {Path.GetDirectoryName(path)}.",
        error)
    {
        Url = url,
    };

    /// <summary>The way from the server failed, as opposed to the way to the disk.</summary>
    private sealed class TransmissionException(string message, Exception? innerException = null)
        : Exception(message, innerException);
}
