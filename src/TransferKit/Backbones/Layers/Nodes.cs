namespace TransferKit;

/// <summary>Short names for the layers, to write a network down as data: <c>using static TransferKit.Nodes</c>.</summary>
public static class Nodes
{
    /// <summary>max(x, 0)</summary>
    public static Layer Relu => new Activation(ActivationFunction.Relu);

    /// <summary>min(max(x, 0), 6)</summary>
    public static Layer Relu6 => new Activation(ActivationFunction.Relu6);

    /// <summary>x · sigmoid(x)</summary>
    public static Layer Silu => new Activation(ActivationFunction.Silu);

    /// <summary>x · min(max(x + 3, 0), 6) / 6</summary>
    public static Layer Hardswish => new Activation(ActivationFunction.Hardswish);

    /// <summary>x · Φ(x)</summary>
    public static Layer Gelu => new Activation(ActivationFunction.Gelu);

    /// <inheritdoc cref="TransferKit.Flatten"/>
    public static Layer Flatten() => new Flatten();

    /// <summary>The average of each channel of a feature map, <c>[N, C, H, W]</c> → <c>[N, C, 1, 1]</c>.</summary>
    public static Layer GlobalAveragePool => new GlobalPool(PoolKind.Average);

    /// <inheritdoc cref="TransferKit.BatchNorm(int, double, double, Initializer?)"/>
    public static Layer BatchNorm(int channels, double epsilon = 1e-5, double momentum = 0.1, Initializer? scale = null) =>
        new BatchNorm(channels, epsilon, momentum, scale);

    /// <inheritdoc cref="TransferKit.Linear(int, int, bool, Initializer?, Initializer?)"/>
    public static Layer Linear(int from, int to, bool bias = true, Initializer? initializer = null, Initializer? biasInitializer = null) =>
        new Linear(from, to, bias, initializer, biasInitializer);

    /// <inheritdoc cref="TransferKit.Dropout(double)"/>
    public static Layer Dropout(double probability) => new Dropout(probability);

    /// <inheritdoc cref="TransferKit.StochasticDepth(double)"/>
    public static Layer StochasticDepth(double probability) => new StochasticDepth(probability);

    /// <summary>The maximum of each square window.</summary>
    public static Layer MaxPool(int kernel, int stride, int padding = 0, bool ceiling = false) =>
        new Pool(PoolKind.Max, new Window(kernel, stride, padding), ceiling);

    /// <summary>The average of each square window.</summary>
    public static Layer AveragePool(int kernel, int stride, int padding = 0) =>
        new Pool(PoolKind.Average, new Window(kernel, stride, padding));

    /// <summary>Runs layers one after the other; those without a name add no segment to the keys below them.</summary>
    public static Layer Chain(params IReadOnlyList<Child> children) => new Sequence(children);

    /// <summary>Runs layers one after the other, named by their position as in PyTorch's <c>nn.Sequential</c>.</summary>
    public static Layer Sequential(params IReadOnlyList<Layer> layers) =>
        new Sequence([.. layers.Select((layer, position) => new Child($"{position}", layer))]);

    /// <inheritdoc cref="TransferKit.Residual(Child, Child?, Child?)"/>
    public static Layer Residual(Child main, Child? skip = null, Child? then = null) => new Residual(main, skip, then);

    /// <inheritdoc cref="TransferKit.Concat(IReadOnlyList{Child})"/>
    public static Layer Concat(params IReadOnlyList<Child> branches) => new Concat(branches);
}
