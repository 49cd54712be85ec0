using System.Reflection;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace TransferKit.Tests.Weights;

/// <summary>The weights of the package, against what ONNX Runtime makes of the graph that they come from.</summary>
public class PackagedWeightsTests
{
    /// <summary>ResNet18.onnx, in the package that the weights are converted from.</summary>
    private static readonly string Original = typeof(PackagedWeightsTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(fact => fact.Key == "OriginalResNet").Value!;

    [Fact]
    public void The_original_file_gives_its_features()
    {
        using var scope = NewDisposeScope();
        using var model = Plan(Pretrained.FromFile(Original)).Build();
        var images = Images();
        Difference(model.ExtractFeatures(images), InOnnxRuntime(images)).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void In_half_precision_and_with_torchvisions_normalisation_the_features_stay_the_same()
    {
        using var scope = NewDisposeScope();
        using var model = Plan(Pretrained.Packaged).Build();
        var images = Images() / tensor(50f);
        var std = model.Preprocessing.Std;
        var original = images.flip(1) * tensor([255 * std.Blue, 255 * std.Green, 255 * std.Red], [1, 3, 1, 1]);
        Difference(model.ExtractFeatures(images), InOnnxRuntime(original)).Should().BeLessThan(1e-3);
    }

    [Fact]
    public void They_bring_their_own_preprocessing()
    {
        using var model = Plan(Pretrained.Packaged).Build();
        var mean = model.Preprocessing.Mean;
        new[] { 255 * mean.Red, 255 * mean.Green, 255 * mean.Blue }.Should()
            .Equal([123.15f, 115.90f, 103.06f], (actual, expected) => Math.Abs(actual - expected) < 0.01f);
        model.Preprocessing.Should().Be(Preprocessing.ImageNet with { Mean = mean });
    }

    [Fact]
    public void A_ResNet_18_that_only_begins_like_it_is_refused() => FluentActions
        .Invoking(() => Backbone.ResNet18(Pretrained.FromFile(Original)).ReplaceHead(1).On(ComputeDevice.Cpu).Build())
        .Should().Throw<WeightsException>()
        .WithMessage("*By the graph, the file has Parameter14 *512, 512, 3, 3*, for which the network has no place.");

    [Fact]
    public void For_a_model_that_no_package_has_weights_for_the_error_names_those_it_has() => FluentActions
        .Invoking(() => Backbone.ResNet34(Pretrained.Packaged).ReplaceHead(1).On(ComputeDevice.Cpu).Build())
        .Should().Throw<WeightsException>().WithMessage("*no package has brought weights for resnet34; there are some for resnet20.");

    private static TransferPlan Plan(Pretrained weights) =>
        Backbone.ResNet20(weights).ReplaceHead(1).On(ComputeDevice.Cpu).WithPrecision(Precision.Float32);

    private static Tensor Images() => arange(3 * 224 * 224).reshape(1, 3, 224, 224).to(float32).mul(tensor(0.0137f)).sin() * tensor(100f);

    private static float[] InOnnxRuntime(Tensor images)
    {
        using var session = new InferenceSession(Original);
        var input = new DenseTensor<float>(images.contiguous().data<float>().ToArray(), [1, 3, 224, 224]);
        using var results = session.Run([NamedOnnxValue.CreateFromTensor(session.InputNames[0], input)]);
        return [.. results.Single().AsEnumerable<float>()];
    }

    /// <summary>The largest difference, relative to the largest value.</summary>
    private static double Difference(Tensor features, float[] expected)
    {
        var actual = features.data<float>().ToArray();
        actual.Should().HaveSameCount(expected);
        return actual.Zip(expected, (a, b) => Math.Abs(a - b)).Max() / expected.Max(Math.Abs);
    }
}
