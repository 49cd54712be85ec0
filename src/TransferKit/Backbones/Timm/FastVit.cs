using TorchSharp;
using static TransferKit.Layers;
using static TransferKit.Timm.ConvParts;

namespace TransferKit.Timm;

/// <summary>
/// FastViT (Vasu et al., 2023) and the image towers of MobileCLIP (Vasu et al., 2024): convolutions that are trained with
/// branches and, in the last stages, attention.
/// </summary>
internal sealed class FastVit
{
    private const int HeadFeatures = 32;
    private const int DownsampleKernel = 7;

    private readonly FastVitConfig _config;

    private FastVit(FastVitConfig config) => _config = config;

    public static Blueprint Build(FastVitConfig config) => new FastVit(config).Build();

    private Blueprint Build()
    {
        var channels = _config.EmbedDims[0];
        var stages = new List<Layer>();
        foreach (var (stage, width) in _config.EmbedDims.Take(_config.Layers.Length).Index())
        {
            stages.Add(Stage(stage, channels, width));
            channels = width;
        }
        var features = 2 * channels;
        return new Blueprint(
            [
                ("stem", Stem(_config.EmbedDims[0])), ("stages", Sequential(stages)),
                ("final_conv", MobileOne(
                    channels, features, 3, groups: channels, attention: ("se", SqueezeExcite(features, features / 16)))),
            ],
            output =>
            [
                ("head", Chain(("global_pool", GlobalAveragePool), Flatten(), ("fc", output.Vector(features, (from, to) =>
                    Linear(from, to, initializer: TransformerParts.Start, biasInitializer: Initialize.Zeros))))),
            ],
            Trunk: "stages");
    }

    private Layer Stem(int width)
    {
        var hasScale = _config.StemUseScaleBranch;
        return Sequential(
            MobileOne(3, width, 3, 2, hasScale: hasScale),
            MobileOne(width, width, 3, 2, width, hasScale),
            MobileOne(width, width, 1));
    }

    private Layer Stage(int stage, int from, int to)
    {
        var hasDownsample = _config.Downsamples[stage] || from != to;
        var blocks = Enumerable.Range(0, _config.Layers[stage]).Select(_ => _config.TokenMixers[stage] == FastVitMixer.Attention
            ? AttentionBlock(to, _config.MlpRatios[stage]) : ConvBlock(to, _config.MlpRatios[stage]));
        return Chain(
            ("downsample", hasDownsample ? Downsample(from, to, _config.SeDownsamples[stage]) : new Identity()),
            ("pos_emb", _config.PosEmbs[stage] is { } positions
                ? PositionEncoding(to, positions.SpatialShape[0]) : new Identity()),
            ("blocks", Sequential([.. blocks])));
    }

    private Layer Downsample(int from, int to, bool squeezes)
    {
        var window = new Kernel2d(DownsampleKernel, 2);
        return Chain(("proj", Sequential(
            Chain(
                new BranchedConv(from, to, window, from,
                    ("large_conv", ConvNorm(from, to, DownsampleKernel, 2, from)),
                    ("small_conv", ConvNorm(from, to, 3, 2, from))),
                ("se", squeezes ? SqueezeExcite(to, ChannelCount.Round(to / 4.0, least: 0)) : new Identity()),
                _config.LkcUseAct ? Gelu : new Identity()),
            MobileOne(to, to, 1))));
    }

    private static Layer PositionEncoding(int channels, int kernel)
    {
        var window = new Kernel2d(kernel);
        return new BranchedConv(channels, channels, window, channels,
            new Identity(), ("pos_enc", Conv(channels, channels, window, channels, bias: true)));
    }

    private static Layer ConvBlock(int channels, double ratio) => Chain(
        ("token_mixer", new RepMixer(channels)),
        Residual(Chain(("mlp", Perceptron(channels, ratio)), ("layer_scale", Scale(channels)))));

    private Layer AttentionBlock(int channels, double ratio)
    {
        var attention = new Attention(
            channels, channels / HeadFeatures, ("qkv", Project(3 * channels, bias: false)),
            ("proj", Project(channels, bias: true)));
        return Chain(
            Residual(Chain(("norm", Norm(channels)), ("token_mixer", new PixelTokens(attention)),
                ("layer_scale_1", Scale(channels)))),
            Residual(Chain(("mlp", Perceptron(channels, ratio)), ("layer_scale_2", Scale(channels)))));

        Layer Project(int to, bool bias) => Linear(channels, to, bias, TransformerParts.Start, Initialize.Zeros);
    }

    private Layer Norm(int channels) => _config.NormLayer is { } norm
        ? LayerNorm2d(channels, norm.Eps ?? 1e-6) : BatchNorm(channels);

    private static Layer Perceptron(int channels, double ratio)
    {
        var hidden = (int)(channels * ratio);
        return Chain(
            ("conv", ConvNorm(channels, channels, 7, groups: channels, start: TransformerParts.Start)),
            ("fc1", Project(channels, hidden)), Gelu, ("fc2", Project(hidden, channels)));

        static Layer Project(int from, int to) => Conv(
            from, to, new Kernel2d(1), bias: true, initializer: TransformerParts.Start, biasInitializer: Initialize.Zeros);
    }

    private static LayerScale Scale(int channels) => TransferKit.LayerScale.OfMap(channels, FastVitConfig.LayerScaleStart);

    private static Layer SqueezeExcite(int channels, int squeezed) => ChannelAttention.SqueezeExcite(channels, squeezed);

    /// <summary>MobileOne's block (Vasu et al., 2023b) with one convolution of the larger size.</summary>
    private static Layer MobileOne(
        int from, int to, int kernel, int stride = 1, int groups = 1, bool hasScale = true, Child? attention = null) => Chain(
            ConvParts.MobileOne(from, to, new Kernel2d(kernel, stride), groups,
                size => ConvNorm(from, to, size, stride, groups), hasScale: hasScale),
            attention ?? new Identity(), Gelu);

    /// <summary>
    /// Adds to each channel what a depthwise convolution finds beyond the channel itself, <c>x + γ · (mixer(x) − norm(x))</c>:
    /// for inference one convolution.
    /// </summary>
    private sealed class RepMixer(int channels) : ReparameterizedConv(channels, channels, new Kernel2d(3), channels,
    [
        ("mixer", ConvParts.MobileOne(
            channels, channels, new Kernel2d(3), channels, size => ConvNorm(channels, channels, size, groups: channels))),
        ("norm", Chain(("identity", BatchNorm(channels)))), ("layer_scale", Scale(channels)),
    ])
    {
        private protected override T Join<T>(Operations<T> ops, T input)
        {
            var (mixed, norm) = (ops.Run(Children[0].Layer, input), ops.Run(Children[1].Layer, input));
            var found = ops.RunInPlace(Children[2].Layer, ops.AddInPlace(mixed, ops.Scale(norm, -1)));
            return ops.AddInPlace(found, input);
        }

        private protected override (torch.Tensor Kernel, torch.Tensor Bias) Merged()
        {
            var (mixer, norm) = (AsConvolution(Children[0].Layer), AsConvolution(Children[1].Layer));
            var itself = AsConvolution(new Identity());
            var factors = ((LayerScale)Children[2].Layer).Factors.Value.@double().view(-1);
            var kernel = (mixer.Kernel - norm.Kernel) * factors.view(-1, 1, 1, 1);
            return (kernel.Add(itself.Kernel), (mixer.Bias - norm.Bias) * factors);
        }
    }
}
