using Microsoft.ML.OnnxRuntime;
using TorchSharp;
using static TransferKit.Layers;

namespace TransferKit.Vision.Tests;

/// <summary>A graph that prepares whole pictures itself sees what the predictor sees, to within one level of 255.</summary>
[Trait("Lane", "Slow")]
public sealed class OnnxPreprocessingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string OnnxPath => Path.Join(_folder.Path, "model.onnx");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Interpolation.Bilinear, false)]
    [InlineData(Interpolation.Bicubic, false)]
    [InlineData(Interpolation.Bilinear, true)]
    public void Pixels_are_Pillows_to_within_one_level(Interpolation interpolation, bool squash)
    {
        var preprocessing = new Preprocessing
        {
            CropSize = Echo.Size, ResizeSize = 22, Interpolation = interpolation, Squash = squash, Mean = new(0.5f, 0.4f, 0.3f), Std = new(0.3f, 0.2f, 0.1f),
        };
        using var model = Echo.Build(preprocessing);
        model.ExportOnnx(OnnxPath, new OnnxOptions { IncludePreprocessing = OnnxPreprocessing.Whole });
        using var session = new InferenceSession(OnnxPath);
        var preparation = new ImagePreparation(preprocessing);

        var (differ, all) = (0, 0);
        foreach (var (width, height) in new[] { (17, 17), (22, 22), (100, 73), (73, 100), (23, 22), (200, 22), (31, 300), (90, 90), (640, 427), (5, 7) })
        {
            var pixels = Drawing(width, height);
            var expected = preparation.Values(ImageSource.FromPixels(pixels, width, height));
            var (own, _) = Run(session, pixels, width, height);
            foreach (var (i, value) in own.Index())
            {
                var std = (i / (Echo.Size * Echo.Size)) switch { 0 => 0.3f, 1 => 0.2f, _ => 0.1f };
                var levels = Math.Abs(value - expected[i]) * std * 255;
                levels.Should().BeLessThan(1.01f, "{0} × {1}, value {2}", width, height, i);
                differ += levels > 0.5f ? 1 : 0;
                all++;
            }
        }

        ((double)differ / all).Should().BeLessThan(0.01);
    }

    [Fact]
    public void Labels_and_calibrated_probabilities_are_the_predictors_for_pictures_of_any_size()
    {
        // Trained weights: what is off by a level moves their scores little, where random ones magnify it.
        torch.manual_seed(1);
        using var model = Backbone.ResNet20(Pretrained.Packaged).ReplaceHead(5).WithImageSize(64)
            .WithPrecision(Precision.Float32).On(ComputeDevice.Cpu).Build();
        model.Temperature = 2.5;
        using var predictor = Predictor.Load(model.SaveIn(_folder));
        model.ExportOnnx(OnnxPath, new OnnxOptions { IncludePreprocessing = OnnxPreprocessing.Whole, Softmax = true, Threshold = 0.4 });
        using var session = new InferenceSession(OnnxPath);
        session.ModelMetadata.CustomMetadataMap["threshold"].Should().Be("0.4");
        session.InputMetadata["images"].SymbolicDimensions.Should().Equal("batch", "height", "width", "");

        for (var i = 0; i < 40; i++)
        {
            var (width, height) = (32 + 13 * i, 400 - 9 * i);
            var pixels = Drawing(width, height);
            var expected = predictor.PredictPixels(pixels, width, height);
            var (own, output) = Run(session, pixels, width, height);
            output.Should().Be("probabilities");
            own.ShouldBe(expected.Probabilities, 0.02f);
            predictor.ClassNames[own.IndexOf(own.Max())].Should().Be(expected.Label);
        }
    }

    [Theory]
    [InlineData("convnextv2_atto")]
    [InlineData("resnet18")]
    public void Networks_compute_the_same_in_the_newer_operators(string name)
    {
        using var scope = torch.NewDisposeScope();
        using var model = Backbone.Create(name, Pretrained.None).ReplaceHead(3).WithImageSize(64).WithPrecision(Precision.Float32)
            .On(ComputeDevice.Cpu).Build();
        model.ExportOnnx(OnnxPath, new OnnxOptions { IncludePreprocessing = OnnxPreprocessing.Whole });
        using var session = new InferenceSession(OnnxPath);
        var (width, height) = (80, 73);
        var pixels = Drawing(width, height);
        var values = new ImagePreparation(model.Preprocessing).Values(ImageSource.FromPixels(pixels, width, height));

        Run(session, pixels, width, height).Values
            .ShouldBe(SmallModel.Rows(model.Forward(torch.tensor(values, [1, 3, 64, 64])))[0], 1e-2f);
    }

    [Fact]
    public void What_a_graph_can_not_do_is_refused()
    {
        var small = Preprocessing.ImageNet with { CropSize = Echo.Size };
        ShouldRefuse(small with { Interpolation = Interpolation.Lanczos }, "*resized by Lanczos*OnnxPreprocessing.Normalize*");
        ShouldRefuse(small with { Interpolation = Interpolation.Nearest }, "*resized by Nearest*OnnxPreprocessing.Normalize*");
        ShouldRefuse(small with { ResizeSize = 12 }, "*resized to 12*border up to 17*OnnxPreprocessing.Normalize*");

        using var model = SmallModel.Build();
        model.DescribePreparation = PreparationDescription.UnlessDefault(new ImageOptions { ApplyOrientation = false });
        model.Invoking(one => one.ExportOnnx(OnnxPath, new OnnxOptions { IncludePreprocessing = OnnxPreprocessing.Whole }))
            .Should().Throw<InvalidOperationException>().WithMessage("*evaluated on pictures prepared as {*\"applyOrientation\":false*");
        File.Exists(OnnxPath).Should().BeFalse();
    }

    private void ShouldRefuse(Preprocessing preprocessing, string message)
    {
        using var model = Echo.Build(preprocessing);
        model.Invoking(one => one.ExportOnnx(OnnxPath, new OnnxOptions { IncludePreprocessing = OnnxPreprocessing.Whole }))
            .Should().Throw<InvalidOperationException>().WithMessage(message);
    }

    private static (List<float> Values, string Output) Run(InferenceSession session, byte[] pixels, int width, int height)
    {
        using var images = OrtValue.CreateTensorValueFromMemory(pixels, [1, height, width, 3]);
        using var run = new RunOptions();
        var output = session.OutputNames.Single();
        using var results = session.Run(run, ["images"], [images], [output]);
        return ([.. results[0].GetTensorDataAsSpan<float>()], output);
    }

    /// <summary>Red, green and blue of a picture with edges, gradients and noise.</summary>
    private static byte[] Drawing(int width, int height)
    {
        var random = new Random(width * 1000 + height);
        var pixels = new byte[3 * width * height];
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                for (var channel = 0; channel < 3; channel++)
                {
                    var inside = (x - width / 2) * (x - width / 2) + (y - height / 3) * (y - height / 3) < width * height / 16;
                    var value = inside ? 230 - 60 * channel : (channel + 1) * 80 * x / width + 90 * y / height;
                    pixels[3 * (y * width + x) + channel] = (byte)Math.Clamp(value + random.Next(-20, 20), 0, 255);
                }
        return pixels;
    }
}

/// <summary>A network that gives its input back, so that what it sees can be read.</summary>
internal static class Echo
{
    /// <summary>Height and width of its images, in pixels.</summary>
    public const int Size = 17;

    private const int Count = 3 * Size * Size;

    public static TransferModel Build(Preprocessing preprocessing)
    {
        var model = Backbone.Custom("echo", Describe, preprocessing).ReplaceHead(Count).On(ComputeDevice.Cpu).WithPrecision(Precision.Float32).Build();
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        foreach (var (name, weight) in model.Network.NamedWeights())
            weight.Value.copy_(name switch
            {
                "stem.weight" => torch.eye(3).view(3, 3, 1, 1),
                "fc.weight" => torch.eye(Count),
                _ => torch.zeros([.. weight.Shape]),
            });
        return model;
    }

    private static Blueprint Describe() => new([("stem", Conv(3, 3, 1))], output => [Flatten(), ("fc", output.Vector(Count))]);
}
