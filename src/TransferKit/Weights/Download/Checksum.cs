using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace TransferKit;

/// <summary>What the content of a download must hash to.</summary>
internal sealed record Checksum
{
    private const int BufferBytes = 1 << 17;

    private readonly bool _isOfGit;
    private readonly string _digits;

    private Checksum(bool isOfGit, string digits) => (_isOfGit, _digits) = (isOfGit, digits.ToLowerInvariant());

    /// <summary>The SHA-256 of the content.</summary>
    /// <param name="digits">All of its hexadecimal digits, or the first ones.</param>
    public static Checksum Sha256(string digits) => new(isOfGit: false, digits);

    /// <summary>
    /// What the Hugging Face hub calls a version of a file: the SHA-256 of its content where it lies in LFS, else the SHA-1 by
    /// which git names it.
    /// </summary>
    /// <returns>The checksum; null for a name that is neither.</returns>
    public static Checksum? OfHub(string version) => !version.All(char.IsAsciiHexDigit) ? null : version.Length switch
    {
        2 * SHA256.HashSizeInBytes => new(isOfGit: false, version),
        2 * SHA1.HashSizeInBytes => new(isOfGit: true, version),
        _ => null,
    };

    /// <summary>The hexadecimal digest of a file's content.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "git names contents by SHA-1.")]
    public async Task<string> DigestAsync(Stream content, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(_isOfGit ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256);
        if (_isOfGit)
            hash.AppendData(Encoding.ASCII.GetBytes(FormattableString.Invariant($"blob {content.Length}\0")));
        content.Position = 0;
        var buffer = new byte[BufferBytes];
        while (await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is var count and > 0)
            hash.AppendData(buffer, 0, count);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Whether a digest is the right one.</summary>
    public bool IsOf(string digest) => digest.StartsWith(_digits, StringComparison.Ordinal);

    /// <summary>How a wrong digest differs: <c>SHA-256 begins with 01234567 instead of f37072fd</c>.</summary>
    public string Difference(string digest) =>
        $"{(_isOfGit ? "SHA-1" : "SHA-256")} begins with {digest[.._digits.Length]} instead of {_digits}";
}
