using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>
/// Self-attention over the pixels of a feature map whose heads share keys and values (Shazeer, 2019), which may be those of a
/// smaller map (Qin et al., 2024): <c>[N, C, H, W]</c> → <c>[N, C', H, W]</c>.
/// </summary>
internal sealed class MultiQueryAttention : Layer
{
    private readonly int _heads, _width;
    private readonly Layer _query, _key, _value, _output;

    /// <summary>Creates an attention.</summary>
    /// <param name="from">Input channels, C.</param>
    /// <param name="to">Output channels, C'.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="width">Features of a head.</param>
    /// <param name="reduce">Makes the smaller map of keys or values, with its norm; none where they are those of the map.</param>
    public MultiQueryAttention(int from, int to, int heads, int width, Func<IReadOnlyList<Child>> reduce)
    {
        (_heads, _width) = (heads, width);
        _query = Chain(("proj", Project(from, heads * width)));
        _key = Chain([.. reduce(), ("proj", Project(from, width))]);
        _value = Chain([.. reduce(), ("proj", Project(from, width))]);
        _output = Chain(("proj", Project(heads * width, to)));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [("query", _query), ("key", _key), ("value", _value), ("output", _output)];

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        var pixels = sizes[2] * sizes[3];
        var queries = ops.Permute(ops.Reshape(ops.Run(_query, input), sizes[0], _heads, _width, pixels), 0, 1, 3, 2);
        // One head of many queries, as all heads have the same keys.
        var attended = ops.Attention(
            ops.Reshape(queries, sizes[0], 1, _heads * pixels, _width), Tokens(_key), Tokens(_value));
        var map = ops.Permute(ops.Reshape(attended, sizes[0], _heads, pixels, _width), 0, 1, 3, 2);
        return ops.Run(_output, ops.Reshape(map, sizes[0], _heads * _width, sizes[2], sizes[3]));

        T Tokens(Layer layer)
        {
            var made = ops.Run(layer, input);
            return ops.Permute(ops.Reshape(made, sizes[0], 1, _width, ops.Size(made, 2) * ops.Size(made, 3)), 0, 1, 3, 2);
        }
    }

    private static Layer Project(int from, int to) => Conv(from, to, new Kernel2d(1), initializer: Initialize.XavierUniform);
}
