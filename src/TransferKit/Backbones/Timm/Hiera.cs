using System.Text.Json.Serialization;
using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>
/// Hiera (Ryali et al., 2023), a transformer whose maps shrink from stage to stage and whose first stages attend within windows;
/// also with positions within a window of their own (Bolya et al., 2023). It is built for images of one size.
/// </summary>
internal sealed class Hiera
{
    private const int PatchStride = 4;
    private const int MaskUnit = 8;
    private const int PoolStride = 2;

    private readonly HieraConfig _config;

    private Hiera(HieraConfig config) => _config = config;

    public static Blueprint Build(HieraConfig config, int? imageSize) => new Hiera(config).Build(imageSize ?? config.ImgSize);

    private Blueprint Build(int imageSize)
    {
        const int multiple = PatchStride * MaskUnit;
        if (imageSize % multiple != 0)
            throw new ArgumentException(
                $"The network takes images whose size is a multiple of {multiple} px, and not {imageSize} px.",
                nameof(imageSize));
        var (side, features, heads, window) = (imageSize / PatchStride, _config.EmbedDim, _config.NumHeads, MaskUnit);
        var blocks = new List<Layer>();
        foreach (var (stage, depth) in _config.Stages.Index())
            for (var i = 0; i < depth; i++)
            {
                var begins = stage > 0 && i == 0;
                var to = begins ? 2 * features : features;
                heads = begins ? 2 * heads : heads;
                // The block that begins a stage still looks as those of the one before.
                var isLocal = _config.MaskUnitAttn[begins ? stage - 1 : stage];
                blocks.Add(Block(blocks.Count, features, to, heads, isLocal ? window : null));
                features = to;
                window = begins ? window / PoolStride : window;
            }
        return new Blueprint(
            [
                ("patch_embed", Chain(("proj", new Conv(
                    3, _config.EmbedDim, new Kernel2d(7, PatchStride), bias: true,
                    initializer: StartsAsJax ? Initialize.LecunNormal : TransformerParts.Start,
                    biasInitializer: StartsAsJax ? Initialize.Zeros : null)))),
                Positions(side), ChannelsLast, ("blocks", Sequential(blocks)), ChannelsFirst,
            ],
            output => [("head", Chain(GlobalAveragePool, Flatten(), ("norm", Norm(features)),
                ("fc", output.Vector(features, (from, to) => Linear(from, to, true, Initialize.Zeros, Initialize.Zeros)))))],
            Trunk: "blocks")
        {
            ImageSize = imageSize,
        };
    }

    private Layer Positions(int side) => _config.AbsWinPosEmbed
        ? new WindowPositions(side, _config.EmbedDim, _config.GlobalPosSize[0], MaskUnit)
        : Chain(new PatchTokens(), new TokenEmbedding(side, _config.EmbedDim, PositionKind.Patches),
            new PatchMap(side, prefix: 0));

    private Layer Block(int index, int from, int to, int heads, int? window)
    {
        var last = StartsAsJax
            ? Initialize.Scaled(Start, 1 / Math.Sqrt(2 * (index + 1))) : TransformerParts.StartOfBlock(index);
        Child norm = ("norm1", Norm(from)), scale = ("ls1", Scale(to));
        Child attention = ("attn", new MaskUnitAttention(from, to, heads, window, from == to ? 1 : PoolStride, Project, last));
        var first = (from == to, _config.UseExpandProj) switch
        {
            (true, _) => Residual(Chain(norm, attention, scale)),
            (_, true) => Chain(norm, Residual(
                Chain(attention, scale),
                Chain(("proj", Project(from, to, null)), ChannelsFirst, MaxPool(2, PoolStride), ChannelsLast))),
            _ => Residual(Chain(norm, attention, scale), Chain(
                ChannelsFirst, new Concat(MaxPool(2, PoolStride), AveragePool(2, PoolStride)), ChannelsLast)),
        };
        var biases = StartsAsJax ? Initialize.Normal(1e-6) : ConstantBiases;
        var perceptron = Chain(
            ("fc1", Linear(to, 4 * to, true, Start, biases)), Gelu, ("fc2", Linear(4 * to, to, true, last, biases)));
        return Chain(first, Residual(Chain(("norm2", Norm(to)), ("mlp", perceptron), ("ls2", Scale(to)))));
    }

    private Layer Scale(int features) => _config.InitValues is { } start ? new FeatureScale(features, start) : new Identity();

    private static Layer Norm(int features) => LayerNorm(features, 1e-6);

    private bool StartsAsJax => _config.WeightInit == HieraStart.Jax;

    private Initializer Start => StartsAsJax ? Initialize.XavierUniform : TransformerParts.Start;

    private static Initializer ConstantBiases => Initialize.Constant(TransformerParts.Deviation);

    private Layer Project(int from, int to, Initializer? start) =>
        Linear(from, to, true, start ?? Start, StartsAsJax ? Initialize.Zeros : ConstantBiases);
}

/// <summary>
/// Self-attention of the pixels of a map, within windows or over all of it, <c>[N, H, W, F]</c> → <c>[N, H / R, W / R, F']</c>:
/// queries are the maxima of R × R pixels.
/// </summary>
internal sealed class MaskUnitAttention : Layer
{
    private readonly int _features, _heads, _stride;
    private readonly int? _window;
    private readonly Layer _projection, _output;

    /// <summary>Creates an attention.</summary>
    /// <param name="from">Features of a pixel, F.</param>
    /// <param name="to">Features of the output, F'.</param>
    /// <param name="heads">Heads; they divide these.</param>
    /// <param name="window">Height and width of a window in pixels; null: there is one, the map.</param>
    /// <param name="stride">R</param>
    /// <param name="project">Makes a linear layer of inputs, outputs, and how its matrix starts.</param>
    /// <param name="last">How the matrix of the output starts.</param>
    public MaskUnitAttention(
        int from, int to, int heads, int? window, int stride, Func<int, int, Initializer?, Layer> project, Initializer last)
    {
        AttentionHeads.RequireDivisible(to, heads);
        (_features, _heads, _window, _stride) = (to, heads, window, stride);
        (_projection, _output) = (project(from, 3 * to, null), project(to, to, last));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [("qkv", _projection), ("proj", _output)];

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        var (height, width) = (_window ?? sizes[1], _window ?? sizes[2]);
        var (rows, columns) = (sizes[1] / height, sizes[2] / width);
        var parts = ops.Split(ops.Run(_projection, input), 3, _features, _features, _features);
        var queries = _stride == 1 ? parts[0] : ops.Permute(
            ops.Pool(ops.Permute(parts[0], 0, 3, 1, 2), PoolKind.Max, new Kernel2d(_stride, _stride, 0)), 0, 2, 3, 1);
        var (queryHeight, queryWidth) = (height / _stride, width / _stride);
        var attended = ops.Attention(
            Windows(queries, queryHeight, queryWidth), Windows(parts[1], height, width), Windows(parts[2], height, width));
        var joined = ops.Permute(
            ops.Reshape(attended, sizes[0], rows, columns, queryHeight, queryWidth, _features), 0, 1, 3, 2, 4, 5);
        return ops.Run(_output, ops.Reshape(joined, sizes[0], rows * queryHeight, columns * queryWidth, _features));

        // [N · windows, heads, pixels, F' / heads]
        T Windows(T map, long high, long wide)
        {
            var cut = ops.Reshape(map, sizes[0], rows, high, columns, wide, _features);
            var windows = ops.Reshape(
                ops.Permute(cut, 0, 1, 3, 2, 4, 5), Operations<T>.Unknown, high * wide, _heads, _features / _heads);
            return ops.Permute(windows, 0, 2, 1, 3);
        }
    }
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>Hiera</c>.</summary>
internal sealed record HieraConfig
{
    /// <summary>Height and width of the images in pixels.</summary>
    [JsonConverter(typeof(ImageSizeReader))]
    public int ImgSize { get; set; } = 224;

    /// <summary>Features of the first stage's pixels; each further stage has twice as many.</summary>
    public int EmbedDim { get; set; } = 96;

    /// <summary>Heads of the first stage's attentions.</summary>
    public int NumHeads { get; set; } = 1;

    /// <summary>Blocks of each stage.</summary>
    public int[] Stages { get; set; } = [2, 3, 16, 3];

    /// <summary>Whether a stage attends within windows.</summary>
    public bool[] MaskUnitAttn { get; set; } = [true, true, false, false];

    /// <summary>Whether a linear layer widens the input of a stage; else its maximum and its average do.</summary>
    public bool UseExpandProj { get; set; } = true;

    /// <summary>Whether positions are those of windows and those within a window.</summary>
    public bool AbsWinPosEmbed { get; set; }

    /// <summary>Height and width of the positions of windows.</summary>
    public int[] GlobalPosSize { get; set; } = [14, 14];

    /// <summary>What the factors at a block's end start from; null: there are none.</summary>
    public double? InitValues { get; set; }

    public HieraStart WeightInit { get; set; }
}

/// <summary>How weights start.</summary>
internal enum HieraStart
{
    /// <summary>As timm's vision transformers do.</summary>
    Vit,

    /// <summary>As those of the JAX implementation do.</summary>
    Jax,
}
