using TorchSharp;
using static TorchSharp.torch.nn;

namespace TransferKit;

/// <summary>
/// Multi-head self-attention within windows of S × S pixels, <c>[N, H, W, F]</c> → <c>[N, H, W, F]</c> (Liu et al., 2021).
/// The windows may be shifted, so that blocks in turn reach over each other's borders; a map that they don't fill is padded
/// with zeros at the bottom and on the right.
/// </summary>
public abstract class WindowAttention : Layer
{
    // What pixels that are neighbours by the cyclic shift alone get on top of their score: with it they don't count.
    private const double Apart = -100;

    private readonly int _features, _size, _shift;

    private protected WindowAttention(int features, int heads, int size, bool shifted)
    {
        if (features % heads != 0)
            throw new ArgumentException($"{heads} heads don't divide {features} features.", nameof(heads));
        (_features, Heads, _size, _shift) = (features, heads, size, shifted ? size / 2 : 0);
        Projection = new Linear(features, 3 * features, true, Initialize.TruncatedNormal(0.02), Initialize.Zeros);
        Output = new Linear(features, features, true, Initialize.TruncatedNormal(0.02), Initialize.Zeros);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [("qkv", Projection), ("proj", Output)];

    /// <inheritdoc/>
    public override string Kind => _shift > 0 ? $"Shifted{GetType().Name}" : GetType().Name;

    private protected int Heads { get; }

    private protected int Tokens => _size * _size;

    private protected Linear Projection { get; }

    private protected Linear Output { get; }

    /// <summary>Finds queries, keys and values, each <c>[windows, heads, tokens, F / heads]</c>.</summary>
    /// <param name="windows"><c>[windows, tokens, F]</c></param>
    private protected abstract (torch.Tensor Queries, torch.Tensor Keys, torch.Tensor Values) Project(torch.Tensor windows);

    /// <summary>What the offset between two pixels adds to their score, <c>[heads, tokens, tokens]</c>.</summary>
    private protected abstract torch.Tensor PositionBias();

    /// <summary>Tells a visitor of the layers that make the bias.</summary>
    private protected virtual void VisitPositionBias(ShapeVisitor? visit)
    {
    }

    /// <inheritdoc/>
    public sealed override torch.Tensor Forward(torch.Tensor input)
    {
        using var scope = torch.NewDisposeScope();
        var (height, width) = (input.shape[1], input.shape[2]);
        var (rows, columns) = (Windows(height), Windows(width));
        var map = rows * _size == height && columns * _size == width
            ? input
            : functional.pad(input, [0, 0, 0, columns * _size - width, 0, rows * _size - height]);
        // A shift makes no sense along a side that one window fills.
        var (down, right) = (rows > 1 ? _shift : 0, columns > 1 ? _shift : 0);
        var bias = PositionBias().to_type(input.dtype).unsqueeze(0);
        if (down + right > 0)
        {
            map = map.roll([-down, -right], [1, 2]);
            bias = bias.Add(Mask(rows, columns, down, right, bias.device, bias.dtype));
        }

        var (queries, keys, values) = Project(Cut(map, rows, columns));
        var output = Output.Forward(AttentionHeads.Attend(queries, keys, values, bias));

        output = output.view(-1, rows, columns, _size, _size, _features).permute(0, 1, 3, 2, 4, 5).flatten(3, 4).flatten(1, 2);
        if (down + right > 0)
            output = output.roll([down, right], [1, 2]);
        return output.narrow(1, 0, height).narrow(2, 0, width).contiguous().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected sealed override Shape InferShape(Shape input, ShapeVisitor? visit)
    {
        if (input.Rank != 3 || input[2] != _features)
            throw new ArgumentException(
                $"A window attention over {_features} features can't take a sample of shape {input}.", nameof(input));
        var windows = new Shape(Windows(input[0]) * Windows(input[1]), Tokens, _features);
        Projection.OutputShape(windows, visit);
        Output.OutputShape(windows, visit);
        VisitPositionBias(visit);
        return input;
    }

    /// <inheritdoc/>
    public sealed override long MultiplyAdds(Shape input) =>
        AttentionHeads.MultiplyAdds(Windows(input[0]) * Windows(input[1]), Tokens, _features);

    private long Windows(long pixels) => (pixels + _size - 1) / _size;

    /// <summary>Cuts <c>[N, rows · S, columns · S, F]</c> into windows, <c>[N · rows · columns, S · S, F]</c>.</summary>
    private torch.Tensor Cut(torch.Tensor map, long rows, long columns) => map
        .unflatten(2, [columns, _size]).unflatten(1, [rows, _size]).permute(0, 1, 3, 2, 4, 5).flatten(3, 4).flatten(0, 2);

    /// <summary>Keeps apart what the cyclic shift brought together, <c>[windows, 1, tokens, tokens]</c>.</summary>
    private torch.Tensor Mask(long rows, long columns, int down, int right, torch.Device device, torch.ScalarType type)
    {
        var (top, left) = (Regions(rows, down), Regions(columns, right));
        var regions = from y in top from x in left select (float)(3 * y + x);
        var map = torch.tensor(regions.ToArray(), device: device).view(1, top.Length, left.Length, 1);
        var windows = Cut(map, rows, columns).squeeze(-1);
        return windows.unsqueeze(1).ne(windows.unsqueeze(2)).to_type(type).MultiplyInPlace(Apart).unsqueeze(1);
    }

    /// <summary>For each pixel along a side: 0 in front of the last window, 1 in that, 2 where it was shifted round.</summary>
    private int[] Regions(long windows, int shift) =>
    [
        .. Enumerable.Range(0, (int)windows * _size).Select(pixel =>
            shift == 0 || pixel < (windows - 1) * _size ? 0 : pixel < windows * _size - shift ? 1 : 2),
    ];

    /// <summary>As <see cref="Project(torch.Tensor)"/>, in a graph.</summary>
    private protected abstract (OnnxValue Queries, OnnxValue Keys, OnnxValue Values) Project(OnnxGraph graph, OnnxValue windows);

    internal sealed override OnnxValue Emit(OnnxGraph graph, OnnxValue input)
    {
        var (height, width) = (input.Sizes[1], input.Sizes[2]);
        var (rows, columns) = (Windows(height), Windows(width));
        var (fullHeight, fullWidth) = (rows * _size, columns * _size);
        var map = fullHeight == height && fullWidth == width
            ? input
            : graph.Pad(input, [0, 0, 0, 0], [0, fullHeight - height, fullWidth - width, 0]);
        var (down, right) = (rows > 1 ? _shift : 0, columns > 1 ? _shift : 0);
        // Computed here, for it is the same for all images: some runtimes don't look rows of a constant up.
        using var offsets = PositionBias().unsqueeze(0);
        var bias = graph.Constant(offsets);
        if (down + right > 0)
        {
            map = graph.Roll(graph.Roll(map, 1, down), 2, right);
            using var mask = Mask(rows, columns, down, right, torch.CPU, torch.float32);
            bias = graph.Add(bias, graph.Constant(mask));
        }

        var cut = graph.Transpose(graph.Reshape(map, OnnxValue.Batch, rows, _size, columns, _size, _features), 0, 1, 3, 2, 4, 5);
        var (queries, keys, values) = Project(graph, graph.Reshape(cut, OnnxValue.Batch, Tokens, _features));
        var output = Output.Emit(graph,
            AttentionHeads.Attend(graph, queries, keys, values, Math.Sqrt((double)Heads / _features), bias));

        var windows = graph.Reshape(output, OnnxValue.Batch, rows, columns, _size, _size, _features);
        var pixels = graph.Transpose(windows, 0, 1, 3, 2, 4, 5);
        var joined = graph.Reshape(pixels, OnnxValue.Batch, fullHeight, fullWidth, _features);
        var unshifted = graph.Roll(graph.Roll(joined, 1, -down), 2, -right);
        var high = fullHeight == height ? unshifted : graph.Slice(unshifted, 1, 0, height);
        return fullWidth == width ? high : graph.Slice(high, 2, 0, width);
    }
}
