using TorchSharp;
using TransferKit.Tests.Weights;
using static TransferKit.Layers;

namespace TransferKit.Tests.Export;

[Trait("Lane", "Slow")]
public sealed class Int8ExportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = torch.NewDisposeScope();

    private string OnnxPath => _folder.File("int8.onnx");

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_residual_network_becomes_a_quarter_as_large_and_runs_in_integer_kernels()
    {
        using var model = FilledModel.Create("resnet18", size: 64);
        var pictures = Drawn(64, 64);
        model.ExportOnnx(_folder.File("float32.onnx"));

        var report = model.ExportOnnx(OnnxPath, Int8(Labelled(model, pictures)) with { MaximumLoss = 0.1 })!;

        var (size, before) = (new FileInfo(OnnxPath).Length, new FileInfo(_folder.File("float32.onnx")).Length);
        size.Should().BeLessThan((long)(0.27 * before));
        report.Float32Bytes.Should().BeCloseTo(before, 100_000);
        report.Int8Bytes.Should().BeCloseTo(size, 100_000);
        report.Layers.Should().HaveCount(21);
        report.Layers.Take(20).Should().OnlyContain(layer => layer.Precision == LayerPrecision.Int8);
        report.Layers[0].Name.Should().Be("conv1");
        report.Layers[20].Should().Be(new QuantizedLayer("fc", LayerPrecision.Float32ForSpeed, double.NaN));
        RequireScores(report, model, pictures);
        var kinds = Optimized().CountBy(kind => kind).ToDictionary();
        kinds["QLinearConv"].Should().Be(20);
        kinds["QLinearAdd"].Should().Be(8);
        kinds.Should().NotContainKeys("Conv", "FusedConv", "Relu", "Add");
    }

    [Theory]
    [InlineData("squeezenet1_1", 64)]
    [InlineData("mobilenet_v2", 64)]
    [InlineData("mobilenet_v3_small", 64)]
    [InlineData("shufflenet_v2_x0_5", 224)]
    [InlineData("timm/test_vit", null)]
    [InlineData("timm/test_convnext3", null)]
    [InlineData("timm/test_efficientnet", null)]
    [InlineData("timm/regnetx_002", 64)]
    public void What_is_measured_is_what_the_graph_computes(string name, int? size)
    {
        using var model = FilledModel.Create(name, size);
        var pictures = Drawn(Quantizer.FewestPictures, model.Preprocessing.CropSize);

        var report = model.ExportOnnx(OnnxPath, Int8(Labelled(model, pictures)) with { MaximumLoss = 1 })!;

        RequireScores(report, model, pictures);
        report.Layers.Count(layer => layer.Precision == LayerPrecision.Int8).Should().BeGreaterThan(2);
        using var scorer = new OnnxScorer(OnnxPath);
        var expected = model.Forward(pictures);
        var error = (scorer.Score(pictures) - expected).pow(2).mean() / expected.var();
        error.item<float>().Should().BeLessThan(0.1f);
    }

    [Fact]
    public void Two_exports_are_the_same_bytes()
    {
        using var model = Tiny();
        var pictures = Labelled(model, Drawn(48, 16));
        foreach (var path in new[] { OnnxPath, _folder.File("again.onnx") })
            model.ExportOnnx(path, Int8(pictures) with { MaximumLoss = 0.1, IncludePreprocessing = true, Softmax = true });

        File.ReadAllBytes(OnnxPath).Should().Equal(File.ReadAllBytes(_folder.File("again.onnx")));
        using var scorer = new OnnxScorer(OnnxPath);
        scorer.Outputs.Keys.Should().Equal("probabilities");
        scorer.Inputs["images"].ElementType.Should().Be<byte>();
    }

    [Fact]
    public void Layers_that_8_bits_spoil_stay_in_float32()
    {
        using var model = Tiny();
        var pictures = Drawn(64, 16);
        Spoil(model, "second", "third");
        Center(model, pictures);

        var report = model.ExportOnnx(OnnxPath, Int8(Labelled(model, pictures)) with { MaximumLoss = 0.02 })!;

        report.Layers.Where(layer => layer.Precision == LayerPrecision.Float32ForAccuracy).Select(layer => layer.Name)
            .Should().Equal("second", "third");
        report.Layers.Take(5).Should().OnlyContain(layer => layer.Error >= 0);
        report.Loss.Should().BeLessThanOrEqualTo(0.02);
        report.ToString().Should().Contain("3 of 6 layers; left in float32 for accuracy: second, third; left in float32 for speed: head.");
        RequireScores(report, model, pictures);
    }

    [Fact]
    public void A_loss_above_the_limit_is_refused_with_the_figures()
    {
        using var model = Tiny();
        var pictures = Drawn(64, 16);
        Spoil(model, "first", "second");
        Spoil(model, "third", "fourth");
        Center(model, pictures);
        var data = Labelled(model, pictures);

        var export = () => model.ExportOnnx(OnnxPath, Int8(data));

        var error = export.Should().Throw<QuantizationException>().WithMessage(
            "In 8 bits the model loses * % on the 64 calibration pictures, and 0.50 % are allowed.*100.00 % in float32*MaximumLoss*").Which;
        error.Report.Loss.Should().BeGreaterThan(0.005);
        Directory.EnumerateFileSystemEntries(_folder.FullPath).Should().BeEmpty();
    }

    [Fact]
    public void Pictures_of_other_classes_tell_how_often_8_bits_say_something_else()
    {
        using var model = Tiny();
        var pictures = new InMemoryDataset(Drawn(48, 16), new int[48], ["anything", "else"]);

        var report = model.ExportOnnx(OnnxPath, Int8(pictures) with { MaximumLoss = 0.2 })!;

        report.Float32Accuracy.Should().Be(double.NaN);
        report.Loss.Should().Be(1 - report.Agreement);
        report.ToString().Should().StartWith("Agreement with float32:");
    }

    [Fact]
    public void Classes_in_another_order_are_the_same_classes()
    {
        using var model = Tiny();
        var pictures = Drawn(48, 16);
        var labels = Labels(model.Forward(pictures)).Select(label => FilledModel.Classes - 1 - label).ToArray();

        var report = model.ExportOnnx(
            OnnxPath, Int8(new InMemoryDataset(pictures, labels, [.. model.ClassNames.Reverse()])) with { MaximumLoss = 0.2 })!;

        report.Float32Accuracy.Should().Be(1);
        report.Int8Accuracy.Should().Be(report.Agreement);
    }

    [Theory]
    [InlineData(LearningTask.MultiLabel)]
    [InlineData(LearningTask.Regression)]
    public void Other_tasks_are_measured_in_their_own_way(LearningTask task)
    {
        using var model = Tiny();
        model.Task = task;
        var pictures = Drawn(48, 16);
        Center(model, pictures);
        var outputs = Enumerable.Range(0, 48).Select(row => model.Forward(pictures)[row].data<float>().ToArray()).ToList();
        var targets = task == LearningTask.Regression
            ? Targets.Regression(outputs)
            : Targets.MultiLabel([.. outputs.Select(row => row.Select((value, label) => (value, label))
                .Where(pair => pair.value > 0).Select(pair => pair.label).ToArray())], FilledModel.Classes);

        var report = model.ExportOnnx(
            OnnxPath, Int8(new InMemoryDataset(pictures, targets, model.ClassNames)) with { MaximumLoss = 0.5 })!;

        report.Float32Accuracy.Should().Be(task == LearningTask.Regression ? double.NaN : 1);
        report.Agreement.Should().BeInRange(0.5, 1);
    }

    [Fact]
    public void Missing_few_and_unfit_pictures_are_told()
    {
        using var model = Tiny();
        var pictures = Labelled(model, Drawn(48, 16));
        Refused(new OnnxOptions { Weights = OnnxWeights.Int8 }, "*8 bits need pictures*set Calibration*");
        Refused(new OnnxOptions { Calibration = pictures }, "*Calibration is for Weights = OnnxWeights.Int8*this is Full*");
        Refused(Int8(pictures) with { MaximumLoss = 1.5 }, "*MaximumLoss is 1.5*share in 0..1*");
        Refused(Int8(pictures.Take(31)), "*calibration pictures are 31*at least 32*");
        Refused(Int8(pictures) with { ImageSize = 24 }, "*are 16 × 16 px*takes 24 × 24 px*ImageSize = 16*");
        Directory.EnumerateFileSystemEntries(_folder.FullPath).Should().BeEmpty();

        void Refused(OnnxOptions options, string message) => FluentActions.Invoking(() => model.ExportOnnx(OnnxPath, options))
            .Should().Throw<ArgumentException>().WithMessage(message);
    }

    [Fact]
    public void What_can_not_be_exported_is_told_before_anything_is_read()
    {
        using var model = Backbone.Create("squeezenet1_1", Pretrained.None)
            .ReplaceHead(Head.Custom(2, features => torch.nn.Linear(features, 2))).On(ComputeDevice.Cpu).Build();
        var unreadable = new InMemoryDataset(torch.zeros(40, 1, 2, 2), new int[40], ["a", "b"]);

        var export = () => model.ExportOnnx(OnnxPath, Int8(unreadable));

        export.Should().Throw<NotSupportedException>().WithMessage("*TorchSharp module (Linear)*");
    }

    [Fact]
    public void A_calibration_can_be_ended()
    {
        using var model = Tiny();
        var pictures = Labelled(model, Drawn(48, 16));
        using var source = new CancellationTokenSource();
        source.Cancel();

        var export = () => model.ExportOnnx(OnnxPath, Int8(pictures), source.Token);

        export.Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void It_leaves_no_tensors_behind_and_the_model_as_it_was()
    {
        using var model = Tiny();
        var pictures = Drawn(48, 16);
        var data = Labelled(model, pictures);
        var logits = model.Forward(pictures);

        // Tensors are counted by thread, and the calibration would have one of its own.
        var left = LargeBlockThread.Run(() =>
        {
            var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            model.ExportOnnx(OnnxPath, Int8(data) with { MaximumLoss = 0.1 });
            return DisposeScopeManager.Statistics.ThreadTotalLiveCount - before;
        });

        left.Should().Be(0);
        model.Forward(pictures).equal(logits).all().item<bool>().Should().BeTrue();
    }

    [Fact]
    public void Weights_in_8_bits_are_nothing_to_begin_from()
    {
        using var model = FilledModel.Create("squeezenet1_1", size: 64);
        model.ExportOnnx(OnnxPath, Int8(Labelled(model, Drawn(32, 64))) with { MaximumLoss = 1 });

        var load = () => Backbone.Create("squeezenet1_1", Pretrained.FromFile(OnnxPath)).Build();

        load.Should().Throw<WeightsException>().WithMessage("*weights in 8 bits*rounded from*");
    }

    private static OnnxOptions Int8(Dataset pictures) => new() { Weights = OnnxWeights.Int8, Calibration = pictures };

    /// <summary>Blots of color, float32 <c>[count, 3, size, size]</c>.</summary>
    private static torch.Tensor Drawn(int count, int size)
    {
        torch.manual_seed(5);
        var blots = torch.nn.functional.interpolate(torch.randn(count, 3, 4, 4), [size, size], mode: torch.InterpolationMode.Bilinear);
        return blots + torch.randn(count, 3, 1, 1);
    }

    /// <summary>Pictures of the classes that the model says in float32.</summary>
    private static InMemoryDataset Labelled(TransferModel model, torch.Tensor pictures) =>
        new(pictures, Labels(model.Forward(pictures)), model.ClassNames);

    private static int[] Labels(torch.Tensor logits) => [.. logits.argmax(1).data<long>().Select(label => (int)label)];

    /// <summary>Takes the mean from each logit, so that it depends on the picture which is the largest.</summary>
    private static void Center(TransferModel model, torch.Tensor pictures)
    {
        using var noGradient = torch.no_grad();
        var bias = model.Network.NamedWeights().Single(found => found.Name == "head.bias").Weight.Value;
        bias.sub_(model.Forward(pictures).mean([0]));
    }

    /// <summary>
    /// Makes one channel between two layers so much larger than the others that nothing is left of those in 8 bits; the model
    /// computes what it did.
    /// </summary>
    private static void Spoil(TransferModel model, string front, string behind)
    {
        using var noGradient = torch.no_grad();
        var weights = model.Network.NamedWeights().ToDictionary(found => found.Name, found => found.Weight.Value);
        weights[$"{front}.weight"][0].mul_(1e4);
        weights[$"{front}.bias"][0].mul_(1e4);
        weights[$"{behind}.weight"][.., 0].mul_(1e-4);
    }

    /// <summary>Five convolutions and a head, over images of 16 × 16 pixels.</summary>
    private static TransferModel Tiny()
    {
        static Conv Convolution(int from, int to) => new(from, to, new Kernel2d(3), bias: true);
        static Blueprint Describe() => new(
        [
            ("first", Convolution(3, 32)), Relu, ("second", Convolution(32, 32)), Relu, ("third", Convolution(32, 32)), Relu,
            new Pool(PoolKind.Max, new Kernel2d(2, stride: 2, padding: 0)),
            ("fourth", Convolution(32, 32)), Relu, ("fifth", Convolution(32, 64)), Silu,
        ], output => [GlobalAveragePool, Flatten(), ("head", output.Vector(64))]);
        var network = new Network(Describe, Head.Linear(FilledModel.Classes));
        network.Allocate(torch.CPU);
        torch.manual_seed(1);
        network.Initialize(_ => true);
        var model = new TransferModel(new LiveModel(
            new ModelRecipe(Architectures.Find("resnet18"), Pretrained.None) { Device = ComputeDevice.Cpu }, network,
            Preprocessing.ImageNet.ForCrop(16)));
        Center(model, Drawn(64, 16));
        return model;
    }

    /// <summary>ONNX Runtime says of the graph what the report does.</summary>
    private void RequireScores(QuantizationReport report, TransferModel model, torch.Tensor pictures)
    {
        using var scorer = new OnnxScorer(OnnxPath);
        var (expected, actual) = (Labels(model.Forward(pictures)), Labels(scorer.Score(pictures)));
        report.Pictures.Should().Be(expected.Length);
        report.Float32Accuracy.Should().Be(1);
        report.Int8Accuracy.Should().Be(report.Agreement);
        var agreement = expected.Zip(actual).Count(pair => pair.First == pair.Second) / (double)expected.Length;
        // A tie may be broken either way.
        report.Agreement.Should().BeApproximately(agreement, 1.01 / expected.Length);
    }

    /// <summary>The operators of what ONNX Runtime makes of the graph.</summary>
    private List<string> Optimized()
    {
        var path = _folder.File("optimized.onnx");
        using (var options = new Microsoft.ML.OnnxRuntime.SessionOptions { OptimizedModelFilePath = path })
        using (new Microsoft.ML.OnnxRuntime.InferenceSession(OnnxPath, options))
        using (var file = WeightsFile.Open(path))
            return [.. file.Graph!.Select(node => node.Type)];
    }
}
