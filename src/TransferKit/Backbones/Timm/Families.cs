using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace TransferKit.Timm;

/// <summary>timm's families, by the name of the class that builds them there.</summary>
internal static class Families
{
    private static readonly Dictionary<string, Family> ByClass = new(StringComparer.Ordinal)
    {
        ["Beit"] = ForOneSize(ConfigJson.Default.BeitConfig, Beit.Build),
        ["ByobNet"] = ForOneSize(ConfigJson.Default.ByobNetArguments, ByobNet.Build),
        ["ConvNeXt"] = ForAllSizes(ConfigJson.Default.ConvNeXtConfig, ConvNeXt.Build),
        ["DenseNet"] = ForAllSizes(ConfigJson.Default.DenseNetConfig, DenseNet.Build),
        ["EfficientNet"] = ForAllSizes(ConfigJson.Default.EfficientNetConfig, EfficientNet.Build),
        ["EfficientVit"] = ForAllSizes(ConfigJson.Default.EfficientVitConfig, EfficientVit.Build),
        ["EfficientVitLarge"] = ForAllSizes(ConfigJson.Default.EfficientVitLargeConfig, EfficientVit.Build),
        ["EfficientVitMsra"] = ForOneSize(ConfigJson.Default.EfficientVitMsraConfig, EfficientVitMsra.Build),
        ["Eva"] = ForOneSize(ConfigJson.Default.EvaConfig, Eva.Build),
        ["FastVit"] = ForAllSizes(ConfigJson.Default.FastVitConfig, FastVit.Build),
        ["Hiera"] = ForOneSize(ConfigJson.Default.HieraConfig, Hiera.Build),
        ["HighPerfGpuNet"] = ForAllSizes(ConfigJson.Default.HighPerfGpuNetConfig, HighPerfGpuNet.Build),
        ["InceptionResnetV2"] = ForAllSizes(ConfigJson.Default.InceptionConfig, Inception.BuildResNetV2),
        ["InceptionV3"] = ForAllSizes(ConfigJson.Default.InceptionConfig, Inception.BuildV3),
        ["InceptionV4"] = ForAllSizes(ConfigJson.Default.InceptionConfig, Inception.BuildV4),
        ["Levit"] = ForOneSize(ConfigJson.Default.LevitConfig, Levit.Build),
        ["LevitDistilled"] = ForOneSize(ConfigJson.Default.LevitConfig, Levit.BuildDistilled),
        ["MaxxVit"] = ForOneSize(ConfigJson.Default.MaxxVitArguments, MaxxVit.Build),
        ["MetaFormer"] = ForAllSizes(ConfigJson.Default.MetaFormerConfig, MetaFormer.Build),
        ["MlpMixer"] = ForOneSize(ConfigJson.Default.MlpMixerConfig, MlpMixer.Build),
        ["MobileNetV3"] = ForAllSizes(ConfigJson.Default.MobileNetConfig, EfficientNet.Build),
        ["RegNet"] = ForAllSizes(ConfigJson.Default.RegNetArguments, RegNet.Build),
        ["ResNet"] = ForAllSizes(ConfigJson.Default.ResNetConfig, ResNet.Build),
        ["ResNetV2"] = ForAllSizes(ConfigJson.Default.ResNetV2Config, ResNetV2.Build),
        ["SENet"] = ForAllSizes(ConfigJson.Default.SeNetConfig, SeNet.Build),
        ["SwinTransformer"] = ForOneSize(ConfigJson.Default.SwinConfig, SwinTransformer.Build),
        ["SwinTransformerV2"] = ForOneSize(ConfigJson.Default.SwinV2Config, SwinTransformer.Build),
        ["SwinTransformerV2Cr"] = ForOneSize(ConfigJson.Default.SwinCrConfig, SwinTransformer.Build),
        ["TinyVit"] = ForAllSizes(ConfigJson.Default.TinyVitConfig, TinyVit.Build),
        ["VGG"] = ForAllSizes(ConfigJson.Default.VggConfig, Vgg.Build),
        ["VisionTransformer"] = ForOneSize(ConfigJson.Default.VisionTransformerConfig, VisionTransformer.Build),
        ["VisionTransformerDistilled"] = ForOneSize(
            ConfigJson.Default.VisionTransformerConfig, VisionTransformer.BuildDistilled),
        ["VisionTransformerRelPos"] = ForOneSize(
            ConfigJson.Default.VisionTransformerRelPosConfig, VisionTransformerRelPos.Build),
        ["VisionTransformerSAM"] = ForOneSize(ConfigJson.Default.VisionTransformerSamConfig, VisionTransformerSam.Build),
        ["Xcit"] = ForOneSize(ConfigJson.Default.XcitConfig, Xcit.Build),
    };

    /// <summary>Whether the family that a class builds is here, though maybe without all of its options.</summary>
    /// <param name="builder">The class.</param>
    public static bool Has(string builder) => ByClass.ContainsKey(builder);

    /// <summary>The architecture that a class builds of arguments.</summary>
    /// <param name="name">The architecture's name.</param>
    /// <param name="builder">The class.</param>
    /// <param name="arguments">Its arguments, in timm's names, without those that have their default.</param>
    /// <returns>The architecture; null where the family, or an option that it needs, isn't there yet.</returns>
    public static NamedBlueprint? Find(string name, string builder, JsonElement arguments)
    {
        try
        {
            return ByClass.TryGetValue(builder, out var family) ? family(name, arguments) : null;
        }
        catch (JsonException)
        {
            // A config has no member, or a member no value, for what isn't there.
            return null;
        }
    }

    private delegate NamedBlueprint Family(string name, JsonElement arguments);

    /// <summary>A family whose layers are the same for images of all sizes.</summary>
    private static Family ForAllSizes<TConfig>(JsonTypeInfo<TConfig> type, Func<TConfig, Blueprint> build) =>
        (name, arguments) =>
        {
            var config = arguments.Deserialize(type)!;
            return new NamedBlueprint(name, () => build(config));
        };

    /// <summary>A family whose layers depend on the images' height and width in pixels; null: those of the config.</summary>
    private static Family ForOneSize<TConfig>(JsonTypeInfo<TConfig> type, Func<TConfig, int?, Blueprint> build) =>
        (name, arguments) =>
        {
            var config = arguments.Deserialize(type)!;
            return new NamedBlueprint(name, size => build(config, size));
        };
}
