using System.Drawing;

namespace TransferKit.Vision;

/// <summary>One step of preparing a picture, with its parameters. Immutable; equal where the parameters are equal.</summary>
public abstract record Transform
{
    private protected Transform()
    {
    }

    /// <summary>Carries the step out. Draws from <paramref name="random"/> alone.</summary>
    internal abstract void Apply(Canvas canvas, ref SeededRandom random);

    /// <summary>
    /// The size that the step always gives for a size that is always the same; null where it depends on the picture.
    /// </summary>
    internal virtual Size? OutputSize(Size? input) => input;
}
