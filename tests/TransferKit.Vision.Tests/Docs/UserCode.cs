using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace TransferKit.Vision.Tests.Docs;

/// <summary>
/// Lines as people write them into programs of theirs: the files of <c>Docs/UserCode</c>, in which <c>// # name</c> begins a
/// snippet. Each is the body of a method that is given <c>data</c>, <c>plan</c>, <c>model</c>, <c>options</c>, <c>predictor</c>,
/// <c>token</c>, and <c>app</c>, a web application.
/// </summary>
internal static partial class UserCode
{
    /// <summary>All snippets: where each begins, and its lines.</summary>
    public static IReadOnlyList<(string File, int Line, string Code)> Snippets { get; } =
    [
        .. Directory.GetFiles(Repository.Path("tests/TransferKit.Vision.Tests/Docs/UserCode"), "*.csx").Order(StringComparer.Ordinal)
            .SelectMany(path => In(path, File.ReadAllText(path).ReplaceLineEndings("\n"))),
    ];

    /// <summary>What the compiler has against the snippets, all in one program, beside some usings.</summary>
    public static IReadOnlyList<string> Compile(IEnumerable<string> usings)
    {
        var methods = Snippets.Select((snippet, i) =>
            $$"""
            static async Task Snippet{{i}}(ImageDataset data, TransferPlan plan, TransferModel model, TrainingOptions options,
                Predictor predictor, CancellationToken token, WebApplication app)
            {
            #line {{snippet.Line}} "{{snippet.File}}"
            {{snippet.Code}}
            #line default
            }
            """);
        var program = $$"""
            #nullable enable
            {{string.Concat(usings.Select(name => $"using {name};"))}}
            static class Program
            {
                static void Main() { }
                {{string.Join('\n', methods)}}
            }
            sealed class EpochPrinter : ITrainingObserver
            {
                public void EpochFinished(EpochResult epoch) => Console.WriteLine(epoch);
            }
            """;
        return DocumentedProgram.CompileWeb(program);
    }

    private static IEnumerable<(string, int, string)> In(string path, string text) => Beginning().Split(text)
        .Where(code => code.Length > 0).Select(code => (Path.GetFileName(path), LineOf(text, code), code));

    private static int LineOf(string text, string part) => text[..text.IndexOf(part, StringComparison.Ordinal)].Count(c => c == '\n') + 1;

    [GeneratedRegex("^// # .*\n", RegexOptions.Multiline)]
    private static partial Regex Beginning();
}
