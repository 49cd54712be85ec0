using System.Reflection;
using System.Text.RegularExpressions;
using SkiaSharp;

namespace TransferKit.Vision.Tests.Docs;

/// <summary>The code in README and docs compiles exactly as it is printed, and what is marked so runs.</summary>
[Trait("Lane", "Slow")]
public sealed partial class CodeBlockTests : IDisposable
{
    private readonly string _before = Directory.GetCurrentDirectory();
    private readonly string _work = Directory.CreateTempSubdirectory("transferkit-docs-").FullName;

    public void Dispose()
    {
        Directory.SetCurrentDirectory(_before);
        Directory.Delete(_work, recursive: true);
    }

    [Fact]
    public void Every_program_compiles_as_it_is_printed()
    {
        DocumentedProgram.All.Should().HaveCountGreaterThan(15);
        DocumentedProgram.All.SelectMany(program => program.Compile(Stream.Null).Select(error => $"{program}: {error}"))
            .Should().BeEmpty();
    }

    [Fact]
    public void Programs_that_are_marked_so_run()
    {
        DrawFlowers();
        Directory.SetCurrentDirectory(_work);
        var programs = DocumentedProgram.All.Where(program => program.Runs).ToList();
        programs.Should().NotBeEmpty();
        foreach (var program in programs)
        {
            using var image = new MemoryStream();
            program.Compile(image).Should().BeEmpty();
            var main = Assembly.Load(image.ToArray()).EntryPoint!;
            var run = () => main.Invoke(null, [Array.Empty<string>()]);
            run.Should().NotThrow($"{program} is marked as running");
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
                Path.Exists(Path.Join(Path.GetDirectoryName(document)!, link.Groups["to"].Value)).Should()
                    .BeTrue("{0} links to {1}", Path.GetFileName(document), link.Groups["to"].Value);
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
                var folder = Directory.CreateDirectory(Path.Join(_work, "data", "flowers", label)).FullName;
                using var picture = bitmap.Encode(SKEncodedImageFormat.Png, quality: 100);
                File.WriteAllBytes(Path.Join(folder, $"{i}.png"), picture.ToArray());
                File.WriteAllBytes(Path.Join(_work, "unknown.jpg"), picture.ToArray());
            }
    }

    [GeneratedRegex("\\]\\((?<to>(?!https?:|#)[^)#]+)(#[^)]*)?\\)")]
    private static partial Regex Link();
}
