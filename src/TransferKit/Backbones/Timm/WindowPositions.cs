using TorchSharp;

namespace TransferKit.Timm;

/// <summary>
/// Adds to the pixels of a map what is learned for their place in it, on a grid of G × G that is interpolated, and for their
/// place within a window of W × W pixels, <c>[N, C, S, S]</c> → <c>[N, C, S, S]</c> (Bolya et al., 2023).
/// </summary>
internal sealed class WindowPositions : Layer
{
    private readonly int _side, _channels, _grid, _window;
    private readonly Weight _global, _local;
    private readonly Lazy<float[]> _shares;

    /// <summary>Creates positions.</summary>
    /// <param name="side">Height and width of the map, S, in pixels.</param>
    /// <param name="channels">Channels, C.</param>
    /// <param name="grid">G</param>
    /// <param name="window">W, which divides S.</param>
    public WindowPositions(int side, int channels, int grid, int window)
    {
        (_side, _channels, _grid, _window) = (side, channels, grid, window);
        _global = AddParameter("pos_embed", [1, channels, grid, grid], TransformerParts.Start, decays: false);
        _local = AddParameter("pos_embed_win", [1, channels, window, window], TransformerParts.Start, decays: false);
        _shares = new(() => Shares(grid, side));
    }

    internal override bool HoldsReduced => true;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count != 4 || sizes[1] != _channels || sizes[2] != _side || sizes[3] != _side)
            throw new ArgumentException(
                $"The network was built for a map of {_side} × {_side} pixels of {_channels} channels, and can't take a sample "
                + $"of shape {ops.Sample(input)}.", nameof(input));
        var positions = ops.Add(Interpolated(ops, input), Repeated(ops, input));
        return ops.Add(input, positions);
    }

    /// <summary>Bicubic interpolation is linear in each direction.</summary>
    private T Interpolated<T>(Operations<T> ops, T input)
        where T : class
    {
        var shares = ops.Constant(input, _shares.Value, _side, _grid);
        var wide = ops.Linear(ops.Weight(_global, input), shares, null);
        return ops.Permute(ops.Linear(ops.Permute(wide, 0, 1, 3, 2), shares, null), 0, 1, 3, 2);
    }

    private T Repeated<T>(Operations<T> ops, T input)
        where T : class
    {
        var times = _side / _window;
        var local = ops.Weight(_local, input);
        var row = ops.Concat(3, [.. Enumerable.Repeat(local, times)]);
        return ops.Concat(2, [.. Enumerable.Repeat(row, times)]);
    }

    /// <summary>
    /// How much each value of the grid, a column, counts for each pixel, a row, by torch's antialiased bicubic filter.
    /// </summary>
    private static float[] Shares(int grid, int side)
    {
        using var scope = torch.NewDisposeScope();
        var spread = TokenEmbedding.ResampleMap(torch.eye(grid).view(1, 1, grid, grid), side, grid);
        return [.. spread.contiguous().data<float>()];
    }
}
