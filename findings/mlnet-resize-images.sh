#!/usr/bin/env bash
# ML.NET 5.0.1: ResizeImages picks pixels with ResizingKind.Fill, and interpolates with IsoCrop, its default, and IsoPad. The
# kind of resizing, which is about the aspect ratio, also changes the filter; nothing says so, and no option sets it.
# Guessed: one filter for all three; for a square made a smaller square, where there is nothing to crop or pad, the same pixels.
# Seen: black and white columns halved are grey (127) with IsoCrop and IsoPad, and black all over with Fill.
#
# Needs the .NET 10 SDK on Linux.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 XDG_DATA_HOME=$folder
cat > finding.cs <<'CS'
#:package Microsoft.ML@5.0.1
#:package Microsoft.ML.ImageAnalytics@5.0.1
#:package SkiaSharp.NativeAssets.Linux.NoDependencies@2.88.9
#:property PublishAot=false
using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using SkiaSharp;
using static Microsoft.ML.Transforms.Image.ImageResizingEstimator;

var version = typeof(MLContext).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
Console.WriteLine($"ML.NET {version}");
using (var columns = new SKBitmap(new SKImageInfo(64, 64, SKColorType.Rgba8888, SKAlphaType.Opaque)))
{
    for (var i = 0; i < 64 * 64; i++)
        columns.SetPixel(i % 64, i / 64, i % 2 == 0 ? SKColors.Black : SKColors.White);
    using var file = File.Create("columns.png");
    columns.Encode(file, SKEncodedImageFormat.Png, 100);
}
var context = new MLContext();
var data = context.Data.LoadFromEnumerable([new Row { Path = "columns.png" }]);
var isSame = true;
foreach (var kind in Enum.GetValues<ResizingKind>())
{
    var steps = context.Transforms.LoadImages("image", "", "Path")
        .Append(context.Transforms.ResizeImages("small", 32, 32, "image", kind))
        .Append(context.Transforms.ExtractPixels("pixels", "small"));
    var pixels = steps.Fit(data).Transform(data).GetColumn<float[]>("pixels").Single();
    Console.WriteLine($"{kind}: {string.Join(' ', pixels.Distinct())}");
    isSame &= pixels.Distinct().SequenceEqual(kind == ResizingKind.Fill ? [0f] : [127f]);
}
return isSame ? 0 : 1;

class Row
{
    public required string Path { get; init; }
}
CS
dotnet run finding.cs
