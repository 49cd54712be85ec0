using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>ConvNeXt (Liu et al., 2022), and V2 with global response normalization (Woo et al., 2023).</summary>
internal sealed class ConvNeXt
{
    private readonly ConvNeXtConfig _config;

    private ConvNeXt(ConvNeXtConfig config) => _config = config;

    public static Blueprint Build(ConvNeXtConfig config) => new ConvNeXt(config).Build();

    private Blueprint Build()
    {
        var channels = _config.Dims[0];
        var stages = new Layer[_config.Depths.Length];
        for (var stage = 0; stage < stages.Length; stage++)
        {
            var (width, kernel) = (_config.Dims[stage], _config.KernelSizes[stage]);
            Child reduce = ("downsample", stage == 0 ? new Identity() : Sequential(
                NormMap(channels), Conv(channels, width, new Kernel2d(2, stride: 2, padding: 0))));
            stages[stage] = Chain(reduce, ("blocks", Sequential(
                [.. Enumerable.Range(0, _config.Depths[stage]).Select(_ => Block(width, kernel))])));
            channels = width;
        }
        return new Blueprint(
            [("stem", Stem()), ("stages", Sequential(stages)), .. Before(channels)], output => [("head", Head(output, channels))],
            Trunk: "stages");
    }

    private Layer Stem()
    {
        var width = _config.Dims[0];
        if (_config.StemType == ConvNeXtStem.Patch)
            return Sequential(Conv(3, width, new Kernel2d(4, stride: 4, padding: 0)), NormMap(width));
        var first = _config.StemType == ConvNeXtStem.OverlapTiered ? ChannelCount.Round(width / 2) : width;
        return Sequential(
            Conv(3, first, new Kernel2d(3, stride: 2)), Conv(first, width, new Kernel2d(3, stride: 2)), NormMap(width));
    }

    private Layer Block(int width, int kernel)
    {
        List<Child> main = [("conv_dw", Conv(width, width, new Kernel2d(kernel), groups: width))];
        if (_config.ConvMlp)
            main.AddRange([("norm", NormMap(width)), ("mlp", FeedForward(width))]);
        else
            main.AddRange([ChannelsLast, ("norm", Norm(width)), ("mlp", FeedForward(width)), ChannelsFirst]);
        if (_config.LsInitValue is { } start)
            main.Add(LayerScale.OfVector(width, start));
        return Residual(Chain(main));
    }

    private Layer FeedForward(int width)
    {
        var hidden = 4 * width;
        var layers = new List<Child> { ("fc1", Map(width, hidden)), ("act", _config.ActLayer.ToLayer()) };
        if (_config.UseGrn)
            layers.Add(("grn", new GlobalResponseNorm(hidden, isLast: !_config.ConvMlp)));
        return Chain([.. layers, ("fc2", Map(hidden, width))]);
    }

    private Layer Map(int from, int to) => _config.ConvMlp ? Conv(from, to, new Kernel2d(1)) : Dense(from, to);

    private List<Child> Before(int channels) => _config.HeadNormFirst ? [("norm_pre", NormMap(channels))] : [];

    private Layer Head(HeadSlot output, int channels)
    {
        var layers = new List<Child> { ("global_pool", GlobalAveragePool) };
        if (!_config.HeadNormFirst)
            layers.Add(("norm", NormMap(channels)));
        layers.Add(Flatten());
        if (_config.HeadHiddenSize is { } hidden)
        {
            layers.Add(("pre_logits", Chain(("fc", Dense(channels, hidden)), ("act", Gelu))));
            channels = hidden;
        }
        return Chain([.. layers, ("fc", output.Vector(channels, Dense))]);
    }

    private Layer Norm(int channels) => LayerNorm(channels, _config.NormEps);

    /// <summary>A layer norm of <c>[N, C, H, W]</c>.</summary>
    private Layer NormMap(int channels) => Chain(ChannelsLast, Norm(channels), ChannelsFirst);

    private static Layer Conv(int from, int to, Kernel2d window, int groups = 1) => Layers.Conv(
        from, to, window, groups, bias: true, Initialize.TruncatedNormal(0.02), Initialize.Zeros);

    private static Layer Dense(int from, int to) =>
        Linear(from, to, initializer: Initialize.TruncatedNormal(0.02), biasInitializer: Initialize.Zeros);
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>ConvNeXt</c>.</summary>
internal sealed record ConvNeXtConfig
{
    /// <summary>Blocks of each stage.</summary>
    public int[] Depths { get; set; } = [3, 3, 9, 3];

    /// <summary>Channels of each stage.</summary>
    public int[] Dims { get; set; } = [96, 192, 384, 768];

    /// <summary>Each stage's kernel.</summary>
    public int[] KernelSizes { get; set; } = [7, 7, 7, 7];

    /// <summary>What layer scales start from; null: there are none.</summary>
    public double? LsInitValue { get; set; } = 1e-6;

    public ConvNeXtStem StemType { get; set; } = ConvNeXtStem.Patch;

    /// <summary>Whether the perceptrons' weights are those of 1 × 1 convolutions.</summary>
    public bool ConvMlp { get; set; }

    /// <summary>Whether channels respond to each other's strength.</summary>
    public bool UseGrn { get; set; }

    public ConvActivation ActLayer { get; set; } = ConvActivation.Gelu;

    public double NormEps { get; set; } = 1e-6;

    /// <summary>Whether the last norm comes before the pooling.</summary>
    public bool HeadNormFirst { get; set; }

    /// <summary>Units of a layer in front of the last; null: there is none.</summary>
    public int? HeadHiddenSize { get; set; }
}

/// <summary>How an image becomes a map.</summary>
internal enum ConvNeXtStem
{
    /// <summary>In patches of 4 × 4 px.</summary>
    Patch,

    /// <summary>By two convolutions that stride.</summary>
    Overlap,

    /// <summary>So, the first with half of the channels.</summary>
    [System.Text.Json.Serialization.JsonStringEnumMemberName("overlap_tiered")]
    OverlapTiered,
}
