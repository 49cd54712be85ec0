namespace TransferKit.Vision;

/// <summary>A step that changes pixels where they are.</summary>
public abstract record ColorTransform : Transform
{
    private protected ColorTransform()
    {
    }

    internal sealed override void Apply(Canvas canvas, ref SeededRandom random) => Change(canvas.Pixels());

    private protected abstract void Change(PixelBuffer pixels);
}
