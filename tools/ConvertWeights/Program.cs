// Makes the file of the package TransferKit.Weights.ResNet20 from the ONNX models in Microsoft.ML.DnnImageFeaturizer.ResNet18:
//
//   ConvertWeights ResNet18.onnx ResNetPreprocess.onnx resnet20.safetensors
//
// That network takes blue, green and red in 0..255 less a mean image. Its first kernels are brought to red, green and blue,
// normalized as torchvision's networks have them, so that one preprocessing serves for all; the mean image, whose values differ
// by 6 at most, becomes its mean.
using ConvertWeights;
using TransferKit;
using static TorchSharp.torch;

if (args is not [var network, var preprocessing, var output])
{
    Console.Error.WriteLine("error: ConvertWeights NETWORK.onnx PREPROCESSING.onnx OUTPUT.safetensors");
    return 2;
}

using var scope = NewDisposeScope();
using var noGradient = no_grad();
var std = Preprocessing.ImageNet.Std;
var prepared = Preprocessing.ImageNet with { Mean = MeanImage.Mean(preprocessing) };
// By the structure of the graph, for its names mean nothing: nine blocks, or an error.
using var model = Backbone.ResNet20(Pretrained.FromFile(network)).ReplaceHead(1).On(ComputeDevice.Cpu).Build();
var weights = model.Network.NamedWeights().Where(found => !model.Network.IsInHead(found.Name)
    && ElementTypes.IsFloatingPoint(found.Weight.Type));

AtomicFile.Write(output, stream => SafeTensorsWriter.Write(
    stream,
    weights.Select(found => (found.Name, Convert(found.Name, found.Weight.Value))),
    new Dictionary<string, string>
    {
        ["format"] = "pt",
        ["model"] = model.Plan.Model,
        [SafeTensors.PreprocessingKey] = MeanImage.ToJson(prepared),
        ["source"] = "Microsoft.ML.DnnImageFeaturizer.ResNet18 0.23.1, ResNet18.onnx; trained on ImageNet-1K",
        ["license"] = "MIT",
    }));
return 0;

// Kernels in half precision. The few numbers of the norms stay as they are, and so do those of the first layers: on even parts of
// an image their sums are small against what they are made of.
Tensor Convert(string name, Tensor value) => name switch
{
    "conv1.weight" => value.flip(1) * tensor([255 * std.Red, 255 * std.Green, 255 * std.Blue], [1, 3, 1, 1]),
    _ when value.dim() == 1 || LayerPattern.IsWithin(name, "layer1") => value,
    _ => value.to_type(float16),
};
