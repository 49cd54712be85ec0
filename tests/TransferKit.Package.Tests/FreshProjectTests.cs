using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using SkiaSharp;

namespace TransferKit.Package.Tests;

/// <summary>What a new user does: a project of their own, the packages, the README's lines.</summary>
[Collection("packed")]
public sealed class FreshProjectTests(PackedLibrary packed)
{
    private const string Answer = @"(daisy|tulip) \(\d";

    [Fact]
    public void The_lines_of_the_README_run_from_the_packages_and_published_and_the_export_without_libtorch()
    {
        var project = Directory.CreateDirectory(Path.Join(packed.Folder, "app")).FullName;
        WriteProject(project, Shorten(ReadmeLines()), Vision, Weights, Libtorch);
        DrawFlowers(Path.Join(project, "data", "flowers"));
        File.Copy(Path.Join(project, "data", "flowers", "daisy", "0.png"), Path.Join(project, "unknown.jpg"));

        Commands.Run(project, "dotnet", "build", "-c", "Release");
        Check(Commands.Run(project, "dotnet", "run", "-c", "Release", "--no-build"));

        var framework = Path.Join(project, "out", "framework");
        Commands.Run(project, "dotnet", "publish", "-c", "Release", "-o", framework);
        Check(Commands.Run(project, "dotnet", Path.Join(framework, "app.dll")));
        Directory.Delete(framework, recursive: true);

        var contained = Path.Join(project, "out", "contained");
        Commands.Run(project, "dotnet", "publish", "-c", "Release", "--self-contained", "--use-current-runtime", "-o", contained);
        Check(Commands.Run(project, Path.Join(contained, "app")));
        Directory.Delete(contained, recursive: true);

        var single = Path.Join(project, "out", "single");
        Commands.Run(project, "dotnet", "publish", "-c", "Release", "--self-contained", "--use-current-runtime",
            "-p:PublishSingleFile=true", "-o", single);
        Check(Commands.Run(project, Path.Join(single, "app")));
        PredictWithoutLibtorch(Path.Join(project, "flowers.onnx"), Path.Join(project, "unknown.jpg"));

        void Check(string output)
        {
            output.Should().MatchRegex(Answer);
            File.Exists(Path.Join(project, "flowers.tkm")).Should().BeTrue();
            File.Delete(Path.Join(project, "flowers.tkm"));
        }
    }

    private (string Name, string Version) Vision => ("TransferKit.Vision", packed.Version);

    private (string Name, string Version) Weights => ("TransferKit.Weights.ResNet20", packed.Version);

    private static (string Name, string Version) Libtorch
    {
        get
        {
            var name = typeof(FreshProjectTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
                .Single(fact => fact.Key == "LibtorchPackage").Value!;
            return (name, XDocument.Load(Path.Join(PackedLibrary.Repository, "Directory.Packages.props"))
                .Descendants("PackageVersion").Single(package => package.Attribute("Include")!.Value == name).Attribute("Version")!.Value);
        }
    }

    /// <summary>
    /// A program with the package TransferKit.Onnx alone, published with all that it needs, and once more with what it uses alone.
    /// </summary>
    private void PredictWithoutLibtorch(string model, string picture)
    {
        var project = Directory.CreateDirectory(Path.Join(packed.Folder, "onnx")).FullName;
        WriteProject(project, """
            using TransferKit.Vision;

            using var predictor = OnnxPredictor.Load(args[0]);
            foreach (var (label, confidence) in predictor.Predict(args[1]).Top(2))
                Console.WriteLine($"{label} ({confidence:G9})");
            var loaded = AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetName().Name);
            Console.WriteLine(string.Join(' ', loaded.Where(name => name!.Contains("Torch"))));
            """, ("TransferKit.Onnx", packed.Version));
        var published = Path.Join(project, "out");
        Publish();
        var answer = Commands.Run(project, Path.Join(published, "app"), model, picture);
        answer.Should().MatchRegex(Answer).And.NotContain("Torch");
        SizeOf(published).Should().BeLessThan(150);
        Directory.Delete(published, recursive: true);

        Publish("-p:PublishTrimmed=true", "-p:InvariantGlobalization=true").Should().NotContain("warning");
        Commands.Run(project, Path.Join(published, "app"), model, picture).Should().Be(answer);
        SizeOf(published).Should().BeLessThan(100);

        string Publish(params string[] options) => Commands.Run(project, "dotnet",
            ["publish", "-c", "Release", "--self-contained", "--use-current-runtime", "-o", published, .. options]);

        static double SizeOf(string folder) => Directory.EnumerateFiles(folder).Sum(file => new FileInfo(file).Length) / 1e6;
    }

    private void WriteProject(string project, string program, params (string Name, string Version)[] packages)
    {
        // The feed beside what the repository is restored from.
        var settings = XDocument.Load(Path.Join(PackedLibrary.Repository, "nuget.config"));
        settings.Root!.Element("packageSources")!
            .Add(new XElement("add", new XAttribute("key", "packed"), new XAttribute("value", packed.Feed)));
        settings.Save(Path.Join(project, "nuget.config"));
        var references = packages.Select(package => $"""<PackageReference Include="{package.Name}" Version="{package.Version}" />""");
        File.WriteAllText(Path.Join(project, "app.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <CreateHardLinksForCopyFilesToOutputDirectoryIfPossible>true</CreateHardLinksForCopyFilesToOutputDirectoryIfPossible>
                <CreateHardLinksForCopyLocalIfPossible>true</CreateHardLinksForCopyLocalIfPossible>
                <CreateHardLinksForPublishFilesIfPossible>true</CreateHardLinksForPublishFilesIfPossible>
              </PropertyGroup>
              <ItemGroup>
                {string.Join("\n    ", references)}
              </ItemGroup>
            </Project>
            """);
        File.WriteAllText(Path.Join(project, "Program.cs"), program);
    }

    private static string ReadmeLines() => Regex.Match(
        File.ReadAllText(Path.Join(PackedLibrary.Repository, "README.md")), "```csharp\n(.*?)```", RegexOptions.Singleline)
        .Groups[1].Value;

    // The weights of the package, on small pictures for one epoch: nothing to download, and done in seconds. And an export.
    private static string Shorten(string lines)
    {
        var changed = lines
            .Replace("Backbone.ResNet50(Pretrained.Default)", "Backbone.ResNet20(Pretrained.Packaged).WithImageSize(64)", StringComparison.Ordinal)
            .Replace(
                "ImageFolder.Open(\"data/flowers\"))",
                "ImageFolder.Open(\"data/flowers\"), new TrainingOptions { Epochs = 1, BatchSize = 8 })", StringComparison.Ordinal)
            .Replace("run.Model.Save(", "run.Model.ExportOnnx(\"flowers.onnx\");\nrun.Model.Save(", StringComparison.Ordinal);
        changed.Should().Contain("ResNet20").And.Contain("Epochs = 1").And.Contain("ExportOnnx", "the README has the lines that are changed here");
        return changed;
    }

    private static void DrawFlowers(string folder)
    {
        foreach (var (label, color) in new[] { ("daisy", SKColors.Gold), ("tulip", SKColors.Crimson) })
            for (var i = 0; i < 10; i++)
            {
                using var bitmap = new SKBitmap(80, 80);
                using var canvas = new SKCanvas(bitmap);
                using var paint = new SKPaint { Color = color };
                canvas.Clear(SKColors.ForestGreen);
                canvas.DrawCircle(30 + 2 * i, 40, 15 + i, paint);
                Directory.CreateDirectory(Path.Join(folder, label));
                using var file = File.Create(Path.Join(folder, label, $"{i}.png"));
                bitmap.Encode(file, SKEncodedImageFormat.Png, quality: 100);
            }
    }
}
