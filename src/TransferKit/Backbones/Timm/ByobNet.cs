using static TransferKit.Layers;
using static TransferKit.Timm.ByobLayers;

namespace TransferKit.Timm;

/// <summary>
/// Networks of any blocks, timm's "bring your own blocks": RepVGG (Ding et al., 2021), MobileOne (Vasu et al., 2023), GENet
/// (Lin et al., 2020), ResNet-like ones with attention of channels, timm's RegNetZ, CLIP's ResNets (Radford et al., 2021), and
/// MobileViT (Mehta and Rastegari, 2022).
/// </summary>
internal sealed class ByobNet
{
    private readonly ByobNetConfig _config;
    private readonly ByobLayers _layers, _stemLayers;

    private ByobNet(ByobNetConfig config) =>
        (_config, _layers, _stemLayers) = (config, new(config), new(config with { AaLayer = null }));

    /// <param name="arguments">The network.</param>
    /// <param name="imageSize">Height and width of the images in pixels, where attention pools; null: as usual.</param>
    public static Blueprint Build(ByobNetArguments arguments, int? imageSize) =>
        new ByobNet(arguments.Cfg).Build(imageSize ?? arguments.ImgSize);

    private Blueprint Build(int imageSize)
    {
        var (channels, side) = (Scaled(_config.StemChs[^1]), imageSize / StemStride);
        var stages = new List<Layer>();
        foreach (var stage in _config.Blocks)
        {
            var blocks = new List<Layer>();
            foreach (var block in stage.SelectMany(block => Enumerable.Repeat(block, block.D)))
            {
                var width = ChannelCount.Round(block.C * _config.WidthFactor);
                var stride = blocks.Count == 0 ? stage[0].S : 1;
                blocks.Add(Block(channels, width, stride, side, block));
                (channels, side) = (width, side / stride);
            }
            stages.Add(Sequential(blocks));
        }
        List<Child> body = [("stem", Stem()), ("stages", Sequential(stages))];
        if (_config.NumFeatures > 0)
        {
            var features = Scaled(_config.NumFeatures);
            body.Add(("final_conv", _layers.Unit(channels, features, 1)));
            channels = features;
        }
        var all = _config.Blocks.SelectMany(stage => stage).ToList();
        var attends = _config.HeadType == ByobHead.AttnAbs;
        Layer pool = attends
            ? new MapAttentionPool(channels, side) : Chain(("global_pool", GlobalAveragePool), Flatten());
        return new Blueprint(
            body,
            output => [("head", Chain(pool, (attends ? "proj" : "fc", output.Vector(channels, ByobLayers.Linear))))],
            Trunk: "stages")
        {
            ImageSize = attends || all.Exists(block => SelfAttention(block) == ByobSelfAttention.Bottleneck) ? imageSize : null,
            SizeMultiple = all.Find(block => block.IsMobileVit) is { BlockKwargs.PatchSize: var patch }
                ? patch * StemStride * _config.Blocks.Aggregate(1, (step, stage) => step * stage[0].S) : 1,
        };
    }

    private bool HasPool => !string.IsNullOrEmpty(_config.StemPool);

    /// <summary>The step between pixels of the stem's map, in pixels of the image.</summary>
    private int StemStride => HasPool || _config.StemType is "quad" or "quad2" or "tiered" ? 4 : 2;

    private int StemKernel => _config.StemType == "7x7" ? 7 : 3;

    private int Scaled(int channels) => (int)Math.Round(channels * _config.WidthFactor);

    private Layer Stem()
    {
        var to = Scaled(_config.StemChs[^1]);
        return _config.StemType switch
        {
            "rep" => _stemLayers.RepVgg(3, to, 2, new ByobBlock()),
            "one" => _stemLayers.MobileOne(3, to, 2, new ByobBlock()),
            "quad" => Stem([to / 8, to / 4, to / 2, to]),
            "quad2" => Stem([to / 8, to / 4, to / 2, to], bare: 2),
            "tiered" => Stem([3 * to / 8, to / 2, to]),
            _ when HasPool || _config.StemChs.Length > 1 => Stem([.. _config.StemChs.Select(Scaled)]),
            _ => _stemLayers.Unit(3, to, StemKernel, 2),
        };
    }

    /// <summary>Convolutions one after the other, of which the first may stand bare, without norm and activation.</summary>
    private Layer Stem(int[] widths, int bare = 0)
    {
        var layers = new List<Child>();
        var channels = 3;
        foreach (var (i, width) in widths.Index())
        {
            var stride = i == 0 || (i == widths.Length - 1 && !HasPool) ? 2 : 1;
            layers.Add(($"conv{i + 1}", i < bare
                ? Conv(channels, width, StemKernel, stride) : _stemLayers.Unit(channels, width, StemKernel, stride)));
            channels = width;
        }
        if (HasPool)
            layers.Add(("pool", _config.StemPool == "avg2" ? AveragePool(2, 2) : MaxPool(3, 2, padding: 1)));
        return Chain(layers);
    }

    private Layer Block(int from, int to, int stride, int side, ByobBlock block) => block.Type switch
    {
        ByobBlockType.Rep => _layers.RepVgg(from, to, stride, block),
        ByobBlockType.One => _layers.MobileOne(from, to, stride, block),
        ByobBlockType.Mobilevit => MobileVit.Block(_layers, from, to, block.BlockKwargs!),
        ByobBlockType.Mobilevit2 => MobileVit.SeparableBlock(_layers, from, to, block),
        _ => Joined(from, to, stride, side, block),
    };

    private ByobSelfAttention? SelfAttention(ByobBlock block) => block.Type == ByobBlockType.SelfAttn
        ? block.SelfAttnLayer ?? _config.SelfAttnLayer : null;

    private Layer SelfAttention(int channels, int stride, int side, ByobBlock block)
    {
        var options = block.SelfAttnKwargs ?? _config.SelfAttnKwargs;
        if (SelfAttention(block) == ByobSelfAttention.Bottleneck)
            return new BottleneckAttention(channels, side, stride, options.NumHeads ?? 4, options.KeyFeatures(channels, 4));
        return new HaloAttention(
            channels, stride, options.NumHeads ?? 8, options.KeyFeatures(channels, 8), options.BlockSize, options.HaloSize);
    }

    /// <summary>Several convolutions whose result is added to their input, where there is a way to do it.</summary>
    private Layer Joined(int from, int to, int stride, int side, ByobBlock block)
    {
        var options = block.BlockKwargs ?? _config.BlockKwargs;
        var keepsShape = stride == 1 && from == to;
        var isResidual = keepsShape || _config.Downsample.Length > 0;
        var last = isResidual ? Initialize.Zeros : Initialize.Ones;
        var hidden = ChannelCount.Round((options.BottleIn ? from : to) * block.Br);
        var groups = block.Groups(hidden);
        Child inner = ("attn", _layers.Attention(block, hidden)), outer = ("attn_last", _layers.Attention(block, to));
        List<Child> main = block.Type switch
        {
            ByobBlockType.Basic =>
            [
                ("conv1_kxk", _layers.Unit(from, hidden, 3, stride)),
                ("conv2_kxk", _layers.Unit(hidden, to, 3, groups: groups, isLinear: true, scale: last)), outer,
            ],
            ByobBlockType.Dark =>
            [
                ("conv1_1x1", _layers.Unit(from, hidden, 1)),
                ("conv2_kxk", _layers.Unit(hidden, to, 3, stride, groups, isLinear: true, scale: last)), outer,
            ],
            ByobBlockType.Edge =>
            [
                ("conv1_kxk", _layers.Unit(from, hidden, 3, stride, groups)), inner,
                ("conv2_1x1", _layers.Unit(hidden, to, 1, isLinear: true, scale: last)),
            ],
            ByobBlockType.SelfAttn =>
            [
                ("conv1_1x1", _layers.Unit(from, hidden, 1)), ("self_attn", SelfAttention(hidden, stride, side, block)),
                ("post_attn", BatchNorm(hidden)), _layers.Activate(),
                ("conv3_1x1", _layers.Unit(hidden, to, 1, isLinear: true, scale: last)),
            ],
            _ =>
            [
                ("conv1_1x1", _layers.Unit(from, hidden, 1)), ("conv2_kxk", _layers.Unit(hidden, hidden, 3, stride, groups)),
                ("conv2b_kxk", options.ExtraConv ? _layers.Unit(hidden, hidden, 3, groups: groups) : new Identity()), inner,
                ("conv3_1x1", _layers.Unit(hidden, to, 1, isLinear: true, scale: last)),
            ],
        };
        Layer then = options.LinearOut ? new Identity() : _layers.Activate();
        return isResidual
            ? Residual(Chain(main), keepsShape ? null : ("shortcut", _layers.Projection(from, to, stride)), then)
            : Chain([.. main, then]);
    }
}
