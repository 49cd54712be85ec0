namespace TransferKit;

/// <summary>
/// How a feature map <c>[N, H, W, F]</c> is cut into windows of S × S pixels. One that they don't fill is padded with zeros at
/// the bottom and on the right.
/// </summary>
/// <param name="Size">Height and width of a window, S.</param>
/// <param name="Height">The map's height, H, in pixels.</param>
/// <param name="Width">Its width, W, in pixels.</param>
internal readonly record struct Windows(int Size, long Height, long Width)
{
    /// <summary>Windows from top to bottom.</summary>
    public long Rows => (Height + Size - 1) / Size;

    /// <summary>Windows from left to right.</summary>
    public long Columns => (Width + Size - 1) / Size;

    private long FullHeight => Rows * Size;

    private long FullWidth => Columns * Size;

    /// <summary>Fills the windows up, <c>[N, H, W, F]</c> → <c>[N, rows · S, columns · S, F]</c>.</summary>
    public T Pad<T>(Operations<T> ops, T map)
        where T : class => FullHeight == Height && FullWidth == Width
            ? map : ops.Pad(map, [0, 0, 0, 0], [0, FullHeight - Height, FullWidth - Width, 0]);

    /// <summary>Takes off what was filled up.</summary>
    public T Crop<T>(Operations<T> ops, T map)
        where T : class
    {
        map = FullHeight == Height ? map : ops.Slice(map, 1, 0, Height);
        return FullWidth == Width ? map : ops.Slice(map, 2, 0, Width);
    }

    /// <summary>The pixels of each window, <c>[N, rows · S, columns · S, F]</c> → <c>[N · windows, S · S, F]</c>.</summary>
    public T Cut<T>(Operations<T> ops, T map)
        where T : class
    {
        var (batch, features) = (ops.Size(map, 0), ops.Size(map, 3));
        var cut = ops.Permute(ops.Reshape(map, batch, Rows, Size, Columns, Size, features), 0, 1, 3, 2, 4, 5);
        return ops.Reshape(cut, Operations<T>.Unknown, Size * Size, features);
    }

    /// <summary>Puts the map of N samples together again.</summary>
    public T Join<T>(Operations<T> ops, T windows, long batch)
        where T : class
    {
        var features = ops.Size(windows, 2);
        var pixels = ops.Permute(ops.Reshape(windows, batch, Rows, Columns, Size, Size, features), 0, 1, 3, 2, 4, 5);
        return ops.Reshape(pixels, batch, FullHeight, FullWidth, features);
    }
}
