using System.Globalization;
using System.Text.RegularExpressions;

namespace TransferKit;

/// <summary>The table of names that other libraries, and torchvision's older releases, give to torchvision's layers.</summary>
internal static class KeyRenamings
{
    /// <summary>One source of weights: its rules, of which the first that matches a key renames it.</summary>
    public sealed record Scheme(string Source, params Rule[] Rules)
    {
        public string Rename(string key)
        {
            foreach (var rule in Rules)
            {
                if (rule.Pattern.Match(key) is { Success: true } match)
                    return $"{key[..match.Index]}{rule.Replacement(match)}{key[(match.Index + match.Length)..]}";
            }

            return key;
        }
    }

    /// <summary>A part of a key, and what stands there in torchvision.</summary>
    public sealed record Rule(Regex Pattern, Func<Match, string> Replacement);

    // timm's ResNet, ResNeXt and Wide ResNet have torchvision's names and need no rule.
    public static IReadOnlyList<Scheme> All { get; } =
    [
        new("torchvision before 1.0 of PyTorch: DenseNet",
            To(@"(?<=denselayer\d+\.)(norm|conv)\.([12])(?=\.)", m => $"{m.Groups[1]}{m.Groups[2]}")),

        new("torchvision before 0.14: ViT",
            To(@"(?<=\.mlp\.)linear_([12])(?=\.)", m => m.Groups[1].Value == "1" ? "0" : "3")),

        new("classy vision: squeeze-and-excitation blocks",
            To(@"(?<=\.se\.)([02])(?=\.)", m => m.Groups[1].Value == "0" ? "fc1" : "fc2")),

        new("timm: ViT",
            To("^cls_token$", _ => "class_token"),
            To("^pos_embed$", _ => "encoder.pos_embedding"),
            To(@"^patch_embed\.proj(?=\.)", _ => "conv_proj"),
            To(@"^blocks\.(\d+)\.norm([12])(?=\.)", m => $"{Block(m)}.ln_{m.Groups[2]}"),
            To(@"^blocks\.(\d+)\.attn\.qkv\.", m => $"{Block(m)}.self_attention.in_proj_"),
            To(@"^blocks\.(\d+)\.attn\.proj(?=\.)", m => $"{Block(m)}.self_attention.out_proj"),
            To(@"^blocks\.(\d+)\.mlp\.fc1(?=\.)", m => $"{Block(m)}.mlp.0"),
            To(@"^blocks\.(\d+)\.mlp\.fc2(?=\.)", m => $"{Block(m)}.mlp.3"),
            To(@"^norm(?=\.)", _ => "encoder.ln"),
            To(@"^head(?=\.)", _ => "heads.head")),

        new("timm: ConvNeXt",
            To(@"^stem\.([01])(?=\.)", m => $"features.0.{m.Groups[1]}"),
            To(@"^stages\.(\d+)\.downsample\.([01])(?=\.)", m => $"features.{2 * Number(m, 1)}.{m.Groups[2]}"),
            To(@"^stages\.(\d+)\.blocks\.(\d+)\.gamma$", m => $"{Stage(m)}.layer_scale"),
            To(@"^stages\.(\d+)\.blocks\.(\d+)\.conv_dw(?=\.)", m => $"{Stage(m)}.block.0"),
            To(@"^stages\.(\d+)\.blocks\.(\d+)\.norm(?=\.)", m => $"{Stage(m)}.block.2"),
            To(@"^stages\.(\d+)\.blocks\.(\d+)\.mlp\.fc1(?=\.)", m => $"{Stage(m)}.block.3"),
            To(@"^stages\.(\d+)\.blocks\.(\d+)\.mlp\.fc2(?=\.)", m => $"{Stage(m)}.block.5"),
            To(@"^head\.norm(?=\.)", _ => "classifier.0"),
            To(@"^head\.fc(?=\.)", _ => "classifier.2")),

        new("TransferKit 0.1: auto-properties of modules in heads",
            To(@"<\w+>k__BackingField", m => ModuleMembers.NameOf(m.Value))),

        EfficientNet("timm: EfficientNet", separable: "0", fused: "none", head: 8),
        EfficientNet("timm: EfficientNetV2-S", separable: "none", fused: "[0-2]", head: 7),
        EfficientNet("timm: EfficientNetV2-M and -L", separable: "none", fused: "[0-2]", head: 8),
    ];

    /// <summary>timm names a block's layers by what they do, torchvision numbers them in the order in which they run.</summary>
    /// <param name="source">The scheme's source.</param>
    /// <param name="separable">Stages of depthwise-separable blocks, which begin with the depthwise convolution.</param>
    /// <param name="fused">Stages of fused blocks, in which one full convolution does both.</param>
    /// <param name="head">Number of the last convolution in torchvision.</param>
    private static Scheme EfficientNet(string source, string separable, string fused, int head) => new(
        source,
        To(@"^conv_stem(?=\.)", _ => "features.0.0"),
        To(@"^bn1(?=\.)", _ => "features.0.1"),
        Place(separable, "conv_dw", "0.0"),
        Place(separable, "bn1", "0.1"),
        Place(separable, @"se\.conv_reduce", "1.fc1"),
        Place(separable, @"se\.conv_expand", "1.fc2"),
        Place(separable, "conv_pw", "2.0"),
        Place(separable, "bn2", "2.1"),
        Place(fused, "conv(?:_exp)?", "0.0"),
        Place(fused, "bn1", "0.1"),
        Place(fused, "conv_pwl", "1.0"),
        Place(fused, "bn2", "1.1"),
        Place(@"\d+", "conv_pw", "0.0"),
        Place(@"\d+", "bn1", "0.1"),
        Place(@"\d+", "conv_dw", "1.0"),
        Place(@"\d+", "bn2", "1.1"),
        Place(@"\d+", @"se\.conv_reduce", "2.fc1"),
        Place(@"\d+", @"se\.conv_expand", "2.fc2"),
        Place(@"\d+", "conv_pwl", "3.0"),
        Place(@"\d+", "bn3", "3.1"),
        To(@"^conv_head(?=\.)", _ => $"features.{head}.0"),
        To(@"^bn2(?=\.)", _ => $"features.{head}.1"),
        To(@"^classifier(?=\.)", _ => "classifier.1"));

    private static Rule Place(string stages, string layer, string place) => To(
        $@"^blocks\.({stages})\.(\d+)\.{layer}(?=\.)", m => $"features.{Number(m, 1) + 1}.{m.Groups[2]}.block.{place}");

    private static Rule To(string pattern, Func<Match, string> replacement) =>
        new(new Regex(pattern, RegexOptions.CultureInvariant), replacement);

    private static string Block(Match match) => $"encoder.layers.encoder_layer_{match.Groups[1]}";

    private static string Stage(Match match) => $"features.{(2 * Number(match, 1)) + 1}.{match.Groups[2]}";

    private static int Number(Match match, int group) =>
        int.TryParse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number < 1000 ? number : 0;
}
