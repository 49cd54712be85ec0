using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace TransferKit.Vision.Tests.Docs;

/// <summary>
/// What a reader gets who copies a block that begins with <c>using</c>, and those that go on from it, into the <c>Program.cs</c>
/// of a new project.
/// </summary>
internal sealed record DocumentedProgram(IReadOnlyList<CodeBlock> Blocks)
{
    // The implicit usings of the .NET SDK, for `dotnet new console` and `dotnet new web`.
    private static readonly string[] Console =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading",
        "System.Threading.Tasks",
    ];

    private static readonly string[] Web =
    [
        .. Console, "System.Net.Http.Json", "Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Http", "Microsoft.AspNetCore.Routing", "Microsoft.Extensions.Configuration",
        "Microsoft.Extensions.DependencyInjection", "Microsoft.Extensions.Hosting", "Microsoft.Extensions.Logging",
    ];

    private static readonly Lazy<MetadataReference[]> References = new(() =>
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path)),
    ]);

    /// <summary>The programs of all pages.</summary>
    public static IReadOnlyList<DocumentedProgram> All { get; } = [.. CodeBlock.All.Where(block => block.Source is null)
        .GroupBy(block => block.File).SelectMany(page => Divide([.. page]))];

    /// <summary>A program that is in no page.</summary>
    public static DocumentedProgram Of(string code) => new([new CodeBlock("", 0, "", code)]);

    public bool Runs => Blocks[0].Note == "run";

    public override string ToString() => $"the program that begins in {Blocks[0]}";

    /// <summary>What the compiler says of the text as it is printed, and the assembly if it has nothing to say.</summary>
    /// <param name="assembly">Takes the assembly.</param>
    /// <param name="others">Namespaces that the project uses besides.</param>
    public IReadOnlyList<string> Compile(Stream assembly, params string[] others) => Compile(
        Blocks.Select(block => block.Code), [.. Blocks[0].Note == "web" ? Web : Console, .. others], assembly);

    /// <summary>What the compiler has against a program in a new project.</summary>
    public static IReadOnlyList<string> Compile(string code) => Compile([code], Console, new MemoryStream());

    /// <summary>The same of a program in a new web project.</summary>
    public static IReadOnlyList<string> CompileWeb(string code) => Compile([code], Web, new MemoryStream());

    private static List<string> Compile(IEnumerable<string> code, string[] usings, Stream assembly)
    {
        var compilation = CSharpCompilation.Create(
            "Documented",
            [
                CSharpSyntaxTree.ParseText(string.Concat(usings.Select(name => name.StartsWith("static ", StringComparison.Ordinal) ? $"global using {name};" : $"global using global::{name};"))),
                CSharpSyntaxTree.ParseText(string.Concat(code)),
            ],
            References.Value,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication));
        return [.. compilation.Emit(assembly).Diagnostics.Where(found => found.Severity == DiagnosticSeverity.Error)
            .Select(error => $"{error.Id}: {error.GetMessage()}{At(error)}")];
    }

    /// <summary>Where it is in code that names the file it is from.</summary>
    private static string At(Diagnostic error) =>
        error.Location.GetMappedLineSpan() is { HasMappedPath: true } place
            ? $" ({place.Path}, line {place.StartLinePosition.Line + 1})" : "";

    private static IEnumerable<DocumentedProgram> Divide(CodeBlock[] page)
    {
        for (var start = 0; start < page.Length;)
        {
            var end = Array.FindIndex(page, start + 1, block => block.Begins);
            end = end < 0 ? page.Length : end;
            yield return new(page[start..end]);
            start = end;
        }
    }
}
