using static TorchSharp.torch;

namespace TransferKit;

/// <summary>The window attention of Swin (Liu et al., 2021): a learnt bias for every offset between two pixels.</summary>
internal sealed class SwinAttention : WindowAttention
{
    private readonly Weight _table;
    private readonly RelativePositionBias _bias;

    /// <summary>Creates a window attention.</summary>
    /// <param name="features">Features of a pixel, F.</param>
    /// <param name="heads">Heads; they divide the features.</param>
    /// <param name="size">Height and width of a window, S, in pixels.</param>
    /// <param name="shifted">Whether the windows are shifted by half their size.</param>
    /// <exception cref="ArgumentException">The heads don't divide the features.</exception>
    public SwinAttention(int features, int heads, int size, bool shifted)
        : base(features, heads, size, shifted)
    {
        _table = AddParameter("relative_position_bias_table",
            [RelativePosition.Offsets(size), heads], Initialize.TruncatedNormal(0.02), decays: false);
        _bias = new RelativePositionBias(
            AddBuffer("relative_position_index", [Tokens * Tokens], RelativePosition.Index(size), ScalarType.Int64), Tokens);
    }

    private protected override (T Queries, T Keys, T Values) Project<T>(Operations<T> ops, T windows) =>
        AttentionHeads.Split(ops, ops.Run(Projection, windows), Heads);

    private protected override T PositionBias<T>(Operations<T> ops) => ops.Run(_bias, ops.Weight(_table));
}
