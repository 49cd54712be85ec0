using System.Runtime.InteropServices;

namespace TransferKit.Vision;

/// <summary>The coefficients of a picture's first rows of MCUs, block by block.</summary>
internal sealed unsafe class JpegCoefficients : IDisposable
{
    public const int BytesPerBlock = JpegZigzag.Length * sizeof(short);

    private readonly NativeBuffer _memory = new();
    private readonly long[] _firstBlocks = new long[3];
    private readonly int[] _columns = new int[3];

    /// <summary>Bytes of memory that it holds.</summary>
    public long HeldBytes => _memory.HeldBytes;

    /// <summary>Makes room for some rows of MCUs, all zeros.</summary>
    public void Reset(JpegFrame frame, int mcuRows)
    {
        var blocks = 0L;
        for (var i = 0; i < frame.Components.Count; i++)
        {
            (_firstBlocks[i], _columns[i]) = (blocks, frame.McuColumns * frame.Components[i].Across);
            blocks += (long)_columns[i] * mcuRows * frame.Components[i].Down;
        }

        var bytes = (nuint)(blocks * BytesPerBlock);
        NativeMemory.Clear(_memory.Reserve(bytes), bytes);
    }

    /// <summary>The 64 coefficients of a block, row by row.</summary>
    /// <param name="component">The component's place in the frame.</param>
    /// <param name="row">The block's row among the component's, which must be one of those that there is room for.</param>
    /// <param name="column">Its column.</param>
    public Span<short> Block(int component, int row, int column) => new(
        (short*)_memory.Data + JpegZigzag.Length * (_firstBlocks[component] + (long)row * _columns[component] + column),
        JpegZigzag.Length);

    public void Dispose() => _memory.Dispose();
}
