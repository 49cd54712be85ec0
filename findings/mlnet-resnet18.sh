#!/usr/bin/env bash
# Microsoft.ML.DnnImageFeaturizer.ResNet18 0.23.1 isn't the ResNet-18 of He et al. (2015), table 1: its last stage has three
# blocks.
# Guessed: the paper's network, 17 convolutions in line before the pooling, prepared by a mean and deviation of each color
# channel.
# Seen: 19 convolutions in line, so 20 layers with the classifier that it was trained with; 9 residual sums instead of 8. A
# loader that fills a ResNet-18 name by name or in order finds a tensor for each of its own, and two more. Pictures are prepared
# as CNTK's were: blue, green, red, less the mean of all training images at each single pixel ("MeanImage", 224 x 224), not
# divided by anything.
#
# Needs the .NET 10 SDK.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 XDG_DATA_HOME=$folder
cat > finding.cs <<'CS'
#:package Microsoft.ML.DnnImageFeaturizer.ResNet18@0.23.1
#:package Microsoft.ML.OnnxRuntime.Managed@1.31.1
#:package OnnxSharp@0.3.2
#:package Google.Protobuf@3.36.2
#:property PublishAot=false
using System.Runtime.InteropServices;
using Onnx;

var folder = Path.Combine(AppContext.BaseDirectory, "DnnImageModels");
var network = Read("ResNet18Onnx/ResNet18.onnx");
var preparation = Read("ResNetPrepOnnx/ResNetPreprocess.onnx");
var kernels = network.Initializer.ToDictionary(tensor => tensor.Name, tensor => tensor.Dims);
// A block is two 3 x 3 convolutions; 1 x 1 ones stand beside the line.
var blocks = network.Node.Where(node => node.OpType == "Conv").Select(node => kernels[node.Input[1]])
    .Where(dims => dims[2] == 3).GroupBy(dims => dims[0]).ToDictionary(stage => stage.Key, stage => stage.Count() / 2);
var sums = network.Node.Count(node => node.OpType == "Add");
var steps = string.Join(' ', preparation.Node.Select(node => node.OpType));
var mean = preparation.Initializer.Single(tensor => tensor.Name == "MeanImage");
var blue = (mean.RawData.IsEmpty ? mean.FloatData.ToArray() : MemoryMarshal.Cast<byte, float>(mean.RawData.Span).ToArray())[..(224 * 224)];
Console.WriteLine("Microsoft.ML.DnnImageFeaturizer.ResNet18 0.23.1");
Console.WriteLine($"blocks of a stage, by channels: {string.Join(", ", blocks.OrderBy(stage => stage.Key))}; residual sums: {sums}");
Console.WriteLine($"preparation: {steps}; the mean of blue goes from {blue.Min():0.0} to {blue.Max():0.0}");
return blocks[64] == 2 && blocks[128] == 2 && blocks[256] == 2 && blocks[512] == 3 && sums == 9
    && steps == "Split Concat Sub" && blue.Max() - blue.Min() > 5 ? 0 : 1;

GraphProto Read(string file)
{
    using var stream = File.OpenRead(Path.Combine(folder, file));
    return ModelProto.Parser.ParseFrom(stream).Graph;
}
CS
dotnet run finding.cs
