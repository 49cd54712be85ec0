#!/usr/bin/env bash
# OpenCV 4.13.0 computes a gate by HardSigmoid wrongly from an ONNX graph: it takes a * HardSigmoid(b) for HardSwish(b),
# whatever a is, and leaves a out, without a word. Every squeeze-and-excitation gate of MobileNetV3 is of that form.
# Guessed: the importer fuses a * HardSigmoid(a) alone, the definition of HardSwish.
# Seen: with b = Sigmoid(a), what comes out is HardSwish(b), in both orders of the product; ONNX Runtime computes what the graph
# says. With other alpha and beta than 1/6 and 1/2, which HardSwish has, OpenCV is right as well.
#
# Needs the .NET 10 SDK on x64 Linux.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 XDG_DATA_HOME=$folder
cat > finding.cs <<'CS'
#:package OpenCvSharp4@4.13.0.20260627
#:package OpenCvSharp4.official.runtime.linux-x64@4.13.0.20260627
#:package Microsoft.ML.OnnxRuntime@1.31.1
#:package OnnxSharp@0.3.2
#:package Google.Protobuf@3.36.2
#:property PublishAot=false
using System.Globalization;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Onnx;
using OpenCvSharp;
using OpenCvSharp.Dnn;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
Console.WriteLine($"OpenCV {Cv2.GetVersionString()}, ONNX Runtime {OrtEnv.Instance().GetVersionString()}");
float[] values = [1, 2, 3, 4];
var isSame = true;
foreach (var alpha in new[] { 1 / 6f, 0.2f })
    foreach (var product in new[] { new[] { "a", "gate" }, ["gate", "a"] })
    {
        var file = $"{alpha}{product[0]}.onnx";
        File.WriteAllBytes(file, Graph(alpha, product).ToByteArray());
        var (right, seen) = (ByOnnxRuntime(file), ByOpenCv(file));
        Console.WriteLine($"{string.Join(" * ", product)}, alpha {alpha:0.00}: OpenCV {Text(seen)}, ONNX Runtime {Text(right)}");
        var b = values.Select(value => 1 / (1 + MathF.Exp(-value)));
        var expected = alpha == 1 / 6f ? b.Select(value => value * (value / 6 + 0.5f)) : right;
        isSame &= Text(seen) == Text(expected) && (alpha != 1 / 6f || Text(seen) != Text(right));
    }
return isSame ? 0 : 1;

static string Text(IEnumerable<float> values) => string.Join(' ', values.Select(value => value.ToString("0.000")));

// a = Abs(x), b = Sigmoid(a), gate = HardSigmoid(b), y = a * gate.
static ModelProto Graph(float alpha, string[] product)
{
    var gate = Node("HardSigmoid", "gate", "b");
    gate.Attribute.Add(new AttributeProto { Name = "alpha", Type = AttributeProto.Types.AttributeType.Float, F = alpha });
    gate.Attribute.Add(new AttributeProto { Name = "beta", Type = AttributeProto.Types.AttributeType.Float, F = 0.5f });
    return new ModelProto
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 17 } },
        Graph = new GraphProto
        {
            Name = "gate",
            Node = { Node("Abs", "a", "x"), Node("Sigmoid", "b", "a"), gate, Node("Mul", "y", product) },
            Input = { Value("x") },
            Output = { Value("y") },
        },
    };
}

static NodeProto Node(string type, string output, params string[] inputs) =>
    new() { OpType = type, Name = output, Input = { inputs }, Output = { output } };

static ValueInfoProto Value(string name)
{
    var shape = new TensorShapeProto();
    foreach (var length in new[] { 1, 4, 1, 1 })
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = length });
    return new() { Name = name, Type = new TypeProto { TensorType = new() { ElemType = 1, Shape = shape } } };
}

float[] ByOnnxRuntime(string file)
{
    using var session = new InferenceSession(file);
    using var results = session.Run([NamedOnnxValue.CreateFromTensor("x", new DenseTensor<float>(values, [1, 4, 1, 1]))]);
    return [.. results.Single().AsEnumerable<float>()];
}

float[] ByOpenCv(string file)
{
    using var network = CvDnn.ReadNetFromOnnx(file)!;
    using var input = Mat.FromPixelData([1, 4, 1, 1], MatType.CV_32F, values);
    network.SetInput(input);
    using var output = network.Forward();
    using var row = output.Reshape(1, 1);
    row.GetArray(out float[] numbers);
    return numbers;
}
CS
dotnet run finding.cs
