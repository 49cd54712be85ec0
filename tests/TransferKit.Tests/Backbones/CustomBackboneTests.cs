using TorchSharp;
using TransferKit.Tests.Export;
using TransferKit.Tests.Training;
using static TransferKit.Layers;

namespace TransferKit.Tests.Backbones;

public sealed class CustomBackboneTests : IDisposable
{
    private static readonly Preprocessing Small = Preprocessing.ImageNet with { CropSize = 32, ResizeSize = 36 };

    private readonly string _folder = Directory.CreateTempSubdirectory("transferkit-test-").FullName;

    private string File => Path.Join(_folder, "shapes.tkm");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Blueprint Shapes() => new(
        [
            ("stem", Block(3, 8)),
            ("block1", Residual(Chain(("conv", Conv(8, 8)), ("bn", BatchNorm(8))), then: Relu)),
            ("block2", Block(8, 16)),
        ],
        output => [GlobalAveragePool, Flatten(), ("fc", output.Vector(16))]);

    private static Layer Block(int from, int to) =>
        Chain(("conv", Conv(from, to)), ("bn", BatchNorm(to)), ("relu", Relu), ("pool", MaxPool(2, 2)));

    private static Conv Conv(int from, int to) => new(from, to, new Kernel2d(3));

    private static TransferPlan Plan => Backbone.Custom("shapes", Shapes, Small).ReplaceHead(2).On(ComputeDevice.Cpu);

    [Fact]
    public void It_trains_as_a_model_of_the_zoo()
    {
        var options = new TrainingOptions { Epochs = 4, BatchSize = 8, Optimizer = Optimizer.Adam(0.01) };
        using var run = Plan.Freeze("stem").Train(SyntheticImages.Create(perClass: 16), options);
        run.History[^1].TrainLoss.Should().BeLessThan(run.History[0].TrainLoss);
        run.Model.Network.Stages().Should().Equal("stem", "block1", "block2");
        run.Model.Network.NamedWeights().Where(found => !found.Weight.IsBuffer && !found.Weight.IsTrainable).Select(found => found.Name)
            .Should().Equal("stem.conv.weight", "stem.bn.weight", "stem.bn.bias");
        run.Model.Preprocessing.Should().Be(Small);
        run.Model.Summary().Should().Contain("block1.conv").And.Contain("shapes at 32 px: 2,042 parameters");
    }

    [Fact]
    public void A_saved_model_takes_the_same_plan_again_and_says_so_if_it_is_missing()
    {
        using var model = Plan.Build();
        model.Save(File);
        using var images = torch.randn(2, 3, 32, 32);
        using var expected = model.Forward(images);

        using var loaded = TransferModel.Load(File, new LoadOptions { Device = ComputeDevice.Cpu, CustomBackbone = Plan });
        using var actual = loaded.Forward(images);
        actual.equal(expected).all().item<bool>().Should().BeTrue();
        loaded.Plan.Model.Should().Be("shapes");
        loaded.Preprocessing.Should().Be(Small);

        var without = () => TransferModel.Load(File);
        without.Should().Throw<ModelFileException>().WithMessage("*'shapes'*Backbone.Custom*LoadOptions.CustomBackbone.");
        var other = () => TransferModel.Load(File, new LoadOptions { CustomBackbone = Backbone.Custom("others", Shapes) });
        other.Should().Throw<ModelFileException>().WithMessage("*'shapes'*'others'.");
    }

    [Fact]
    public void Its_weights_come_from_a_file_and_a_new_head_replaces_theirs()
    {
        var path = Path.Join(_folder, "shapes.pth");
        using var trained = Plan.Build();
        trained.ExportStateDict(path);

        var plan = Backbone.Custom("shapes", Shapes, Small, Pretrained.FromFile(path)).ReplaceHead(5).On(ComputeDevice.Cpu);
        using var model = plan.Build();
        using var images = torch.randn(2, 3, 32, 32);
        using var expected = trained.ExtractFeatures(images);
        using var actual = model.ExtractFeatures(images);
        actual.equal(expected).all().item<bool>().Should().BeTrue();
        model.CountParameters().Training.Should().Be(5 * 16 + 5, "weights start frozen but for the new head");
    }

    [Fact]
    public void Its_ONNX_graph_and_its_compiled_layers_give_its_logits()
    {
        var path = Path.Join(_folder, "shapes.onnx");
        using var model = Plan.WithPrecision(Precision.Float32).Build();
        using var images = torch.randn(2, 3, 32, 32);
        using var logits = model.Forward(images);
        float[] expected = [.. logits.data<float>()];

        model.ExportOnnx(path);
        using var scorer = new OnnxScorer(path);
        using var scored = scorer.Score(images);
        scored.data<float>().Should().Equal(expected, (actual, wanted) => Math.Abs(actual - wanted) < 1e-4f);

        using var compiled = new CompiledLayers(model.Live, model.Network.Steps.Count);
        using var output = compiled.Run(images);
        output.data<float>().Should().Equal(expected, (actual, wanted) => Math.Abs(actual - wanted) < 1e-4f);
    }

    [Fact]
    public void A_module_may_be_one_of_its_layers()
    {
        using var run = Backbone.Custom("with-module", WithModule, Small).ReplaceHead(2).On(ComputeDevice.Cpu).Train(
            SyntheticImages.Create(perClass: 8), new TrainingOptions { Epochs = 1, BatchSize = 8 });
        run.Model.Network.NamedWeights().Select(found => found.Name).Should().Contain("mine.weight");

        var export = () => run.Model.ExportOnnx(Path.Join(_folder, "module.onnx"));
        export.Should().Throw<NotSupportedException>().WithMessage("*'mine'*TorchSharp module*");

        static Blueprint WithModule() => new(
            [("stem", Block(3, 8)), ("mine", new ModuleLayer(torch.nn.Conv2d(8, 16, 3, padding: 1), new Shape(16, 16, 16)))],
            output => [GlobalAveragePool, Flatten(), ("fc", output.Vector(16))]);
    }

    [Fact]
    public void Other_channels_describe_the_first_convolution_anew()
    {
        using var model = Plan.WithInputChannels(1).Build();
        using var images = torch.randn(2, 1, 32, 32);
        using var logits = model.Forward(images);
        logits.shape.Should().Equal(2, 2);
    }

    [Fact]
    public void Mistakes_show_at_once()
    {
        var taken = () => Backbone.Custom("resnet50", Shapes);
        taken.Should().Throw<ArgumentException>().WithMessage("The zoo has a model named 'resnet50'*");

        var unknown = () => Backbone.Custom("shapes", Shapes, weights: Pretrained.Default);
        unknown.Should().Throw<ArgumentException>().WithMessage("No pretrained weights are known for the model 'shapes'.*");

        var apart = () => Backbone.Custom("apart", () => new(
            [("stem", Conv(3, 8)), ("next", Conv(4, 8))], output => [GlobalAveragePool, Flatten(), ("fc", output.Vector(8))]));
        apart.Should().Throw<ArgumentException>().WithMessage("A convolution over 4 channels can't take a sample of shape *");

        var headless = () => Backbone.Custom("headless", () => new([("stem", Conv(3, 8))], _ => [GlobalAveragePool, Flatten()]));
        headless.Should().Throw<ArgumentException>().WithMessage("*no place for a head*");

        var shared = Conv(3, 8);
        var twice = () => Backbone.Custom(
            "twice", () => new([("stem", shared)], output => [GlobalAveragePool, Flatten(), ("fc", output.Vector(8))]));
        twice.Should().Throw<ArgumentException>().WithMessage("*same layers twice*");

        var sized = () => Backbone.Custom("sized", () => Shapes() with { ImageSize = 32 }).WithImageSize(64);
        sized.Should().Throw<ArgumentException>().WithMessage("sized is built for images of 32 px, and takes none of 64 px.*");
    }
}
