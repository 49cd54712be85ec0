using TorchSharp;

namespace TransferKit;

/// <summary>
/// A bias for every offset between two pixels of a window, which a small network makes of the offset's logarithm (Liu et al.,
/// 2022).
/// </summary>
internal sealed class RelativePerceptronBias : PositionBias
{
    // The paper's: biases lie in 0..16, and offsets of a whole window count 8 before the logarithm.
    private const double LargestBias = 16, LargestOffset = 8;

    private readonly int _sides;
    private readonly bool _isBounded;
    private readonly float[] _offsets;
    private readonly Child _perceptron;
    private readonly Weight _first;
    private readonly Weight? _savedOffsets;
    private readonly RelativePositionBias _lookUp;

    /// <summary>Creates a bias.</summary>
    /// <param name="size">Height and width of a window in pixels.</param>
    /// <param name="reference">
    /// Height and width of the window that offsets are measured by, from 0 for <paramref name="size"/>; null: they are measured
    /// in pixels, and biases aren't bounded, as timm has it in networks of its own.
    /// </param>
    /// <param name="perceptron">The network, from 2 features to as many as there are heads.</param>
    /// <param name="rows">
    /// <see cref="RelativePosition.Rows"/>, which attentions may share; null: they and the offsets are saved with the network, as
    /// torchvision does.
    /// </param>
    public RelativePerceptronBias(int size, int? reference, Child perceptron, Lazy<long[]>? rows = null)
    {
        (_sides, _isBounded, _perceptron) = (2 * size - 1, reference is not null, perceptron);
        _first = perceptron.Layer.NamedWeights().First().Weight;
        _offsets = Offsets(size, reference is 0 ? size : reference);
        _lookUp = rows is not null
            ? new RelativePositionBias(rows, size * size)
            : new RelativePositionBias(AddBuffer("relative_position_index", [size * size * size * size],
                RelativePosition.Index(size), torch.ScalarType.Int64), size * size);
        if (rows is null)
            _savedOffsets = AddBuffer("relative_coords_table", [1, _sides, _sides, 2],
                offsets => offsets.copy_(torch.tensor(_offsets).view(offsets.shape)));
    }

    /// <summary>Tokens in front of the pixels, whose scores stay as they are.</summary>
    public int Prefix { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [_perceptron];

    /// <summary>The two linear layers of such a network, which compute in float32 whatever the others do.</summary>
    /// <param name="hidden">Units between the two.</param>
    /// <param name="heads">Heads of the attention.</param>
    /// <param name="bias">Whether the second one has biases.</param>
    /// <param name="initializer">How matrices start; null: as PyTorch's default.</param>
    /// <param name="biasInitializer">How biases start; null: as PyTorch's default.</param>
    public static (Layer First, Layer Second) Perceptron(
        int hidden, int heads, bool bias, Initializer? initializer = null, Initializer? biasInitializer = null) =>
        (new Linear(2, hidden, true, initializer, biasInitializer) { KeepsFloat32 = true },
            new Linear(hidden, heads, bias, initializer, biasInitializer) { KeepsFloat32 = true });

    // Nothing but weights goes in: a graph that is exported has the result alone.
    public override T Of<T>(Operations<T> ops) => ops.Run(this, ops.Weight(_savedOffsets ?? _first));

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var offsets = _savedOffsets is null ? ops.Constant(input, _offsets, 1, _sides, _sides, 2) : input;
        var biases = ops.Run(_perceptron.Layer, offsets);
        var found = ops.Run(_lookUp, ops.Reshape(biases, (long)_sides * _sides, ops.Size(biases, 3)));
        var bounded = _isBounded ? ops.Scale(ops.Activate(ActivationFunction.Sigmoid, found), LargestBias) : found;
        return Prefix == 0 ? bounded : ops.Pad(bounded, [0, 0, Prefix, Prefix], [0, 0, 0, 0]);
    }

    /// <summary>
    /// For each offset between two pixels, down and to the right, ±log₂(1 + 8 · offset / (reference − 1)) / log₂(8), or
    /// ±ln(1 + offset).
    /// </summary>
    private static float[] Offsets(int size, int? reference)
    {
        var logarithms = Enumerable.Range(1 - size, 2 * size - 1).Select(Logarithm).ToArray();
        return [.. from down in logarithms from right in logarithms from offset in new[] { down, right } select offset];

        float Logarithm(int offset) => (float)(Math.Sign(offset) * (reference is { } whole
            ? Math.Log2(1 + LargestOffset * Math.Abs(offset) / Math.Max(1, whole - 1)) / Math.Log2(LargestOffset)
            : Math.Log(1 + Math.Abs(offset))));
    }
}
