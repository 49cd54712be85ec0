using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using SkiaSharp;

namespace TransferKit.Package.Tests;

/// <summary>What a new user does: a project of their own, the packages, the README's lines.</summary>
[Collection("packed")]
public sealed class FreshProjectTests(PackedLibrary packed)
{
    [Fact]
    public void The_lines_of_the_README_run_from_the_packages_and_published()
    {
        var project = Directory.CreateDirectory(Path.Join(packed.Folder, "app")).FullName;
        WriteProject(project);
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

        void Check(string output)
        {
            output.Should().MatchRegex(@"(daisy|tulip) \(\d");
            File.Exists(Path.Join(project, "flowers.tkm")).Should().BeTrue();
            File.Delete(Path.Join(project, "flowers.tkm"));
        }
    }

    private void WriteProject(string project)
    {
        // The feed beside what the repository is restored from.
        var settings = XDocument.Load(Path.Join(PackedLibrary.Repository, "nuget.config"));
        settings.Root!.Element("packageSources")!
            .Add(new XElement("add", new XAttribute("key", "packed"), new XAttribute("value", packed.Feed)));
        settings.Save(Path.Join(project, "nuget.config"));
        var libtorch = typeof(FreshProjectTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(fact => fact.Key == "LibtorchPackage").Value!;
        var version = XDocument.Load(Path.Join(PackedLibrary.Repository, "Directory.Packages.props"))
            .Descendants("PackageVersion").Single(package => package.Attribute("Include")!.Value == libtorch).Attribute("Version")!.Value;
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
                <PackageReference Include="TransferKit.Vision" Version="{packed.Version}" />
                <PackageReference Include="TransferKit.Weights.ResNet20" Version="{packed.Version}" />
                <PackageReference Include="{libtorch}" Version="{version}" />
              </ItemGroup>
            </Project>
            """);
        File.WriteAllText(Path.Join(project, "Program.cs"), Shorten(ReadmeLines()));
    }

    private static string ReadmeLines() => Regex.Match(
        File.ReadAllText(Path.Join(PackedLibrary.Repository, "README.md")), "```csharp\n(.*?)```", RegexOptions.Singleline)
        .Groups[1].Value;

    // The weights of the package, on small pictures for one epoch: nothing to download, and done in seconds.
    private static string Shorten(string lines)
    {
        var changed = lines
            .Replace("Backbone.ResNet50(Pretrained.Default)", "Backbone.ResNet20(Pretrained.Packaged).WithImageSize(64)", StringComparison.Ordinal)
            .Replace(
                "ImageFolder.Open(\"data/flowers\"))",
                "ImageFolder.Open(\"data/flowers\"), new TrainingOptions { Epochs = 1, BatchSize = 8 })", StringComparison.Ordinal);
        changed.Should().Contain("ResNet20").And.Contain("Epochs = 1", "the README has the lines that are shortened here");
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
