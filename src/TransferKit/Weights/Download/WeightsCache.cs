using System.Security.Cryptography;
using System.Text;

namespace TransferKit;

/// <summary>
/// The folder in which weights lie once they are downloaded. By default PyTorch's own:
/// <c>$TORCH_HOME/hub/checkpoints</c>, else <c>$XDG_CACHE_HOME/torch/hub/checkpoints</c>, else
/// <c>~/.cache/torch/hub/checkpoints</c>; so what Python fetched is found here, and the other way round.
/// Safe to use from several threads and processes: a file that several want at once is downloaded once.
/// </summary>
internal sealed class WeightsCache
{
    /// <summary>The environment variable with the address of a mirror that has torchvision's files by their names.</summary>
    public const string MirrorVariable = "TRANSFERKIT_WEIGHTS_MIRROR";

    private readonly DownloadPolicy _policy;

    /// <summary>Uses a folder, which is made when it is needed.</summary>
    /// <param name="folder">The folder; null for PyTorch's.</param>
    public WeightsCache(string? folder = null)
        : this(folder ?? DefaultFolder(Environment.GetEnvironmentVariable), new DownloadPolicy())
    {
    }

    internal WeightsCache(string folder, DownloadPolicy policy)
    {
        Folder = Path.GetFullPath(folder);
        _policy = policy;
    }

    /// <summary>The cache in PyTorch's folder.</summary>
    public static WeightsCache Shared { get; } = new();

    /// <summary>The folder's full path.</summary>
    public string Folder { get; }

    /// <summary>The path of known weights, downloaded first if they are not there yet.</summary>
    /// <param name="weights">The weights; see <see cref="KnownWeights"/>.</param>
    /// <param name="progress">Told about each piece that arrives; not at all for a file that is there.</param>
    /// <param name="cancellationToken">Ends the download; what has arrived is kept and the next download goes on from it.</param>
    /// <exception cref="WeightsException">
    /// The file can't be downloaded or has not the checksum it should; the message names address, file and folder.
    /// </exception>
    public async Task<string> GetAsync(
        WeightsInfo weights, IProgress<DownloadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (Find(weights) is { } known)
            return known;
        var path = Path.Join(Folder, weights.FileName);
        await DownloadAsync(Mirrored(weights), path, weights.Sha256, progress, cancellationToken).ConfigureAwait(false);
        return path;
    }

    /// <summary>The path of known weights; null where they aren't there yet.</summary>
    public string? Find(WeightsInfo weights) => new[] { weights.OlderFileName, weights.FileName }.OfType<string>()
        .Select(name => Path.Join(Folder, name)).FirstOrDefault(File.Exists);

    /// <summary>The path of a file from the web, downloaded first if it is not there yet.</summary>
    /// <param name="url">Its http or https address.</param>
    /// <param name="sha256">Its SHA-256 or the first digits of it; null takes any content.</param>
    /// <param name="progress">Told about each piece that arrives; not at all for a file that is there.</param>
    /// <param name="cancellationToken">Ends the download.</param>
    /// <exception cref="WeightsException">The file can't be downloaded or has not the checksum it should.</exception>
    public async Task<string> GetAsync(
        Uri url,
        string? sha256 = null,
        IProgress<DownloadProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(url);
        if (Find(url, sha256) is { } known)
            return known;
        var path = Path.Join(Folder, FileName(url, sha256));
        await DownloadAsync(url, path, sha256, progress, cancellationToken).ConfigureAwait(false);
        return path;
    }

    /// <summary>The path of a file from the web; null where it isn't there yet.</summary>
    public string? Find(Uri url, string? sha256) =>
        Path.Join(Folder, FileName(url, sha256)) is var path && File.Exists(path) ? path : null;

    /// <summary>PyTorch's folder, as torch.hub finds it.</summary>
    /// <param name="variable">Gives an environment variable's value.</param>
    internal static string DefaultFolder(Func<string, string?> variable)
    {
        var cache = variable("XDG_CACHE_HOME") is { Length: > 0 } xdg
            ? xdg
            : Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        var torch = variable("TORCH_HOME") is { Length: > 0 } home ? home : Path.Join(cache, "torch");
        return Path.Join(torch, "hub", "checkpoints");
    }

    private static Uri Mirrored(WeightsInfo weights) =>
        Environment.GetEnvironmentVariable(MirrorVariable) is { Length: > 0 } mirror
            && Uri.TryCreate($"{mirror.TrimEnd('/')}/{weights.FileName}", UriKind.Absolute, out var url)
            ? url
            : weights.Url;

    /// <summary>
    /// The address's last part, and digits of the content's or the address's hash, which keep files of one name apart.
    /// </summary>
    private static string FileName(Uri url, string? sha256)
    {
        var name = Uri.UnescapeDataString(url.Segments[^1]);
        name = string.Concat(name.Split(Path.GetInvalidFileNameChars())).Trim('.');
        var digits = sha256 ?? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(url.AbsoluteUri)));
        return $"{Path.GetFileNameWithoutExtension(name)}-{digits[..8].ToLowerInvariant()}{Path.GetExtension(name)}";
    }

    private Task DownloadAsync(
        Uri url, string path, string? sha256, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken) =>
        new WeightsDownload(_policy, url, path, sha256 is null ? null : Checksum.Sha256(sha256), progress)
            .RunAsync(cancellationToken);
}
