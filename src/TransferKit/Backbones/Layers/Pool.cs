namespace TransferKit;

/// <summary>The maximum or the average of each window of <c>[N, C, H, W]</c>.</summary>
/// <param name="kind">Maximum or average.</param>
/// <param name="window">Kernel, stride and padding.</param>
/// <param name="ceiling">Whether windows that reach over the end count too.</param>
internal sealed class Pool(PoolKind kind, Kernel2d window, bool ceiling = false) : Layer
{
    /// <inheritdoc/>
    public override string Kind => $"{kind}Pool";

    protected internal override T Compute<T>(Operations<T> ops, T input) => ops.Pool(input, kind, window, ceiling);
}

/// <summary>The maximum or average of a whole feature map, <c>[N, C, H, W]</c> → <c>[N, C, S, S]</c>.</summary>
/// <param name="kind">Maximum or average.</param>
/// <param name="size">Height and width of the output, S.</param>
internal sealed class GlobalPool(PoolKind kind, int size = 1) : Layer
{
    /// <inheritdoc/>
    public override string Kind => $"Global{kind}Pool";

    protected internal override T Compute<T>(Operations<T> ops, T input) => ops.GlobalPool(input, kind, size);
}

/// <summary>What a pooling layer keeps of a window.</summary>
public enum PoolKind
{
    /// <summary>The largest value.</summary>
    Max,

    /// <summary>The mean value; padding counts as zeros.</summary>
    Average,
}
