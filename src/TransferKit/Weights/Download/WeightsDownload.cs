using System.Net;
using System.Net.Http.Headers;

namespace TransferKit;

/// <summary>
/// One download. It goes to <c>FILE.partial</c>, which is locked meanwhile, so that other processes wait for it; when all
/// has arrived and the checksum is right, the file gets its name. Killed at any moment, it leaves no damaged FILE.
/// </summary>
internal sealed class WeightsDownload(
    DownloadPolicy policy, Uri url, string path, Checksum? checksum, IProgress<DownloadProgress>? progress)
{
    private static readonly HttpClient Client = MakeClient(new HttpClientHandler());

    /// <summary>The version of the file that the server gave so far, so that two versions are never put together.</summary>
    private EntityTagHeaderValue? _version;

    /// <summary>Where the file lies until it is whole.</summary>
    public string PartialPath { get; init; } = path + ".partial";

    /// <summary>What progress calls the file.</summary>
    public string FileName { get; init; } = Path.GetFileName(path);

    /// <summary>Who asks, for servers that give the file to some only; redirects are followed without it.</summary>
    public AuthenticationHeaderValue? Authorization { get; init; }

    /// <summary>What to do where the download fails, as a sentence.</summary>
    public string Advice { get; init; } =
        $"Fetch {Path.GetFileName(path)} yourself and put it into {Path.GetDirectoryName(path)}.";

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
            File.Move(PartialPath, path, overwrite: true);
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
                    PartialPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, share, bufferSize: 0, useAsync: true);
                if (!File.Exists(path))
                    return partial;
                // The other process finished between our look at the file and our lock.
                partial.Dispose();
                File.Delete(PartialPath);
                return null;
            }
            catch (IOException error) when (error.GetType() == typeof(IOException) && File.Exists(PartialPath))
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
        if (checksum is null)
            partial.SetLength(0);
        var resumed = partial.Length > 0;
        await FetchPatientlyAsync(partial, cancellationToken).ConfigureAwait(false);
        if (checksum is null)
            return;
        var digest = await checksum.DigestAsync(partial, cancellationToken).ConfigureAwait(false);
        if (!checksum.IsOf(digest) && resumed)
        {
            partial.SetLength(0);
            await FetchPatientlyAsync(partial, cancellationToken).ConfigureAwait(false);
            digest = await checksum.DigestAsync(partial, cancellationToken).ConfigureAwait(false);
        }

        if (!checksum.IsOf(digest))
        {
            partial.SetLength(0);
            throw Failure($"its {checksum.Difference(digest)}: damaged, or another file");
        }
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
                if (attempt >= policy.Attempts || !DownloadPolicy.MayPass(error))
                    throw Failure(error.Message, error);
            }

            await Task.Delay(delay, cancellationToken).ConfigureAwait(false);
            delay *= 2;
        }
    }

    private async Task FetchRestAsync(FileStream partial, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(policy.Silence);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.Authorization = Authorization;
            if (partial.Length > 0)
            {
                request.Headers.Range = new RangeHeaderValue(partial.Length, null);
                if (_version is not null)
                    request.Headers.IfRange = new RangeConditionHeaderValue(_version);
            }

            using var response = await Client
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
        var buffer = new byte[1 << 17];
        using var body = await response.Content.ReadAsStreamAsync(silence.Token).ConfigureAwait(false);
        while (await ReceiveAsync(body, buffer, silence.Token).ConfigureAwait(false) is var count and > 0)
        {
            await partial.WriteAsync(buffer.AsMemory(0, count), silence.Token).ConfigureAwait(false);
            silence.CancelAfter(policy.Silence);
            progress?.Report(new DownloadProgress(FileName, partial.Length, total));
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
        path, $"could not be downloaded from {url} ({cause.TrimEnd('.')}). {Advice}", error)
    {
        Url = url,
    };

    /// <summary>A client that says who it is, and has no time limit.</summary>
    public static HttpClient MakeClient(HttpMessageHandler handler)
    {
        // The policy's own time limit starts anew with every piece; a limit on the whole would fail big files on slow lines.
        var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("TransferKit");
        return client;
    }

    /// <summary>The way from the server failed, as opposed to the way to the disk.</summary>
    private sealed class TransmissionException(string message, Exception? innerException = null)
        : Exception(message, innerException);
}
