using System.Text.Json.Serialization;

namespace TransferKit.Timm;

/// <summary>How configs are read: in timm's names, and nothing beyond what they know.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, UseStringEnumConverter = true)]
[JsonSerializable(typeof(BeitConfig))]
[JsonSerializable(typeof(ConvNeXtConfig))]
[JsonSerializable(typeof(DenseNetConfig))]
[JsonSerializable(typeof(EfficientNetConfig))]
[JsonSerializable(typeof(EvaConfig))]
[JsonSerializable(typeof(InceptionConfig))]
[JsonSerializable(typeof(LayerChoice))]
[JsonSerializable(typeof(LayerChoice.Arguments))]
[JsonSerializable(typeof(MaxxVitArguments))]
[JsonSerializable(typeof(MetaFormerConfig))]
[JsonSerializable(typeof(MetaFormerNorm))]
[JsonSerializable(typeof(MlpMixerConfig))]
[JsonSerializable(typeof(MobileNetConfig))]
[JsonSerializable(typeof(RegNetArguments))]
[JsonSerializable(typeof(ResNetConfig))]
[JsonSerializable(typeof(ResNetV2Config))]
[JsonSerializable(typeof(SwinConfig))]
[JsonSerializable(typeof(SwinCrConfig))]
[JsonSerializable(typeof(SwinV2Config))]
[JsonSerializable(typeof(TokenMixer))]
[JsonSerializable(typeof(VggConfig))]
[JsonSerializable(typeof(VisionTransformerConfig))]
[JsonSerializable(typeof(XcitConfig))]
internal sealed partial class ConfigJson : JsonSerializerContext;
