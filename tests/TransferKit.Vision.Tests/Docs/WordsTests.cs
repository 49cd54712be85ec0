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

    /// <summary>What is written otherwise in the United States.</summary>
    private static readonly Regex British = new(
        "licence|colour|centre|neighbour|grey(?!hound)|learnt|labell(ed|ing)|behaviour|favour|"
        + "(normal|initial|recogn|optim|minim|standard|penal|local|final|quant|general)is(e|ing|ation)",
        RegexOptions.IgnoreCase | RegexOptions.Compiled);

    public static TheoryData<string> Folders => ["src", "docs", "samples"];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Nothing_has_a_private_word(string folder)
    {
        var found =
            from line in Lines(folder)
            where AnyPrivate.IsMatch(line.Text)
            from word in Private
            where Regex.IsMatch(line.Text, word.Pattern)
            select $"{line.Place}: {line.Text.Trim()} (write: {word.Word})";
        found.Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Everything_is_spelled_as_in_the_United_States(string folder) =>
        Lines(folder).Where(line => British.IsMatch(line.Text)).Select(line => $"{line.Place}: {line.Text.Trim()}")
            .Should().BeEmpty();

    [Fact]
    public void A_private_word_would_be_found()
    {
        AnyPrivate.IsMatch("internal void ApplyCure()").Should().BeTrue();
        AnyPrivate.IsMatch("// A wish for a device.").Should().BeTrue();
        AnyPrivate.IsMatch("// A workaround, and secured data.").Should().BeFalse();
    }

    [Fact]
    public void A_British_word_would_be_found()
    {
        British.IsMatch("// Normalised, in grey.").Should().BeTrue();
        British.IsMatch("LearntPositions").Should().BeTrue();
        British.IsMatch("// Raises a precise greyhound, whose finals are generally realistic.").Should().BeFalse();
    }

    [Theory]
    [InlineData("src/TransferKit")]
    [InlineData("src/TransferKit.Vision")]
    [InlineData("src/TransferKit.Vision.Parquet")]
    [InlineData("src/TransferKit.Onnx")]
    public void Public_names_are_spelled_as_in_the_United_States(string library) =>
        File.ReadLines(Repository.Path($"{library}/PublicAPI.Unshipped.txt")).Where(name => British.IsMatch(name)).Should().BeEmpty();

    /// <summary>What is written in a folder, in code and in documents.</summary>
    private static List<(string Place, string Text)> Lines(string folder)
    {
        var files = Directory.EnumerateFiles(Repository.Path(folder), "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".cs" or ".md" or ".html" or ".css" or ".js")
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin" or "node_modules")).ToList();
        files.Should().NotBeEmpty();
        return
        [
            .. from file in files
               from line in File.ReadLines(file).Index()
               select ($"{Path.GetRelativePath(Repository.Path("."), file)}:{line.Index + 1}", line.Item),
        ];
    }
}
