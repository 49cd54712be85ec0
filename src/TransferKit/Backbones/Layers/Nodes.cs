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

    /// <summary>min(max(x + 3, 0), 6) / 6</summary>
    public static Layer Hardsigmoid => new Activation(ActivationFunction.Hardsigmoid);

    /// <summary>1 / (1 + e⁻ˣ)</summary>
    public static Layer Sigmoid => new Activation(ActivationFunction.Sigmoid);

    /// <summary>The hyperbolic tangent.</summary>
    public static Layer Tanh => new Activation(ActivationFunction.Tanh);

    /// <summary>x · Φ(x)</summary>
    public static Layer Gelu => new Activation(ActivationFunction.Gelu);

    /// <inheritdoc cref="TransferKit.Flatten"/>
    public static Layer Flatten() => new Flatten();

    /// <summary><c>[N, C, H, W]</c> → <c>[N, H, W, C]</c>, for the layers that work on the last dimension.</summary>
    public static Layer ChannelsLast => new Permute(1, 2, 0);

    /// <summary><c>[N, H, W, C]</c> → <c>[N, C, H, W]</c></summary>
    public static Layer ChannelsFirst => new Permute(2, 0, 1);

    /// <summary>The average of each channel of a feature map, <c>[N, C, H, W]</c> → <c>[N, C, 1, 1]</c>.</summary>
    public static Layer GlobalAveragePool => new GlobalPool(PoolKind.Average);

    /// <inheritdoc cref="TransferKit.BatchNorm(int, double, double, Initializer?)"/>
    public static Layer BatchNorm(int channels, double epsilon = 1e-5, double momentum = 0.1, Initializer? scale = null) =>
        new BatchNorm(channels, epsilon, momentum, scale);

    /// <inheritdoc cref="TransferKit.LayerNorm(int, double)"/>
    public static Layer LayerNorm(int features, double epsilon = 1e-5) => new LayerNorm(features, epsilon);

    /// <inheritdoc cref="TransferKit.Linear(int, int, bool, Initializer?, Initializer?)"/>
    public static Layer Linear(int from, int to, bool bias = true,
        Initializer? initializer = null, Initializer? biasInitializer = null) =>
        new Linear(from, to, bias, initializer, biasInitializer);

    /// <inheritdoc cref="TransferKit.Dropout(double)"/>
    public static Layer Dropout(double probability) => new Dropout(probability);

    /// <summary>A transformer's two linear layers with a GELU between, <c>[N, …, F]</c> → <c>[N, …, F]</c>.</summary>
    /// <param name="features">Inputs and outputs, F.</param>
    /// <param name="hidden">Units between the two layers.</param>
    /// <param name="initializer">How the matrices start; null: PyTorch's default.</param>
    /// <param name="biasInitializer">How the biases start; null: PyTorch's default.</param>
    public static Layer Perceptron(
        int features, int hidden, Initializer? initializer = null, Initializer? biasInitializer = null) => Chain(
            ("0", Linear(features, hidden, true, initializer, biasInitializer)), ("1", Gelu),
            ("3", Linear(hidden, features, true, initializer, biasInitializer)));

    /// <inheritdoc cref="TransferKit.StochasticDepth(double)"/>
    public static Layer StochasticDepth(double probability) => new StochasticDepth(probability);

    /// <inheritdoc cref="TransferKit.ChannelShuffle(int)"/>
    public static Layer ChannelShuffle(int groups) => new ChannelShuffle(groups);

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

    /// <summary>
    /// Squeeze-and-excitation (Hu et al., 2018): weighs each channel of a feature map by a gate in 0..1, which two 1 × 1
    /// convolutions make of the channels' averages. Named as in torchvision.
    /// </summary>
    /// <param name="channels">Channels of the map.</param>
    /// <param name="squeezed">Channels between the two convolutions.</param>
    /// <param name="activation">What follows the first convolution.</param>
    /// <param name="gate">What follows the second one: a sigmoid.</param>
    /// <param name="initializer">How the kernels start; null: PyTorch's default.</param>
    /// <param name="biasInitializer">How the biases start; null: PyTorch's default.</param>
    public static Layer SqueezeExcitation(int channels, int squeezed, Layer activation, Layer gate,
        Initializer? initializer = null, Initializer? biasInitializer = null) => new Gate(
            ("avgpool", GlobalAveragePool),
            ("fc1", new Conv(channels, squeezed, new Window(1), 1, true, initializer, biasInitializer)),
            ("activation", activation),
            ("fc2", new Conv(squeezed, channels, new Window(1), 1, true, initializer, biasInitializer)),
            ("scale_activation", gate));

    /// <inheritdoc cref="TransferKit.Concat(IReadOnlyList{Child})"/>
    public static Layer Concat(params IReadOnlyList<Child> branches) => new Concat(branches);

    /// <inheritdoc cref="TransferKit.Split(IReadOnlyList{Child})"/>
    public static Layer Split(params IReadOnlyList<Child> branches) => new Split(branches);
}
