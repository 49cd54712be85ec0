using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>
/// RegNet X, Y and Z (Radosavovic et al., 2020; Dollár et al., 2021), and timm's V, whose blocks begin with their norms.
/// </summary>
internal sealed class RegNet
{
    private readonly RegNetConfig _config;
    private readonly Initializer _lastScale;

    private RegNet(RegNetArguments arguments) =>
        (_config, _lastScale) = (arguments.Cfg, arguments.ZeroInitLast ? Initialize.Zeros : Initialize.Ones);

    public static Blueprint Build(RegNetArguments arguments) => new RegNet(arguments).Build();

    private Blueprint Build()
    {
        var channels = _config.StemWidth;
        var body = new List<Child>
        {
            ("stem", _config.Preact ? Conv(3, channels, 3, 2) : Unit(3, channels, 3, 2)),
        };
        foreach (var stage in TransferKit.RegNet.Stages(_config.Depth, _config.W0, _config.Wa, _config.Wm)
            .OrderBy(stage => stage.Width))
        {
            var (width, group) = Fitted(stage.Width);
            var blocks = new Child[stage.Depth];
            for (var i = 0; i < blocks.Length; i++)
            {
                blocks[i] = ($"b{i + 1}", _config.Preact
                    ? Preactivated(channels, width, i == 0 ? 2 : 1, group) : Bottleneck(channels, width, i == 0 ? 2 : 1, group));
                channels = width;
            }
            body.Add(($"s{body.Count}", Chain(blocks)));
        }
        if (_config.NumFeatures > 0)
        {
            body.Add(("final_conv", Unit(channels, _config.NumFeatures, 1)));
            channels = _config.NumFeatures;
        }
        else if (_config.LinearOut || _config.Preact)
        {
            body.Add(("final_conv", Activate()));
        }
        return new Blueprint(body, output =>
        [
            ("head", Chain(("global_pool", GlobalAveragePool), Flatten(), ("fc", output.Vector(channels, (from, to) =>
                Linear(from, to, initializer: Initialize.Normal(0.01), biasInitializer: Initialize.Zeros))))),
        ]);
    }

    /// <summary>A stage's width that groups divide, and the channels of a group.</summary>
    private (int Width, int Group) Fitted(int width)
    {
        var hidden = (int)(width * _config.BottleRatio);
        var group = Math.Min(_config.GroupSize, hidden);
        var whole = _config.GroupMinRatio > 0
            ? ChannelCount.Round(hidden, group, _config.GroupMinRatio) : (int)Math.Round((double)hidden / group) * group;
        return ((int)(whole / _config.BottleRatio), group);
    }

    private Layer Bottleneck(int from, int to, int stride, int group)
    {
        var hidden = (int)Math.Round(to * _config.BottleRatio);
        List<Child> main =
        [
            ("conv1", Unit(from, hidden, 1)), ("conv2", Unit(hidden, hidden, 3, stride, hidden / group)),
            .. Squeeze(from, hidden),
            ("conv3", Unit(hidden, to, 1, isLast: true)),
        ];
        Layer then = _config.LinearOut ? new Identity() : Activate();
        if (stride == 1 && from == to)
            return Residual(Chain(main), then: then);
        return _config.Downsample is null
            ? Chain([.. main, then])
            : Residual(Chain(main), ("downsample", Projection(from, to, stride, (c, d, s) => Unit(c, d, 1, s, isLinear: true))),
                then);
    }

    private Layer Preactivated(int from, int to, int stride, int group)
    {
        var hidden = (int)Math.Round(to * _config.BottleRatio);
        List<Child> main =
        [
            ("conv1", Conv(from, hidden, 1)), ("norm2", Norm(hidden)), Activate(),
            ("conv2", Conv(hidden, hidden, 3, stride, hidden / group)), .. Squeeze(from, hidden),
            ("norm3", Norm(hidden)), Activate(), ("conv3", Conv(hidden, to, 1)),
        ];
        Child? skip = stride == 1 && from == to
            ? null : ("downsample", Projection(from, to, stride, (c, d, s) => Conv(c, d, 1, s)));
        // Also what is added has been normalized.
        return Chain(("norm1", Norm(from)), Activate(), Residual(Chain(main), skip));
    }

    private Layer Projection(int from, int to, int stride, Func<int, int, int, Layer> convolve)
    {
        if (_config.Downsample != "avg")
            return convolve(from, to, stride);
        Layer pool = stride == 1 ? new Identity() : AveragePool(2, stride, ceiling: true);
        return Sequential(pool, convolve(from, to, 1));
    }

    private List<Child> Squeeze(int from, int hidden)
    {
        if (_config.SeRatio == 0)
            return [];
        var squeezed = (int)Math.Round(from * _config.SeRatio);
        return [("se", Gate(
            GlobalAveragePool, ("fc1", Conv(hidden, squeezed, 1, bias: true)), Activate(),
            ("fc2", Conv(squeezed, hidden, 1, bias: true)), Sigmoid))];
    }

    private Layer Unit(
        int from, int to, int kernel, int stride = 1, int groups = 1, bool isLinear = false, bool isLast = false) => Chain(
            ("conv", Conv(from, to, kernel, stride, groups)), ("bn", Norm(to, isLast)),
            isLinear || isLast ? new Identity() : Activate());

    private Layer Activate() => _config.ActLayer.ToLayer();

    private Layer Norm(int channels, bool isLast = false) => BatchNorm(channels, scale: isLast ? _lastScale : Initialize.Ones);

    private static Layer Conv(int from, int to, int kernel, int stride = 1, int groups = 1, bool bias = false) => Layers.Conv(
        from, to, new Kernel2d(kernel, stride), groups, bias,
        Initialize.Normal(Math.Sqrt(2.0 * groups / (kernel * kernel * to))), Initialize.Zeros);
}

internal sealed record RegNetArguments
{
    public RegNetConfig Cfg { get; set; } = new();

    /// <summary>Whether the norm at the end of what a block adds starts at zero.</summary>
    public bool ZeroInitLast { get; set; } = true;
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>RegNetCfg</c>.</summary>
internal sealed record RegNetConfig
{
    /// <summary>Blocks of all stages.</summary>
    public int Depth { get; set; } = 21;

    /// <summary>The first width, in channels.</summary>
    public int W0 { get; set; } = 80;

    /// <summary>By how many channels the widths grow from block to block.</summary>
    public double Wa { get; set; } = 42.63;

    /// <summary>The factor between stages' widths.</summary>
    public double Wm { get; set; } = 2.66;

    /// <summary>Channels of a group.</summary>
    public int GroupSize { get; set; } = 24;

    /// <summary>A block's inner width, relative to its output.</summary>
    public double BottleRatio { get; set; } = 1;

    /// <summary>Squeezed channels, relative to a block's input; 0: there is no squeeze-and-excitation.</summary>
    public double SeRatio { get; set; }

    /// <summary>
    /// The least share of a width that is left when it is rounded as torchvision does; 0: it is rounded to the nearest.
    /// </summary>
    public double GroupMinRatio { get; set; }

    public int StemWidth { get; set; } = 32;

    /// <summary>How a shortcut changes the shape: <c>conv1x1</c>, <c>avg</c>; null: there is none then.</summary>
    public string? Downsample { get; set; } = "conv1x1";

    /// <summary>Whether blocks end without an activation.</summary>
    public bool LinearOut { get; set; }

    /// <summary>Whether norms stand in front of convolutions.</summary>
    public bool Preact { get; set; }

    /// <summary>Channels of a last convolution; 0: there is none.</summary>
    public int NumFeatures { get; set; }

    public ConvActivation ActLayer { get; set; } = ConvActivation.Relu;
}
