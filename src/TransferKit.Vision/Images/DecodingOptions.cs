using System.Drawing;

namespace TransferKit.Vision;

/// <summary>What of <see cref="ImageOptions"/> says how a picture is decoded.</summary>
internal sealed record DecodingOptions
{
    /// <summary>PIL's limit of pixels.</summary>
    public const long UsualLimit = 178_956_970;

    /// <inheritdoc cref="ImageOptions.ApplyOrientation"/>
    public bool ApplyOrientation { get; init; } = true;

    /// <inheritdoc cref="ImageOptions.Background"/>
    public Color? Background { get; init; }

    /// <inheritdoc cref="ImageOptions.PixelLimit"/>
    public long PixelLimit { get; init; } = UsualLimit;
}
