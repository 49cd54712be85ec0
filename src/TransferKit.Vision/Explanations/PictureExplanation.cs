namespace TransferKit.Vision;

/// <summary>A picture as a network saw it, and which parts of it decided. Immutable.</summary>
public sealed class PictureExplanation
{
    /// <summary>Overlays of small networks are enlarged to so many pixels.</summary>
    private const int LeastSide = 320;

    /// <summary>How much of the color of heat there is where it is hottest; the rest lets the picture through.</summary>
    private const float MaxOverlayOpacity = 0.65f;

    private readonly byte[] _rgb;

    internal PictureExplanation(ImageSource source, byte[] rgb, HeatMap map) => (Source, _rgb, Map) = (source, rgb, map);

    /// <summary>The picture.</summary>
    public ImageSource Source { get; }

    /// <summary>Which parts decided, for each pixel of the part of the picture that the network saw.</summary>
    public HeatMap Map { get; }

    /// <summary>
    /// Writes the picture in pale colors with the heat over it, yellow to red, as PNG. It shows what the network saw: the
    /// middle of the picture, at the size of its input, or enlarged to 320 pixels.
    /// </summary>
    /// <param name="path">The file; one that is there is replaced, a folder that isn't is made.</param>
    /// <exception cref="IOException">The file can't be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.Write(path, stream => stream.Write(ToPng()));
    }

    /// <summary>What <see cref="Save"/> writes.</summary>
    public byte[] ToPng() => PictureEncoder.Png(Overlay(), Map.Width, Map.Height, LeastSide);

    /// <summary>The picture alone as a small JPEG.</summary>
    /// <param name="side">Length of the longer side, in pixels.</param>
    internal byte[] PictureThumbnail(int side) => PictureEncoder.Thumbnail(_rgb, Map.Width, Map.Height, side);

    /// <summary>The picture with the heat over it as a small JPEG.</summary>
    /// <param name="side">Length of the longer side, in pixels.</param>
    internal byte[] OverlayThumbnail(int side) => PictureEncoder.Thumbnail(Overlay(), Map.Width, Map.Height, side);

    /// <summary>The picture itself keeps its light and a third of its color, so that no red in it passes for heat.</summary>
    private byte[] Overlay()
    {
        var overlay = new byte[_rgb.Length];
        var heat = Map.Values.Span;
        for (var i = 0; i < heat.Length; i++)
        {
            var light = 0.299f * _rgb[3 * i] + 0.587f * _rgb[3 * i + 1] + 0.114f * _rgb[3 * i + 2];
            ReadOnlySpan<float> color = [255, 230 * (1 - heat[i]), 20];
            for (var channel = 0; channel < 3; channel++)
            {
                var paled = light + (_rgb[3 * i + channel] - light) / 3;
                overlay[3 * i + channel] = (byte)(paled + (color[channel] - paled) * MaxOverlayOpacity * heat[i]);
            }
        }
        return overlay;
    }
}
