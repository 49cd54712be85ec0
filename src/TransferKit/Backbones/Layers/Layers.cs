using TorchSharp;

namespace TransferKit;

/// <summary>Short names for the layers, to write a network down as data: <c>using static TransferKit.Layers</c>.</summary>
public static class Layers
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

    /// <summary>The average or the maximum of each of S × S parts of a map, <c>[N, C, H, W]</c> → <c>[N, C, S, S]</c>.</summary>
    /// <param name="kind">Maximum or average.</param>
    /// <param name="size">Height and width of the output, S.</param>
    public static Layer GlobalPool(PoolKind kind, int size = 1) => new GlobalPool(kind, size);

    /// <summary>
    /// A two-dimensional convolution without biases that keeps the size of the map, <c>[N, C, H, W]</c> → <c>[N, C', H, W]</c>.
    /// </summary>
    /// <param name="from">Input channels, C.</param>
    /// <param name="to">Output channels, C'.</param>
    /// <param name="kernel">The kernel's height and width, in pixels; odd.</param>
    public static Layer Conv(int from, int to, int kernel) => new Conv(from, to, new Kernel2d(kernel));

    /// <summary>
    /// A two-dimensional convolution without biases that divides the size of the map by its stride,
    /// <c>[N, C, H, W]</c> → <c>[N, C', H', W']</c>.
    /// </summary>
    /// <param name="from">Input channels, C.</param>
    /// <param name="to">Output channels, C'.</param>
    /// <param name="kernel">The kernel's height and width, in pixels; odd.</param>
    /// <param name="stride">The step from one output to the next.</param>
    public static Layer Conv(int from, int to, int kernel, int stride) => new Conv(from, to, new Kernel2d(kernel, stride));

    /// <inheritdoc cref="TransferKit.Conv(int, int, Kernel2d, int, bool, Initializer?, Initializer?)"/>
    public static Layer Conv(int from, int to, Kernel2d window, int groups = 1, bool bias = false,
        Initializer? initializer = null, Initializer? biasInitializer = null) =>
        new Conv(from, to, window, groups, bias, initializer, biasInitializer);

    /// <inheritdoc cref="TransferKit.BatchNorm(int, double, double, Initializer?, Initializer?)"/>
    public static Layer BatchNorm(int channels, double epsilon = 1e-5, double momentum = 0.1, Initializer? scale = null) =>
        new BatchNorm(channels, epsilon, momentum, scale);

    /// <inheritdoc cref="TransferKit.LayerNorm(int, double, bool, Initializer?)"/>
    public static Layer LayerNorm(int features, double epsilon = 1e-5) => new LayerNorm(features, epsilon);

    /// <summary>A layer norm over the channels of each pixel, <c>[N, C, H, W]</c> → <c>[N, C, H, W]</c>.</summary>
    internal static Layer LayerNorm2d(int channels, double epsilon, bool bias = true) =>
        Chain(ChannelsLast, new LayerNorm(channels, epsilon, bias), ChannelsFirst);

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
    public static Layer Mlp(
        int features, int hidden, Initializer? initializer = null, Initializer? biasInitializer = null) => Chain(
            ("0", Linear(features, hidden, true, initializer, biasInitializer)), ("1", Gelu),
            ("3", Linear(hidden, features, true, initializer, biasInitializer)));

    /// <inheritdoc cref="TransferKit.StochasticDepth(double)"/>
    public static Layer StochasticDepth(double probability) => new StochasticDepth(probability);

    /// <inheritdoc cref="TransferKit.ChannelShuffle(int)"/>
    public static Layer ChannelShuffle(int groups) => new ChannelShuffle(groups);

    /// <summary>The maximum of each square window.</summary>
    public static Layer MaxPool(int kernel, int stride, int padding = 0, bool ceiling = false) =>
        new Pool(PoolKind.Max, new Kernel2d(kernel, stride, padding), ceiling);

    /// <summary>The average of each square window.</summary>
    public static Layer AveragePool(int kernel, int stride, int padding = 0, bool ceiling = false) =>
        new Pool(PoolKind.Average, new Kernel2d(kernel, stride, padding), ceiling);

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
            ("fc1", new Conv(channels, squeezed, new Kernel2d(1), 1, true, initializer, biasInitializer)),
            ("activation", activation),
            ("fc2", new Conv(squeezed, channels, new Kernel2d(1), 1, true, initializer, biasInitializer)),
            ("scale_activation", gate));

    /// <summary>
    /// Multiplies its input by what layers make of it, <c>x · gate(x)</c>; what they give broadcasts to the input's shape.
    /// </summary>
    /// <param name="layers">The gate's layers, first to last.</param>
    public static Layer Gate(params IReadOnlyList<Child> layers) => new Gate(layers);

    /// <summary>
    /// Multiplies each channel of <c>[N, C, H, W]</c> by a number that is learned, named <c>layer_scale</c> (Touvron et al.,
    /// 2021).
    /// </summary>
    /// <param name="channels">Channels, C.</param>
    /// <param name="start">What every factor starts from.</param>
    public static Layer LayerScale(int channels, double start = 1e-6) => new LayerScale(channels, start);

    /// <summary>
    /// Makes tokens of a feature map, row by row, and puts one that is learned, named <c>class_token</c>, in front of them,
    /// <c>[N, F, H, W]</c> → <c>[N, 1 + H · W, F]</c> (Dosovitskiy et al., 2021).
    /// </summary>
    /// <param name="features">Features of a token, F.</param>
    public static Layer ClassToken(int features) => new ClassToken(features);

    /// <summary>
    /// Adds to each token what is learned for its position, named <c>pos_embedding</c>, <c>[N, T, F]</c> → <c>[N, T, F]</c>; the
    /// first token is a class token, the others are a square of patches (Dosovitskiy et al., 2021).
    /// </summary>
    /// <param name="tokens">Tokens, T: one more than a square number.</param>
    /// <param name="features">Features of a token, F.</param>
    public static Layer PositionEmbedding(int tokens, int features) => new PositionEmbedding(tokens, features);

    /// <summary>Picks the first token, <c>[N, T, F]</c> → <c>[N, F]</c>.</summary>
    public static Layer FirstToken() => new FirstToken();

    /// <summary>
    /// Puts the tokens behind the class token back to where their patches lie in the image,
    /// <c>[N, 1 + S · S, F]</c> → <c>[N, F, S, S]</c>.
    /// </summary>
    /// <param name="size">Patches along each side of the image, S.</param>
    public static Layer PatchMap(int size) => new PatchMap(size);

    /// <summary>
    /// Puts the features of 2 × 2 pixels side by side, <c>[N, H, W, F]</c> → <c>[N, ⌈H / 2⌉, ⌈W / 2⌉, 4 · F]</c>
    /// (Liu et al., 2021).
    /// </summary>
    public static Layer PatchMerging() => new PatchMerging();

    /// <summary>
    /// Multi-head self-attention over all tokens, <c>[N, T, F]</c> → <c>[N, T, F]</c> (Vaswani et al., 2017), with the parameter
    /// names of PyTorch's <c>MultiheadAttention</c>.
    /// </summary>
    /// <param name="features">Features of a token, F.</param>
    /// <param name="heads">Heads; they divide the features.</param>
    /// <exception cref="ArgumentException">They don't.</exception>
    public static Layer Attention(int features, int heads) => new Attention(features, heads);

    /// <summary>
    /// Multi-head self-attention within windows of S × S pixels, <c>[N, H, W, F]</c> → <c>[N, H, W, F]</c>, with a learned bias
    /// for every offset between two pixels (Liu et al., 2021).
    /// </summary>
    /// <param name="features">Features of a pixel, F.</param>
    /// <param name="heads">Heads; they divide the features.</param>
    /// <param name="size">Height and width of a window, S, in pixels.</param>
    /// <param name="shifted">Whether the windows are shifted by half their size.</param>
    /// <exception cref="ArgumentException">The heads don't divide the features.</exception>
    public static Layer WindowAttention(int features, int heads, int size, bool shifted) =>
        SwinTransformer.AttentionV1(features, heads, size, shifted);

    /// <summary>
    /// As <see cref="WindowAttention"/>, with scaled cosines for scores and biases that a small network makes of the logarithm of
    /// the offset (Liu et al., 2022).
    /// </summary>
    /// <inheritdoc cref="WindowAttention"/>
    public static Layer WindowAttentionV2(int features, int heads, int size, bool shifted) =>
        SwinTransformer.AttentionV2(features, heads, size, shifted);

    /// <summary>
    /// Multi-head self-attention within each of many windows, <c>[N, G, S · S, F]</c> → <c>[N, G, S · S, F]</c>, with a learned
    /// bias for every offset between two pixels (Tu et al., 2022).
    /// </summary>
    /// <param name="features">Features of a pixel, F.</param>
    /// <param name="heads">Heads; they divide the features.</param>
    /// <param name="size">Height and width of a window, S, in pixels.</param>
    /// <param name="initializer">How the matrices start; biases start at zero.</param>
    /// <exception cref="ArgumentException">The heads don't divide the features.</exception>
    public static Layer RelativeAttention(int features, int heads, int size, Initializer initializer) =>
        MaxVit.Attention(features, heads, size, initializer);

    /// <summary>
    /// Cuts a feature map into groups of S × S pixels, <c>[N, C, H, W]</c> → <c>[N, G, S · S, C]</c>, runs layers on the groups,
    /// and puts the map together again (Tu et al., 2022).
    /// </summary>
    /// <param name="kind">Which pixels make a group.</param>
    /// <param name="size">Height and width of a group, S, in pixels; it divides those of the map.</param>
    /// <param name="layers">The layers that run on the groups, first to last; they keep the shape.</param>
    public static Layer Partition(PartitionKind kind, int size, params IReadOnlyList<Child> layers) =>
        new Partition(kind, size, layers);

    /// <summary>Puts the dimensions of a sample into another order.</summary>
    /// <param name="order">
    /// For each dimension of the output the dimension of the input that it is, without the batch:
    /// <c>1, 2, 0</c> turns <c>[C, H, W]</c> into <c>[H, W, C]</c>.
    /// </param>
    /// <exception cref="ArgumentException">The order doesn't name each dimension once.</exception>
    public static Layer Permute(params int[] order) => new Permute(order);

    /// <summary>A TorchSharp module, which the layer then owns. Networks with one can't be exported to ONNX.</summary>
    /// <param name="module">The module; keys in the state_dict are those of its own <c>state_dict()</c>.</param>
    /// <param name="output">The shape of a sample after it.</param>
    public static Layer Module(torch.nn.Module<torch.Tensor, torch.Tensor> module, Shape output) =>
        new ModuleLayer(module, output);

    /// <inheritdoc cref="TransferKit.Concat(IReadOnlyList{Child})"/>
    public static Layer Concat(params IReadOnlyList<Child> branches) => new Concat(branches);

    /// <inheritdoc cref="TransferKit.SplitChannels(IReadOnlyList{Child})"/>
    public static Layer SplitChannels(params IReadOnlyList<Child> branches) => new SplitChannels(branches);
}
