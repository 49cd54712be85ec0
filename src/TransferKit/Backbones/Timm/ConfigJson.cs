using System.Text.Json.Serialization;

namespace TransferKit.Timm;

/// <summary>How configs are read: in timm's names, and nothing beyond what they know.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, UseStringEnumConverter = true)]
[JsonSerializable(typeof(LayerChoice))]
[JsonSerializable(typeof(LayerChoice.Arguments))]
[JsonSerializable(typeof(ConvNeXtConfig))]
[JsonSerializable(typeof(EfficientNetConfig))]
[JsonSerializable(typeof(MobileNetConfig))]
[JsonSerializable(typeof(RegNetArguments))]
[JsonSerializable(typeof(ResNetConfig))]
[JsonSerializable(typeof(BeitConfig))]
[JsonSerializable(typeof(EvaConfig))]
[JsonSerializable(typeof(ResNetV2Config))]
[JsonSerializable(typeof(VisionTransformerConfig))]
internal sealed partial class ConfigJson : JsonSerializerContext;
