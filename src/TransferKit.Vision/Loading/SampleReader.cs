namespace TransferKit.Vision;

/// <summary>
/// What one thread needs to make samples: a decoder and a canvas, with their memory. The numbers written depend on the
/// arguments alone.
/// </summary>
internal sealed unsafe class SampleReader : IDisposable
{
    private readonly ImageDecoder _decoder = new();
    private readonly Canvas _canvas = new();

    /// <summary>Decodes a picture, transforms it and writes it as float32 <c>[3, H, W]</c>.</summary>
    /// <param name="source">The picture.</param>
    /// <param name="transforms">What is done to it; must give a fixed size.</param>
    /// <param name="random">What the transforms draw from.</param>
    /// <param name="target">Room for 3 · H · W numbers.</param>
    /// <exception cref="ImageException">The picture can't be read.</exception>
    public void Read(ImageSource source, Transforms transforms, SeededRandom random, float* target)
    {
        using var picture = _decoder.Open(source);
        _canvas.Load(picture);
        transforms.Apply(_canvas, ref random);
        _canvas.WriteTo(target);
    }

    public void Dispose()
    {
        _decoder.Dispose();
        _canvas.Dispose();
    }
}
