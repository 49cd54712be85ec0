namespace TransferKit.Vision;

/// <summary>
/// Samples of one component in a row of MCUs, and the last ones of the row above, row -1. Kernels may read whole vectors, and
/// write them, from a sample to the left of the first to a vector beyond the last.
/// </summary>
internal sealed class JpegPlane
{
    private const int Margin = 32;

    private byte[] _samples = [];
    private int _rows;

    /// <summary>From one row to the next.</summary>
    public int Stride { get; private set; }

    /// <summary>Makes room. What is in it is undefined.</summary>
    public void Reset(int width, int rows)
    {
        (Stride, _rows) = (width + 2 * Margin, rows);
        if (_samples.Length < Stride * (rows + 1))
            _samples = new byte[Stride * (rows + 1)];
    }

    /// <summary>All from a sample on.</summary>
    /// <param name="x">The column, from -1.</param>
    /// <param name="y">The row, from -1.</param>
    public Span<byte> From(int x, int y) => _samples.AsSpan((y + 1) * Stride + Margin + x);

    /// <summary>Gives the first sample of each row a neighbor like itself.</summary>
    public void RepeatFirst()
    {
        for (var y = 0; y < _rows; y++)
            From(-1, y)[0] = From(0, y)[0];
    }

    /// <summary>Gives the last sample of each row, of which there are so many, a neighbor like itself.</summary>
    public void RepeatLast(int width)
    {
        for (var y = 0; y < _rows; y++)
            From(width, y)[0] = From(width - 1, y)[0];
    }

    /// <summary>Makes the last row the one above.</summary>
    public void Advance() => From(-1, _rows - 1)[..(Stride - Margin)].CopyTo(From(-1, -1));
}
