namespace TransferKit.Vision;

/// <summary>
/// A step of your own, on the pixels as they are at its place in the list. The size stays. It has to give the same pixels for the
/// same pixels and random numbers, and is called from several threads at once.
/// </summary>
/// <param name="Name">What it is called where the list is printed.</param>
/// <param name="Change">Changes the pixels in place.</param>
public sealed record Lambda(string Name, PixelChange Change) : Transform
{
    internal override void Apply(Canvas canvas, ref SeededRandom random) =>
        Change(new PixelRows(canvas.Pixels()), new Random((int)random.NextUInt64()));

    /// <summary><c>Lambda { Name = vignette }</c></summary>
    public override string ToString() => $"{nameof(Lambda)} {{ {nameof(Name)} = {Name} }}";
}

/// <summary>Changes the pixels of a picture in place.</summary>
/// <param name="pixels">The pixels, to be used during the call alone.</param>
/// <param name="random">
/// Random numbers that depend on seed, epoch and sample alone. With any others, a run can't be repeated.
/// </param>
public delegate void PixelChange(PixelRows pixels, Random random);
