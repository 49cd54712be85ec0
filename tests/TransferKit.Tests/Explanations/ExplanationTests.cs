using System.Text.Json;
using TorchSharp;
using TransferKit.Tests.Export;

namespace TransferKit.Tests.Explanations;

[Trait("Lane", "Slow")]
public sealed class ExplanationTests : IDisposable
{
    private const int Square = 32, Step = 16;
    private readonly IDisposable _scope = torch.NewDisposeScope();

    public static TheoryData<ExplanationMethod> ClassMethods =>
    [
        ExplanationMethod.GradCam, ExplanationMethod.GradCamPlusPlus,
        ExplanationMethod.Occlusion(), ExplanationMethod.Occlusion(32, 32),
    ];

    [Theory]
    [MemberData(nameof(ClassMethods))]
    public void The_heat_is_where_the_class_is_seen(ExplanationMethod method)
    {
        using var model = ColorSeeker.ResNet();
        var red = model.Explain(ColorSeeker.Image(), method, model.ClassNames[0]);
        var blue = model.Explain(ColorSeeker.Image(), method, model.ClassNames[1]);

        HeatIn(red, 0).Should().BeGreaterThan(0.5);
        HeatIn(red, 96).Should().BeLessThan(0.05);
        HeatIn(blue, 96).Should().BeGreaterThan(0.5);
        HeatIn(blue, 0).Should().BeLessThan(0.05);
        (red.ClassName, red.Method, red.Height, red.Width).Should().Be(("red", method, 128, 128));
        red.Values.ToArray().Max().Should().Be(1);
        red.Values.ToArray().Min().Should().BeGreaterThanOrEqualTo(0);
        red[red.Peak.Y, red.Peak.X].Should().Be(1);
    }

    [Fact]
    public void Without_a_label_the_most_likely_class_is_explained()
    {
        using var model = ColorSeeker.ResNet();
        var heat = model.Explain(ColorSeeker.Image().unsqueeze(0));
        heat.ToString().Should().Be("Grad-CAM for blue, 128 × 128");
        HeatIn(heat, 96).Should().BeGreaterThan(HeatIn(heat, 0));
    }

    [Fact]
    public void Where_nothing_speaks_for_a_class_the_map_is_cold()
    {
        using var model = ColorSeeker.ResNet();
        model.Explain(torch.zeros(3, 128, 128)).Values.ToArray().Should().OnlyContain(value => value == 0);
    }

    [Fact]
    public void Attention_is_rolled_out_to_the_patches_that_are_attended_to()
    {
        using var model = ColorSeeker.VisionTransformer();
        var heat = model.Explain(ColorSeeker.Image());
        heat.Method.Should().Be(ExplanationMethod.AttentionRollout);
        HeatIn(heat, 0).Should().BeGreaterThan(0.5);
        HeatIn(heat, 96).Should().BeLessThan(0.1);
    }

    [Theory]
    [InlineData("resnet18", "grad_cam")]
    [InlineData("resnet18", "grad_cam_plus_plus")]
    [InlineData("vit_b_32", "rollout")]
    public void Maps_are_those_of_the_papers_on_PyTorch(string name, string golden)
    {
        var expected = Goldens.GetProperty(name);
        using var model = FilledModel.Create(name, expected.GetProperty("size").GetInt32());
        var method = golden switch
        {
            "grad_cam" => ExplanationMethod.GradCam,
            "grad_cam_plus_plus" => ExplanationMethod.GradCamPlusPlus,
            _ => ExplanationMethod.AttentionRollout,
        };
        var heat = model.Explain(FilledModel.Images(model, 1), method);
        if (expected.TryGetProperty("label", out var label))
            heat.Label.Should().Be(label.GetInt32());
        var rows = expected.GetProperty(golden).Deserialize<double[][]>()!;
        for (var y = 0; y < rows.Length; y++)
            for (var x = 0; x < rows[y].Length; x++)
                ((double)heat[Step * y, Step * x]).Should().BeApproximately(rows[y][x], 1e-3, $"this is the pixel ({x}, {y})");
    }

    [Theory]
    [InlineData("mobilenet_v3_small")]
    [InlineData("squeezenet1_1")]
    [InlineData("swin_t")]
    [InlineData("vit_b_32")]
    public void Gradients_reach_the_map_through_every_kind_of_layer(string name)
    {
        torch.manual_seed(0);
        using var model = Backbone.Create(name).ReplaceHead(8).WithImageSize(64).On(ComputeDevice.Cpu).Build();
        using (torch.no_grad())
            model.Network.Heads[0].Weights[0].Value.normal_(0, 0.1);
        var image = torch.randn(3, 64, 64);
        Enumerable.Range(0, 8).Count(label => model.Explain(image, ExplanationMethod.GradCam, $"{label}").Values.ToArray().Max() > 0)
            .Should().BeGreaterThan(0, "some class has evidence");
    }

    [Fact]
    public void Every_architecture_has_a_last_feature_map()
    {
        foreach (var info in Backbone.All)
        {
            var size = WeightsSource.ImageSize(info.Name, Pretrained.Default) ?? 224;
            using var network = Architectures.Create(info.Name, imageSize: size);
            var place = FeatureMap.Find(network, network.InputShape(size));
            var shape = network.Steps.Take(place.Steps).Aggregate(network.InputShape(size), (at, step) => step.OutputShape(at));
            shape = place.ToMap?.OutputShape(shape) ?? shape;
            shape.Rank.Should().Be(3, info.Name);
            shape[1].Should().BeInRange(5, 37, info.Name).And.Be(shape[2], info.Name);
            (size / shape[1]).Should().BeInRange(14, 38, $"that is how far {info.Name} reduces images");
        }
    }

    [Fact]
    public void What_does_not_fit_the_network_says_what_does()
    {
        using var model = Backbone.ResNet18().ReplaceHead(2).WithImageSize(32).On(ComputeDevice.Cpu).Build();
        model.Invoking(it => it.Explain(torch.zeros(3, 32, 32), ExplanationMethod.AttentionRollout))
            .Should().Throw<NotSupportedException>().WithMessage("*vision transformer*resnet18*GradCam.");
        model.Invoking(it => FeatureMap.Find(it.Network, new Shape(3, 1, 1)))
            .Should().Throw<NotSupportedException>().WithMessage("*[3, 1, 1]*Occlusion().");
        model.Invoking(it => it.Explain(torch.zeros(3, 32, 32), className: "2")).Should().Throw<ArgumentException>()
            .WithMessage("The model knows no class '2'.*");
        model.Invoking(it => it.Explain(torch.zeros(2, 3, 32, 32))).Should().Throw<ArgumentException>().WithMessage("One image*");
    }

    [Fact]
    public void Nothing_is_left_behind()
    {
        using var model = Backbone.SqueezeNet1_1().ReplaceHead(2).WithImageSize(64).On(ComputeDevice.Cpu).Build();
        var image = torch.randn(3, 64, 64);
        var before = LiveTensors.Count();
        foreach (var method in ClassMethods)
            model.Explain(image, method);
        torch.Tensor.TotalCount.Should().Be(before);
        model.Network.NamedWeights().Count(found => found.Weight.Value.grad is not null).Should().Be(0);
    }

    public void Dispose() => _scope.Dispose();

    private static JsonElement Goldens
    {
        get
        {
            using var file = File.OpenRead(Path.Join(AppContext.BaseDirectory, "Explanations", "explanation_goldens.json"));
            return JsonSerializer.Deserialize<JsonElement>(file);
        }
    }

    /// <summary>The mean value of a square.</summary>
    private static double HeatIn(HeatMap heat, int start) => (
        from y in Enumerable.Range(start, Square)
        from x in Enumerable.Range(start, Square)
        select (double)heat[y, x]).Average();
}
