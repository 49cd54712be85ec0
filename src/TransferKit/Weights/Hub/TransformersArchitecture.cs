using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using TransferKit.Timm;

namespace TransferKit;

/// <summary>
/// Finds timm's architecture that transformers' <c>config.json</c> describes: the one that is built with the same numbers. Where
/// the config is silent, it means transformers' defaults.
/// </summary>
internal sealed class TransformersArchitecture
{
    /// <summary>timm has norms of its usual epsilon where transformers' is smaller.</summary>
    private const double LargeEpsilon = 1e-5;

    /// <summary>What a layer scale starts from makes no difference to weights that are loaded.</summary>
    private const double Scaled = 1;

    private readonly string _kind;
    private readonly JsonElement _config;

    private TransformersArchitecture(JsonElement config)
    {
        _kind = config.GetProperty("model_type").GetString()!;
        // Of networks for images and texts the image side is taken.
        _config = config.TryGetProperty("vision_config", out var vision) ? vision : config;
    }

    /// <summary>The architecture.</summary>
    /// <exception cref="FormatException">It isn't here; the message says what is asked for.</exception>
    public static NamedBlueprint Find(JsonElement config)
    {
        var asked = new TransformersArchitecture(config);
        var size = asked.Integer("image_size", 224);
        var found = asked.Alike().OrderByDescending(name => name.StartsWith("vit_", StringComparison.Ordinal))
            .ThenByDescending(name => name.EndsWith(FormattableString.Invariant($"_{size}"), StringComparison.Ordinal))
            .ThenBy(name => name.Length)
            .Select(name => Architectures.TryFind(name, Zoo.Timm))
            .FirstOrDefault(architecture => architecture is not null)
            ?? throw new FormatException($"no architecture that is here is a {asked._kind} with these numbers");
        return found.IsBuiltForSize ? found with { Blueprint = pixels => found.Blueprint(pixels ?? size) } : found;
    }

    /// <summary>The names of timm's architectures that are built so.</summary>
    private IEnumerable<string> Alike() => _kind switch
    {
        "vit" => Alike(Transformer() with { QkvBias = Flag("qkv_bias", true) }),
        "dinov2" => Alike(DinoV2()),
        "dinov2_with_registers" => Alike(DinoV2() with { RegTokens = Integer("num_register_tokens", 4), NoEmbedClass = true }),
        "dinov3_vit" => Alike("Eva", ConfigJson.Default.EvaConfig, DinoV3(), (theirs, wanted) => theirs with
        {
            ImgSize = wanted.ImgSize,
            DynamicImgSize = wanted.DynamicImgSize,
            SwigluAlignTo = wanted.SwigluAlignTo,
            InitValues = theirs.InitValues is null ? null : Scaled,
            MlpRatio = (int)(theirs.EmbedDim * theirs.MlpRatio),
        }),
        "clip" or "clip_vision_model" => Alike(Transformer() with
        {
            PatchSize = Integer("patch_size", 32),
            PreNorm = true,
            NormLayer = Norm(),
            ActLayer = Activation("quick_gelu"),
        }),
        // timm's first SigLIPs have GELU itself in the place of its tanh form.
        "siglip" or "siglip_vision_model" =>
            Alike(SigLip(Activation("gelu_pytorch_tanh"))).Concat(Alike(SigLip(ActLayer.Gelu))),
        "convnext" or "dinov3_convnext" => Alike(ConvNeXt()),
        "convnextv2" => Alike(ConvNeXt() with { UseGrn = true, LsInitValue = null }),
        "resnet" => Alike("ResNet", ConfigJson.Default.ResNetConfig, ResNet(), (theirs, wanted) =>
            theirs.Block.SequenceEqual(wanted.Block) && theirs.Layers.SequenceEqual(wanted.Layers)
            && theirs.Channels.SequenceEqual(wanted.Channels)
                ? theirs with { Block = wanted.Block, Layers = wanted.Layers, Channels = wanted.Channels } : theirs),
        "swin" => Swin(),
        _ => throw new FormatException($"transformers' models of the kind {_kind} aren't here"),
    };

    private static IEnumerable<string> Alike(VisionTransformerConfig wanted) => Alike(
        "VisionTransformer", ConfigJson.Default.VisionTransformerConfig, wanted, (theirs, _) => theirs with
        {
            ImgSize = wanted.ImgSize,
            DynamicImgSize = wanted.DynamicImgSize,
            InitValues = theirs.InitValues is null ? null : Scaled,
            MlpRatio = (int)(theirs.EmbedDim * theirs.MlpRatio),
        });

    private static IEnumerable<string> Alike(ConvNeXtConfig wanted) => Alike(
        "ConvNeXt", ConfigJson.Default.ConvNeXtConfig, wanted, (theirs, _) =>
            theirs.Depths.SequenceEqual(wanted.Depths) && theirs.Dims.SequenceEqual(wanted.Dims)
            && theirs.KernelSizes.SequenceEqual(wanted.KernelSizes)
                ? theirs with
                {
                    Depths = wanted.Depths,
                    Dims = wanted.Dims,
                    KernelSizes = wanted.KernelSizes,
                    ConvMlp = wanted.ConvMlp,
                }
                : theirs);

    /// <summary>The names of timm's architectures of a class that are built as wanted.</summary>
    /// <param name="builder">timm's class.</param>
    /// <param name="type">How its arguments are read.</param>
    /// <param name="wanted">The arguments.</param>
    /// <param name="align">Gives an architecture's arguments, in as far as they mean the same, the wanted form.</param>
    private static IEnumerable<string> Alike<TConfig>(
        string builder, JsonTypeInfo<TConfig> type, TConfig wanted, Func<TConfig, TConfig, TConfig> align)
        where TConfig : class => TimmTables.OfClass(builder)
            .Where(entry => Read(entry.Arguments, type) is { } theirs && align(theirs, wanted).Equals(wanted))
            .Select(entry => entry.Name);

    private static TConfig? Read<TConfig>(JsonElement arguments, JsonTypeInfo<TConfig> type)
        where TConfig : class
    {
        try
        {
            return arguments.Deserialize(type);
        }
        catch (JsonException)
        {
            // It has an option that isn't here.
            return null;
        }
    }

    /// <summary>A vision transformer, with a perceptron's units in the place of their ratio to the features.</summary>
    private VisionTransformerConfig Transformer() => new()
    {
        PatchSize = Integer("patch_size", 16), EmbedDim = Integer("hidden_size", 768),
        Depth = Integer("num_hidden_layers", 12), NumHeads = Integer("num_attention_heads", 12),
        MlpRatio = Integer("intermediate_size", 3072), ActLayer = Activation("gelu"),
        NormLayer = Real("layer_norm_eps", 0) < LargeEpsilon ? null : Norm(),
    };

    private VisionTransformerConfig DinoV2()
    {
        var units = (int)(Integer("hidden_size", 768) * Real("mlp_ratio", 4));
        var config = Transformer() with { QkvBias = Flag("qkv_bias", true), InitValues = Scaled, MlpRatio = units };
        // Gate and value have two thirds of the units each, rounded up to a multiple of 8.
        return !Flag("use_swiglu_ffn", false) ? config : config with
        {
            MlpRatio = 2 * ((units * 2 / 3 + 7) / 8 * 8),
            MlpLayer = new(MlpKind.PackedSwiGlu),
            ActLayer = ActLayer.Silu,
        };
    }

    private EvaConfig DinoV3() => new()
    {
        PatchSize = Integer("patch_size", 16), EmbedDim = Integer("hidden_size", 384), Depth = Integer("num_hidden_layers", 12),
        NumHeads = Integer("num_attention_heads", 6), MlpRatio = Integer("intermediate_size", 1536), NormLayer = Norm(),
        QkvBias = Flag("query_bias", true) && Flag("value_bias", true), SwigluMlp = Flag("use_gated_mlp", false),
        InitValues = Scaled, NumRegTokens = Integer("num_register_tokens", 0), UseFcNorm = false, UseAbsPosEmb = false,
        UseRotPosEmb = true, RopeType = RopeKind.DinoV3, RopeTemperature = Real("rope_theta", 100), RopeRotateHalf = true,
    };

    private VisionTransformerConfig SigLip(ActLayer activation) => Transformer() with
    {
        ClassToken = false,
        GlobalPool = TokenPool.Map,
        ActLayer = activation,
    };

    private ConvNeXtConfig ConvNeXt() => new()
    {
        Depths = Integers("depths", 3, 3, 9, 3), Dims = Integers("hidden_sizes", 96, 192, 384, 768),
    };

    private ResNetConfig ResNet()
    {
        var block = Text("layer_type", "bottleneck") == "basic" ? ResNetBlock.BasicBlock : ResNetBlock.Bottleneck;
        var expansion = block == ResNetBlock.Bottleneck ? 4 : 1;
        if (Integer("embedding_size", 64) != 64 || Flag("downsample_in_first_stage", false)
            || Flag("downsample_in_bottleneck", false))
            throw new FormatException("its ResNet has another stem, or strides elsewhere, than those that are here");
        var depths = Integers("depths", 3, 4, 6, 3);
        return new ResNetConfig
        {
            Block = [.. depths.Select(_ => block)], Layers = depths,
            Channels = [.. Integers("hidden_sizes", 256, 512, 1024, 2048).Select(width => width / expansion)],
        };
    }

    private IEnumerable<string> Swin()
    {
        var wanted = new SwinConfig
        {
            EmbedDim = Integer("embed_dim", 96), Depths = Integers("depths", 2, 2, 6, 2),
            NumHeads = Integers("num_heads", 3, 6, 12, 24), WindowSize = [Integer("window_size", 7)],
        };
        var isUsual = Integer("patch_size", 4) == 4 && Real("mlp_ratio", 4) == 4 && Flag("qkv_bias", true)
            && !Flag("use_absolute_embeddings", false) && Activation("gelu") == ActLayer.Gelu;
        return !isUsual ? [] : Alike("SwinTransformer", ConfigJson.Default.SwinConfig, wanted, (theirs, _) =>
            theirs.Depths.SequenceEqual(wanted.Depths) && theirs.NumHeads.SequenceEqual(wanted.NumHeads)
            && theirs.WindowSize.SequenceEqual(wanted.WindowSize)
                ? theirs with
                {
                    ImgSize = wanted.ImgSize,
                    Depths = wanted.Depths,
                    NumHeads = wanted.NumHeads,
                    WindowSize = wanted.WindowSize,
                }
                : theirs);
    }

    private NormChoice Norm() => new(NormKind.LayerNorm, Real("layer_norm_eps", LargeEpsilon));

    private ActLayer Activation(string usual) => Text("hidden_act", usual) switch
    {
        "gelu" => ActLayer.Gelu,
        "gelu_pytorch_tanh" or "gelu_new" => ActLayer.GeluTanh,
        "quick_gelu" => ActLayer.QuickGelu,
        var other => throw new FormatException($"the activation {other} isn't here"),
    };

    private JsonElement? Value(string name) =>
        _config.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private int Integer(string name, int usual) => Value(name)?.GetInt32() ?? usual;

    private double Real(string name, double usual) => Value(name)?.GetDouble() ?? usual;

    private bool Flag(string name, bool usual) => Value(name)?.GetBoolean() ?? usual;

    private string Text(string name, string usual) => Value(name)?.GetString() ?? usual;

    private int[] Integers(string name, params int[] usual) =>
        Value(name) is { } values ? [.. values.EnumerateArray().Select(value => value.GetInt32())] : usual;
}
