using TorchSharp;
using TransferKit.Vision.Tests;
using Xunit.Abstractions;

namespace TransferKit.Gpu.Tests;

/// <summary>Ten networks, one of each family that trains in a way of its own, against the same weights on the CPU.</summary>
public sealed class ParityTests(ITestOutputHelper output)
{
    public static TheoryData<string> Models =>
    [
        "resnet50", "mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0", "densenet121", "regnet_y_400mf", "convnext_tiny",
        "shufflenet_v2_x1_0", "swin_t", "vit_b_16",
    ];

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void Logits_and_gradients_are_the_CPUs(string name)
    {
        var device = Gpu.Device;
        using var folder = new TemporaryFolder();
        var file = Path.Join(folder.Path, "model.tkm");
        torch.manual_seed(3);
        using var images = torch.randn(4, 3, 224, 224);
        SaveUntrained(name, images, file);
        TorchRuntime.AllowTensorFloat32 = false;

        var (expected, expectedGradient) = Run(ComputeDevice.Cpu, compiled: false);
        foreach (var compiled in new[] { false, true })
        {
            var (logits, gradient) = Run(device, compiled);
            var difference = (RelativeDistance(logits, expected), RelativeDistance(gradient, expectedGradient));
            var form = compiled ? ", compiled" : "";
            output.WriteLine($"{name}{form}: logits {difference.Item1:E1}, gradient {difference.Item2:E1}");
            difference.Item1.Should().BeLessThan(1e-3);
            // A rounding error that turns a rectifier on or off counts for more than itself, and they do in each of many layers.
            difference.Item2.Should().BeLessThan(5e-2);
        }

        (torch.Tensor Logits, torch.Tensor Gradient) Run(ComputeDevice where, bool compiled)
        {
            using var model = TransferModel.Load(file, new LoadOptions { Device = where, Precision = Precision.Float32 });
            model.UnfreezeAll();
            using var scope = torch.NewDisposeScope();
            var received = model.Live.PrepareInput(images);
            using var layers = compiled ? new CompiledLayers(model.Live, model.Network.Steps.Count) : null;
            var logits = layers?.Run(received) ?? model.Network.Forward(received);
            // Of the whole way back: the first weights' gradient.
            var first = model.Network.NamedWeights().First(found => found.Weight.IsTrainable).Weight;
            model.Network.Forward(received).square().sum().backward();
            return (logits.detach().cpu().DetachFromDisposeScope(), first.Value.grad!.cpu().DetachFromDisposeScope());
        }
    }

    /// <summary>
    /// Saves a network with random weights whose numbers stay in a sensible range from the first layer to the last, so that each
    /// of them matters: norms know the statistics of such images, and heads that start from zero don't.
    /// </summary>
    private static void SaveUntrained(string name, torch.Tensor images, string file)
    {
        using var noGradient = torch.no_grad();
        using var model = Backbone.Create(name).ReplaceHead(5).On(ComputeDevice.Cpu).Build();
        foreach (var (_, weight) in model.Network.Heads[0].NamedWeights())
            weight.Value.normal_(0, 0.05);
        using var training = model.Network.InMode(training: true);
        BatchNormStatistics.Estimate(model.Network, [images.alias()], model.Network.Forward);
        model.Save(file);
    }

    private static double RelativeDistance(torch.Tensor tensor, torch.Tensor expected) =>
        (tensor - expected).norm().item<float>() / expected.norm().item<float>();
}
