#!/usr/bin/env bash
# ML.NET 5.0.1: Model.Save of a pipeline with ApplyOnnxModel keeps the graph's file alone. Weights that lie beside it, as those
# of every model above 2 GB do (ONNX: external data), are lost; saving says nothing.
# Guessed: Save refuses, or keeps them; or the path is kept and the saved model works where the ONNX files still lie.
# Seen: the pipeline works, Save succeeds, and what it wrote can't be loaded, with the ONNX files in place: it looks for the
# weights in the system's folder for temporary files, to which it unpacks the graph.
#
# Needs the .NET 10 SDK.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 XDG_DATA_HOME=$folder
cat > finding.cs <<'CS'
#:package Microsoft.ML@5.0.1
#:package Microsoft.ML.OnnxTransformer@5.0.1
#:package Microsoft.ML.OnnxRuntime@1.31.1
#:package OnnxSharp@0.3.2
#:package Google.Protobuf@3.36.2
#:property PublishAot=false
using System.Reflection;
using Google.Protobuf;
using Microsoft.ML;
using Microsoft.ML.Data;
using Onnx;

Console.WriteLine($"ML.NET {typeof(MLContext).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion}");
float[] weights = [1, 2, 3, 4];
File.WriteAllBytes("model.onnx.data", [.. weights.SelectMany(BitConverter.GetBytes)]);
File.WriteAllBytes("model.onnx", new ModelProto
{
    IrVersion = 8,
    OpsetImport = { new OperatorSetIdProto { Version = 17 } },
    Graph = new GraphProto
    {
        Name = "product",
        Node = { new NodeProto { OpType = "Mul", Input = { "x", "w" }, Output = { "y" } } },
        Initializer =
        {
            new TensorProto
            {
                Name = "w",
                DataType = 1,
                Dims = { 4 },
                DataLocation = TensorProto.Types.DataLocation.External,
                ExternalData = { new StringStringEntryProto { Key = "location", Value = "model.onnx.data" } },
            },
        },
        Input = { Value("x") },
        Output = { Value("y") },
    },
}.ToByteArray());
var context = new MLContext();
var data = context.Data.LoadFromEnumerable([new Row { X = [1, 1, 1, 1] }]);
var model = context.Transforms.ApplyOnnxModel("y", "x", "model.onnx").Fit(data);
var before = string.Join(' ', model.Transform(data).GetColumn<float[]>("y").Single());
context.Model.Save(model, data.Schema, "model.zip");
var after = "no error";
try
{
    context.Model.Load("model.zip", out _);
}
catch (Exception error)
{
    after = error.GetBaseException().Message.Split('\n')[0];
}
Console.WriteLine($"before saving: {before}; loading what was saved: {after}");
return before == "1 2 3 4" && after.Contains("does not exist", StringComparison.Ordinal) ? 0 : 1;

static ValueInfoProto Value(string name) => new()
{
    Name = name,
    Type = new TypeProto
    {
        TensorType = new() { ElemType = 1, Shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimValue = 4 } } } },
    },
};

class Row
{
    [ColumnName("x"), VectorType(4)]
    public required float[] X { get; init; }
}
CS
dotnet run finding.cs
