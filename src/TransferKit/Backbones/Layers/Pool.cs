using TorchSharp;
using static TorchSharp.torch.nn;

namespace TransferKit;

/// <summary>The maximum or the average of each window of <c>[N, C, H, W]</c>.</summary>
public sealed class Pool : Layer
{
    private readonly PoolKind _kind;
    private readonly Window _window;
    private readonly bool _ceiling;

    /// <summary>Creates a pooling layer.</summary>
    /// <param name="kind">Maximum or average.</param>
    /// <param name="window">Kernel, stride and padding.</param>
    /// <param name="ceiling">Whether windows that reach over the end count too.</param>
    public Pool(PoolKind kind, Window window, bool ceiling = false) => (_kind, _window, _ceiling) = (kind, window, ceiling);

    /// <inheritdoc/>
    public override string Kind => $"{_kind}Pool";

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input) => _kind switch
    {
        PoolKind.Max => functional.max_pool2d(
            input, _window.Kernels, _window.Strides, _window.Paddings, _window.Dilations, _ceiling),
        _ => functional.avg_pool2d(input, _window.Kernels, _window.Strides, _window.Paddings, _ceiling),
    };

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) => _window.OutputShape(input, input[0], _ceiling);
}

/// <summary>The maximum or average of a whole feature map, <c>[N, C, H, W]</c> → <c>[N, C, S, S]</c>.</summary>
public sealed class GlobalPool : Layer
{
    private readonly PoolKind _kind;
    private readonly int _size;

    /// <summary>Creates an adaptive pooling layer.</summary>
    /// <param name="kind">Maximum or average.</param>
    /// <param name="size">Height and width of the output, S.</param>
    public GlobalPool(PoolKind kind, int size = 1) => (_kind, _size) = (kind, size);

    /// <inheritdoc/>
    public override string Kind => $"Global{_kind}Pool";

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input) => _kind switch
    {
        PoolKind.Max => functional.adaptive_max_pool2d(input, [_size, _size]),
        _ => functional.adaptive_avg_pool2d(input, [_size, _size]),
    };

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) => new(input[0], _size, _size);
}

/// <summary>What a pooling layer keeps of a window.</summary>
public enum PoolKind
{
    /// <summary>The largest value.</summary>
    Max,

    /// <summary>The mean value; padding counts as zeros.</summary>
    Average,
}
