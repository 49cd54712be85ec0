namespace TransferKit.Vision.Tests.Docs;

/// <summary>No public name of the libraries is ambiguous beside the namespaces that such programs commonly use.</summary>
[Trait("Lane", "Slow")]
public sealed class NameClashTests
{
    private static readonly string[] Names = [.. new[] { typeof(Backbone), typeof(Predictor) }
        .SelectMany(type => type.Assembly.GetExportedTypes())
        .Where(type => !type.IsNested && !type.IsGenericType && type.Namespace!.StartsWith("TransferKit", StringComparison.Ordinal))
        .Select(type => type.Name)];

    [Theory]
    [InlineData("using TransferKit; using TransferKit.Vision;")]
    [InlineData("using TransferKit; using TransferKit.Vision; using static TransferKit.Layers;")]
    [InlineData("using TransferKit; using TransferKit.Vision; using TorchSharp; using static TorchSharp.torch;")]
    [InlineData("using TransferKit; using TransferKit.Vision; using TorchSharp; using static TorchSharp.torch.nn;")]
    [InlineData("using TransferKit; using TransferKit.Vision; using TorchSharp; using static TorchSharp.torch; using TorchSharp.Modules;")]
    [InlineData("using TransferKit; using TransferKit.Vision; using Spectre.Console;")]
    [InlineData("using TransferKit; using TransferKit.Vision; using SkiaSharp; using System.Text; using System.Diagnostics;")]
    [InlineData("using TransferKit; using TransferKit.Vision; using Microsoft.Extensions.Logging;")]
    [InlineData("using TransferKit; using TransferKit.Vision; using System.Drawing;")]
    public void Every_public_name_means_one_type(string usings) => DocumentedProgram.Compile(
        usings + string.Concat(Names.Select(name => $"_ = typeof({name});"))).Should().BeEmpty();
}
