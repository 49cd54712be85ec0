using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;
using TransferKit.Tests.Weights;

namespace TransferKit.Tests.Export;

[Trait("Lane", "Slow")]
public sealed class StateDictTests : IDisposable
{
    private const string Python = "/usr/bin/python3";

    /// <summary>What the script ends with where Python has no PyTorch, or one that is too old.</summary>
    private const int NothingToTest = 77;

    private const string Script = """
        import inspect, sys
        try:
            import numpy, torch, torchvision
        except ImportError:
            sys.exit(77)
        if "weights_only" not in inspect.signature(torch.load).parameters:
            sys.exit(77)
        name, weights, images, size = sys.argv[1:]
        model = getattr(torchvision.models, name)(num_classes=10).eval()
        model.load_state_dict(torch.load(weights, weights_only=True), strict=True)
        batch = torch.from_numpy(numpy.fromfile(images, dtype="<f4").reshape(2, 3, int(size), int(size)))
        with torch.no_grad():
            print(" ".join(repr(value) for value in model(batch).flatten().tolist()))
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(".pth")]
    [InlineData(".safetensors")]
    public void What_is_exported_is_read_again(string extension)
    {
        using var scope = torch.NewDisposeScope();
        using var model = FilledModel.Create("mobilenet_v3_small");
        var weights = model.Network.NamedWeights().ToDictionary(found => found.Name, found => found.Weight.Value);
        using (torch.no_grad())
            weights["features.0.1.num_batches_tracked"].fill_(1L << 40);
        var path = Export(model, extension);

        using var file = WeightsFile.Open(path);

        file.Tensors.Keys.Should().BeEquivalentTo(weights.Keys);
        foreach (var (name, stored) in file.Tensors)
        {
            stored.Type.Should().Be(weights[name].dtype);
            stored.Shape.Should().Equal(weights[name].shape);
            stored.Read().equal(weights[name]).all().item<bool>().Should().BeTrue(name);
        }
    }

    [Theory]
    [InlineData(".pth")]
    [InlineData(".safetensors")]
    [InlineData(".onnx")]
    public void A_plan_starts_from_exported_weights(string extension)
    {
        using var scope = torch.NewDisposeScope();
        using var model = FilledModel.Create("squeezenet1_1");
        var path = Export(model, extension);

        using var again = Backbone.SqueezeNet1_1(Pretrained.FromFile(path)).ReplaceHead(FilledModel.Classes)
            .On(ComputeDevice.Cpu).Build();

        var images = FilledModel.Images(model, 1);
        again.ExtractFeatures(images).Should().NotBeNull();
        again.ExtractFeatures(images).equal(model.ExtractFeatures(images)).all().item<bool>().Should().BeTrue();
    }

    [SkippableTheory]
    [InlineData("mnasnet0_5")]
    [InlineData("mobilenet_v3_small")]
    public void Python_computes_the_same_logits(string name)
    {
        Skip.IfNot(File.Exists(Python), $"There is no {Python}.");
        using var scope = torch.NewDisposeScope();
        using var model = FilledModel.Create(name);
        model.ExportStateDict(_folder.File("weights.pth"));
        var images = FilledModel.Images(model, 2);
        File.WriteAllBytes(_folder.File("images"), MemoryMarshal.AsBytes<float>(images.data<float>().ToArray()).ToArray());

        var (code, output, errors) = Run(
            "-c", Script, name, _folder.File("weights.pth"), _folder.File("images"), $"{model.Preprocessing.CropSize}");

        Skip.If(code == NothingToTest, "Python has no PyTorch and torchvision that know weights_only.");
        code.Should().Be(0, errors);
        var numbers = output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Select(text => float.Parse(text, CultureInfo.InvariantCulture));
        var logits = torch.tensor([.. numbers]).view(2, FilledModel.Classes);
        var expected = model.Forward(images);
        ((logits - expected).abs().max() / expected.abs().max()).item<float>().Should().BeLessThan(1e-4f);
    }

    private string Export(TransferModel model, string extension)
    {
        var path = _folder.File("weights" + extension);
        Action<string> export = extension switch
        {
            ".pth" => model.ExportStateDict,
            ".safetensors" => model.ExportSafeTensors,
            _ => file => model.ExportOnnx(file),
        };
        export(path);
        return path;
    }

    private static (int Code, string Output, string Errors) Run(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Python, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}
