using TorchSharp;

namespace TransferKit;

/// <summary>What is added to the scores between tokens for where they lie in an image, or in a window of it.</summary>
internal abstract class PositionBias : Layer
{
    /// <summary>The biases, <c>[1, heads, T, T]</c> in float32: all images share them.</summary>
    public abstract T Of<T>(Operations<T> ops)
        where T : class;
}

/// <summary>
/// A bias for every offset between two pixels of a window, learned for each head (Liu et al., 2021), in a parameter named
/// <c>relative_position_bias_table</c>.
/// </summary>
internal sealed class RelativeTableBias : PositionBias
{
    private readonly Weight _table;
    private readonly RelativePositionBias _lookUp;

    /// <summary>Creates a bias.</summary>
    /// <param name="size">Height and width of a window, S, in pixels.</param>
    /// <param name="heads">Heads of the attention.</param>
    /// <param name="rows">
    /// <see cref="RelativePosition.Rows"/>, which the attentions of a network may share, for they are many; null: they are saved
    /// with the network, as torchvision does.
    /// </param>
    /// <param name="saved">The shape in which they are saved.</param>
    public RelativeTableBias(int size, int heads, Lazy<long[]>? rows, params long[] saved)
    {
        _table = AddParameter("relative_position_bias_table",
            [RelativePosition.Offsets(size), heads], Initialize.TruncatedNormal(0.02), decays: false);
        _table.ShapeAdapter = RelativeResampling.OfTable(size, heads);
        _lookUp = rows is not null
            ? new RelativePositionBias(rows, size * size)
            : new RelativePositionBias(
                AddBuffer("relative_position_index", saved, RelativePosition.Index(size), torch.ScalarType.Int64), size * size);
    }

    public override T Of<T>(Operations<T> ops) => ops.Run(this, ops.Weight(_table));

    protected internal override T Compute<T>(Operations<T> ops, T input) => ops.Run(_lookUp, input);
}
