using TorchSharp;

namespace TransferKit;

/// <summary>
/// Fits biases that were learned for the offsets within one window to those within another, as timm's
/// <c>resize_rel_pos_bias_table</c> does (Bao et al., 2022): close offsets keep their biases, and the steps between far ones grow
/// or shrink geometrically.
/// </summary>
internal static class RelativeResampling
{
    /// <summary>For a table <c>[offsets + extra, heads]</c>.</summary>
    /// <param name="size">Height and width of the window in pixels.</param>
    /// <param name="heads">Heads of the attention.</param>
    /// <param name="extra">Rows at the end that belong to no offset, and stay.</param>
    public static ShapeAdapter OfTable(int size, int heads, int extra = 0) => new(
        shape => shape is [var rows, var width] && width == heads && Side(rows - extra) is not null,
        loaded =>
        {
            using var scope = torch.NewDisposeScope();
            var offsets = loaded.shape[0] - extra;
            var side = Side(offsets)!.Value;
            var grids = loaded.narrow(0, 0, offsets).transpose(0, 1).reshape(heads, side, side);
            var rows = Resample(grids, 2 * size - 1).flatten(1).transpose(0, 1);
            return torch.cat([rows, loaded.narrow(0, offsets, extra).to_type(rows.dtype)]).MoveToOuterDisposeScope();
        });

    /// <summary>For a table <c>[heads, side, side]</c>.</summary>
    /// <inheritdoc cref="OfTable(int, int, int)"/>
    public static ShapeAdapter OfGrid(int size, int heads) => new(
        shape => shape is [var first, var height, var width] && first == heads && height == width && height % 2 == 1,
        loaded => Resample(loaded, 2 * size - 1));

    /// <summary>Resamples <c>[heads, s, s]</c> to a new tensor <c>[heads, S, S]</c> in float32.</summary>
    private static torch.Tensor Resample(torch.Tensor grids, int side)
    {
        using var scope = torch.NewDisposeScope();
        var from = (int)grids.shape[1];
        var matrix = torch.tensor(Matrix(from, side), [side, from]);
        return matrix.matmul(grids.to_type(torch.ScalarType.Float32)).matmul(matrix.transpose(0, 1)).MoveToOuterDisposeScope();
    }

    /// <summary>What interpolates linearly between the places of known offsets, <c>[to, from]</c>.</summary>
    private static float[] Matrix(int from, int to)
    {
        var places = Places(from / 2, to / 2);
        var matrix = new float[to * from];
        for (var i = 0; i < to; i++)
        {
            var offset = i - to / 2;
            var next = Array.FindIndex(places, place => place >= offset);
            var right = next < 0 ? from - 1 : next;
            var left = Math.Max(0, right - 1);
            var (below, above) = (Math.Max(0, offset - places[left]), Math.Max(0, places[right] - offset));
            var share = below + above > 0 ? below / (below + above) : 1;
            matrix[i * from + left] += (float)(1 - share);
            matrix[i * from + right] += (float)share;
        }
        return matrix;
    }

    /// <summary>Where known offsets lie among those that are wanted: symmetric, with steps in a geometric progression.</summary>
    /// <param name="known">The largest known offset.</param>
    /// <param name="wanted">The largest that is wanted.</param>
    private static double[] Places(int known, int wanted)
    {
        var (least, most, ratio) = (1.01, 1.5, 1.0);
        while (most - least > 1e-6)
        {
            ratio = (least + most) / 2;
            if ((1 - Math.Pow(ratio, known)) / (1 - ratio) > wanted)
                most = ratio;
            else
                least = ratio;
        }
        var steps = new double[known];
        for (var i = 0; i < known; i++)
            steps[i] = (i == 0 ? 0 : steps[i - 1]) + Math.Pow(ratio, i);
        return [.. Enumerable.Reverse(steps).Select(place => -place), 0, .. steps];
    }

    /// <summary>The side of a square of offsets; null: they make none.</summary>
    private static long? Side(long offsets) => TokenEmbedding.Side(offsets) is { } side && side % 2 == 1 ? side : null;
}
