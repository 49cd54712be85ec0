using System.Text.RegularExpressions;

namespace TransferKit.Vision.Tests.Docs;

/// <summary>
/// A block of C# in the documentation. The line before it may say more in a comment: <c>&lt;!-- run --&gt;</c>: it is run too;
/// <c>&lt;!-- web --&gt;</c>: it belongs into a web project; <c>&lt;!-- from FILE --&gt;</c>: it is part of a file of the repository,
/// which is compiled there.
/// </summary>
/// <param name="File">The document, from the repository's root.</param>
/// <param name="Line">The line of its first line, counted from 1.</param>
/// <param name="Note">What the comment says; empty without one.</param>
/// <param name="Code">The code.</param>
internal sealed partial record CodeBlock(string File, int Line, string Note, string Code)
{
    /// <summary>All blocks of the README, of <c>docs</c> and of the packages' page.</summary>
    public static IReadOnlyList<CodeBlock> All { get; } =
    [
        .. Directory.GetFiles(Repository.Path("docs"), "*.md")
            .Concat([Repository.Path("README.md"), Repository.Path("src/PACKAGE.md")]).Order(StringComparer.Ordinal)
            .SelectMany(path => In(Path.GetRelativePath(Repository.Path(""), path), System.IO.File.ReadAllText(path))),
    ];

    /// <summary>Whether a program begins here; other blocks go on where the one before them ended.</summary>
    public bool Begins => UsingDirective().IsMatch(Code);

    /// <summary>The file that the block is part of; null: none.</summary>
    public string? Source => Note.StartsWith("from ", StringComparison.Ordinal) ? Note[5..] : null;

    public override string ToString() => $"{File}, line {Line}";

    private static IEnumerable<CodeBlock> In(string file, string text) => Fence().Matches(text.ReplaceLineEndings("\n")).Select(
        match => new CodeBlock(file, text[..match.Groups["code"].Index].Count(c => c == '\n') + 1,
            match.Groups["note"].Value, match.Groups["code"].Value));

    [GeneratedRegex("^(<!-- (?<note>.*?) -->\n)?```csharp\n(?<code>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^using (static )?[\w.]+;")]
    private static partial Regex UsingDirective();
}
