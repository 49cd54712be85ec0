using System.Drawing;

namespace TransferKit.Vision;

/// <summary>Cuts a square out of the middle; a smaller picture gets a black border (torchvision's CenterCrop).</summary>
/// <param name="Size">Height and width of the square, in pixels; at least 1.</param>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="Size"/> is below 1.</exception>
public sealed record CenterCrop(int Size) : Transform
{
    /// <summary>Height and width of the square, in pixels.</summary>
    public int Size { get; } = Require.Positive(Size);

    internal override void Apply(Canvas canvas, ref SeededRandom random) =>
        canvas.Crop(new(Start(canvas.Size.Width), Start(canvas.Size.Height), Size, Size));

    internal override Size? OutputSize(Size? input) => new Size(Size, Size);

    /// <summary>torchvision rounds halves to even where it cuts, and puts the odd pixel of a border right and below.</summary>
    private int Start(int length) => length >= Size ? (int)Math.Round((length - Size) / 2.0) : -((Size - length) / 2);
}
