using System.Drawing;
using System.Text.Json.Serialization;

namespace TransferKit.Vision;

/// <summary>Adds a black border (torchvision's Pad with its default fill).</summary>
/// <param name="Left">Pixels on the left; a negative number cuts off.</param>
/// <param name="Top">Pixels above.</param>
/// <param name="Right">Pixels on the right.</param>
/// <param name="Bottom">Pixels below.</param>
[method: JsonConstructor]
public sealed record Pad(int Left, int Top, int Right, int Bottom) : Transform
{
    /// <summary>The same border on all sides.</summary>
    /// <param name="border">Pixels on each side.</param>
    public Pad(int border)
        : this(border, border, border, border)
    {
    }

    internal override void Apply(Canvas canvas, ref SeededRandom random) =>
        canvas.Crop(Rectangle.FromLTRB(-Left, -Top, canvas.Size.Width + Right, canvas.Size.Height + Bottom));

    internal override Size? OutputSize(Size? input) =>
        input is { } size ? new Size(size.Width + Left + Right, size.Height + Top + Bottom) : null;
}
