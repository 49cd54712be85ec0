using TorchSharp;

namespace TransferKit.Tests.Backbones.Layers;

/// <summary>What reads a layer's description agrees on it: sizes, tensors and the exported graph.</summary>
[Trait("Lane", "Slow")]
public class OperationsTests
{
    public static TheoryData<string> Models => [.. Backbone.All.Select(info => info.Name)];

    [Theory]
    [MemberData(nameof(Models))]
    public void Sizes_tensors_and_graph_agree_on_every_step(string model)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        using var network = Architectures.Create(model);
        network.Allocate(torch.CPU);
        // What other weights hold doesn't matter, but rows of tables are looked up.
        network.Initialize(name => name.EndsWith("_index", StringComparison.Ordinal));
        var shape = network.InputShape(network.ImageSize ?? Math.Max(96, network.SizeMultiple));
        var images = torch.zeros([1, .. shape.Sizes]);
        var graph = new OnnxGraph(network, new OnnxOptions());
        var (onnx, value) = (new OnnxOperations(graph), new OnnxValue("images", [OnnxValue.Batch, .. shape.Sizes]));

        foreach (var step in network.Steps)
        {
            (shape, images, value) = (step.OutputShape(shape), TensorOperations.Forward([step], images), onnx.Run(step, value));
            var path = network.PathOf(step);
            images.shape.Should().Equal([1, .. shape.Sizes], path);
            value.Sizes.Should().Equal([OnnxValue.Batch, .. shape.Sizes], path);
        }
    }

    public static TheoryData<string, string> Published
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var info in Backbone.All)
                foreach (var weights in info.Weights)
                    rows.Add(info.Name, weights.Name);
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Published))]
    public void Multiply_adds_are_those_that_torchvision_publishes(string model, string weights)
    {
        var published = Backbone.All.Single(info => info.Name == model).Weights.Single(known => known.Name == weights);
        var size = published.Preprocessing.CropSize;
        using var network = Architectures.Find(model).Describe(imageSize: size);
        var total = 0L;
        network.OutputShape(network.InputShape(size), (_, _, _, own) => total += own);
        (total / 1e9).Should().BeApproximately(published.Gflops!.Value, Math.Max(0.006, 0.01 * published.Gflops.Value));
    }
}
