using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using SkiaSharp;

namespace TransferKit.Vision.Tests.Docs;

/// <summary>The code in README and docs compiles, and what is marked so runs.</summary>
public sealed partial class CodeBlockTests : IDisposable
{
    // What the blocks may speak of without saying where it comes from. A block may declare the same names itself.
    private const string Given = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.Extensions.DependencyInjection;
        global using TransferKit;
        global using TransferKit.Vision;

        internal static class Given
        {
            public static TransferPlan plan = null!;
            public static TransferModel model = null!;
            public static TrainingResult run = null!;
            public static EvaluationResult evaluation = null!, result = null!;
            public static Predictor predictor = null!;
            public static ImageFolder folder = null!, data = null!;
            public static Dataset train = null!, validation = null!, test = null!;
            public static TorchSharp.torch.Tensor images = null!;
            public static byte[] jpeg = null!;
            public static string path = null!, onnxPath = null!;
            public static IReadOnlyList<string> files = null!;
            public static TrainingOptions options = null!;
            public static CancellationToken cancellationToken;
            public static WebApplicationBuilder builder = null!;
            public static WebApplication app = null!;
            public static Blueprint MyNetwork() => null!;
        }
        """;

    private readonly string _work = Directory.CreateTempSubdirectory("transferkit-docs-").FullName;

    public void Dispose() => Directory.Delete(_work, recursive: true);

    [Fact]
    public void Every_block_compiles_and_those_marked_so_run()
    {
        DrawFlowers();
        var blocks = CodeBlock.All.Where(block => block.Source is null).ToList();
        blocks.Should().NotBeEmpty();
        var compilation = CSharpCompilation.Create(
            "Docs",
            blocks.Select((block, i) => Parse(Wrap(block, i), $"{block}")).Prepend(Parse(Given, "what is given")),
            ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
                .Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        using var image = new MemoryStream();
        var errors = compilation.Emit(image).Diagnostics.Where(found => found.Severity == DiagnosticSeverity.Error);
        errors.Select(error => $"{error.Location.SourceTree!.FilePath}: {error.GetMessage()}").Should().BeEmpty();

        var assembly = Assembly.Load(image.ToArray());
        foreach (var (i, block) in blocks.Index().Where(found => found.Item.Runs))
        {
            var run = () => ((Task)assembly.GetType($"Block{i}")!.GetMethod("Run")!.Invoke(null, null)!).GetAwaiter().GetResult();
            run.Should().NotThrow($"{block} is marked as running");
        }
    }

    [Fact]
    public void Blocks_from_a_file_are_part_of_it()
    {
        foreach (var block in CodeBlock.All.Where(block => block.Source is not null))
            Lines(File.ReadAllText(Repository.Path(block.Source!))).Should().Contain(Lines(block.Code), $"{block} says so");

        static string Lines(string code) =>
            string.Join('\n', code.ReplaceLineEndings("\n").Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0));
    }

    [Fact]
    public void Links_in_the_documents_lead_to_files()
    {
        foreach (var document in Directory.GetFiles(Repository.Path("docs"), "*.md").Append(Repository.Path("README.md")))
            foreach (Match link in Link().Matches(File.ReadAllText(document)))
                Path.Exists(Path.Combine(Path.GetDirectoryName(document)!, link.Groups["to"].Value)).Should()
                    .BeTrue("{0} links to {1}", Path.GetFileName(document), link.Groups["to"].Value);
    }

    private static SyntaxTree Parse(string code, string name) =>
        CSharpSyntaxTree.ParseText(code, new CSharpParseOptions(LanguageVersion.Preview), name);

    // Statements go into a method, types beside it.
    private string Wrap(CodeBlock block, int number)
    {
        // Files lie in a folder of the test's own.
        var code = FileName().Replace(block.Code, match => $"@\"{Path.Combine(_work, match.Groups["name"].Value)}\"");
        var root = CSharpSyntaxTree.ParseText(code).GetCompilationUnitRoot();
        var statements = string.Concat(root.Members.Where(member => member is GlobalStatementSyntax).Select(one => one.ToFullString()));
        var types = string.Concat(root.Members.Where(member => member is not GlobalStatementSyntax).Select(one => one.ToFullString()));
        return $$"""
            {{root.Usings.ToFullString()}}
            using static Given;
            #pragma warning disable CS1998
            public static class Block{{number}} { public static async Task Run() {
            {{statements}}
            } }
            {{types}}
            """;
    }

    private void DrawFlowers()
    {
        foreach (var (label, color) in new[] { ("daisy", SKColors.Gold), ("tulip", SKColors.Crimson) })
            for (var i = 0; i < 8; i++)
            {
                using var bitmap = new SKBitmap(72, 72);
                using var canvas = new SKCanvas(bitmap);
                using var paint = new SKPaint { Color = color };
                canvas.Clear(SKColors.ForestGreen);
                canvas.DrawCircle(30 + 2 * i, 36, 15 + i, paint);
                var folder = Directory.CreateDirectory(Path.Combine(_work, "data", "flowers", label)).FullName;
                using var picture = bitmap.Encode(SKEncodedImageFormat.Png, quality: 100);
                File.WriteAllBytes(Path.Combine(folder, $"{i}.png"), picture.ToArray());
                File.WriteAllBytes(Path.Combine(_work, "unknown.jpg"), picture.ToArray());
            }
    }

    [GeneratedRegex("\"(?<name>data/flowers|[\\w-]+\\.(tkm|onnx|pth|safetensors|jpg|png|csv|html|svg))\"")]
    private static partial Regex FileName();

    [GeneratedRegex("\\]\\((?<to>(?!https?:|#)[^)#]+)(#[^)]*)?\\)")]
    private static partial Regex Link();
}
