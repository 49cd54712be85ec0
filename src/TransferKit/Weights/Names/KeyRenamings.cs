using System.Text.RegularExpressions;

namespace TransferKit;

/// <summary>
/// Names that other libraries, and older releases, give to layers; those of timm and transformers are in tables of their own.
/// </summary>
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

    /// <summary>A part of a key, and what stands there instead.</summary>
    public sealed record Rule(Regex Pattern, Func<Match, string> Replacement);

    public static IReadOnlyList<Scheme> All { get; } =
    [
        new("torchvision before 1.0 of PyTorch: DenseNet",
            To(@"(?<=denselayer\d+\.)(norm|conv)\.([12])(?=\.)", m => $"{m.Groups[1]}{m.Groups[2]}")),

        new("torchvision before 0.14: ViT",
            To(@"(?<=\.mlp\.)linear_([12])(?=\.)", m => m.Groups[1].Value == "1" ? "0" : "3")),

        new("classy vision: squeeze-and-excitation blocks",
            To(@"(?<=\.se\.)([02])(?=\.)", m => m.Groups[1].Value == "0" ? "fc1" : "fc2")),

        new("TransferKit 0.1: auto-properties of modules in heads",
            To(@"<\w+>k__BackingField", m => ModuleMembers.NameOf(m.Value))),
    ];

    private static Rule To(string pattern, Func<Match, string> replacement) =>
        new(new Regex(pattern, RegexOptions.CultureInvariant), replacement);
}
