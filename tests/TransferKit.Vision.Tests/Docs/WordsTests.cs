using System.Text.RegularExpressions;

namespace TransferKit.Vision.Tests.Docs;

/// <summary>Code and documents use the field's words, which docs/glossary.md lists, and none of their own.</summary>
public sealed class WordsTests
{
    /// <summary>Words that stood for one of the field's once, as they are written in names and in sentences.</summary>
    private static readonly (string Pattern, string Word)[] Private =
    [
        (@"Cure\b|\bcures?\b", "workaround"),
        (@"Mistakes?\b|\bmistakes\b", "errors"),
        (@"Beliefs?\b|\bbeliefs?\b|\bbelieves?\b", "probabilities"),
        (@"\bTaken\b", "SampleCount, UpdateCount, PredictedCount"),
        (@"\.Trains\b|\bbool Trains\b", "IsTrainable"),
        (@"\bWatch(ed)?\b(?!"")", "Monitor, Monitored"),
        (@"\b(Try)?Absorb(s|ed)?\b|\babsorb(s|ed)?\b", "fuse"),
        (@"\bSlide\b", "KernelAxis"),
        (@"\bAdaptation\b", "ShapeAdapter"),
        (@"\bRecall\(ReadOptions", "ReadCached"),
        (@"\bReceive\(", "PrepareInput"),
        (@"\bRemoveName\b", "Unlink"),
        (@"\bKeepHere\b|\b_here\b", "a name that says what is kept"),
        (@"\bAtOnce\b", "SinglePhase"),
        (@"\bHeadTimes\b", "HeadMultiplier"),
        (@"\bMisshaped\w*", "Mismatched"),
        (@"\bIsOfTheWorld\b", "IsExternalFailure"),
        (@"\bwish(es|ed)?\b", "rules, or what is requested"),
        (@"\bborne\b", "epochs without improvement"),
        (@"\bmakes? small\b", "minimizes"),
        (@"\blooks of\b|\bof looks\b", "views"),
        (@"\bnobody\.", "none"),
        (@"\bStrategyVerbs\b|\bNodes\.\w", "the names of the extensions, Layers"),
    ];

    private static readonly Regex AnyPrivate = new(string.Join('|', Private.Select(word => word.Pattern)), RegexOptions.Compiled);

    /// <summary>Public names are written as in the United States.</summary>
    private static readonly Regex British = new(
        "[Ll]icence|[Cc]olour|[Cc]entre|[Nn]eighbour|[Gg]rey|(normal|initial|recogn|optim|minim|standard)is[ei]|[Ll]earnt|[Bb]ehaviour");

    public static TheoryData<string> Folders => ["src", "docs", "samples"];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Nothing_has_a_private_word(string folder)
    {
        var files = Directory.EnumerateFiles(Repository.Path(folder), "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".cs" or ".md")
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin")).ToList();
        files.Should().NotBeEmpty();
        var found =
            from file in files
            where AnyPrivate.IsMatch(File.ReadAllText(file))
            from line in File.ReadLines(file).Index()
            from word in Private
            where Regex.IsMatch(line.Item, word.Pattern)
            select $"{Path.GetRelativePath(Repository.Path("."), file)}:{line.Index + 1}: {line.Item.Trim()} (write: {word.Word})";
        found.Should().BeEmpty();
    }

    [Fact]
    public void A_private_word_would_be_found()
    {
        AnyPrivate.IsMatch("internal void ApplyCure()").Should().BeTrue();
        AnyPrivate.IsMatch("// A wish for a device.").Should().BeTrue();
        AnyPrivate.IsMatch("// A workaround, and secured data.").Should().BeFalse();
    }

    [Theory]
    [InlineData("src/TransferKit")]
    [InlineData("src/TransferKit.Vision")]
    [InlineData("src/TransferKit.Vision.Parquet")]
    [InlineData("src/TransferKit.Onnx")]
    public void Public_names_are_spelled_as_in_the_United_States(string library) =>
        File.ReadLines(Repository.Path($"{library}/PublicAPI.Unshipped.txt")).Where(name => British.IsMatch(name)).Should().BeEmpty();
}
