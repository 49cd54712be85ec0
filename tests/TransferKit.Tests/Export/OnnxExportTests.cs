using System.Text;
using System.Text.Json;
using TorchSharp;
using TransferKit.Tests.Weights;
using static TransferKit.Layers;

namespace TransferKit.Tests.Export;

[Trait("Lane", "Slow")]
public sealed class OnnxExportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string OnnxPath => _folder.File("model.onnx");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_graph_takes_batches_of_any_length_and_says_so()
    {
        using var model = FilledModel.Create("squeezenet1_1", size: 48);
        model.ExportOnnx(OnnxPath);

        using var scorer = new OnnxScorer(OnnxPath);

        var images = scorer.Inputs.Should().ContainSingle(input => input.Key == "images").Subject.Value;
        images.Dimensions.Should().Equal(-1, 3, 48, 48);
        images.SymbolicDimensions[0].Should().Be("batch");
        images.ElementType.Should().Be<float>();
        var logits = scorer.Outputs.Should().ContainSingle(output => output.Key == "logits").Subject.Value;
        logits.Dimensions.Should().Equal(-1, FilledModel.Classes);
        logits.SymbolicDimensions[0].Should().Be("batch");
    }

    [Fact]
    public void A_softmax_turns_logits_into_probabilities()
    {
        using var scope = torch.NewDisposeScope();
        using var model = FilledModel.Create("squeezenet1_1");
        model.ExportOnnx(OnnxPath, new OnnxOptions { Softmax = true });

        using var scorer = new OnnxScorer(OnnxPath);

        scorer.Outputs.Keys.Should().Equal("probabilities");
        var images = FilledModel.Images(model, 2);
        Difference(scorer.Score(images), model.Forward(images).softmax(1)).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void Probabilities_of_any_number_of_classes_are_sigmoids_of_the_logits_as_they_are()
    {
        using var scope = torch.NewDisposeScope();
        using var model = FilledModel.Create("squeezenet1_1");
        (model.Task, model.Temperature) = (LearningTask.MultiLabel, 3);
        model.ExportOnnx(OnnxPath, new OnnxOptions { Softmax = true });

        using var scorer = new OnnxScorer(OnnxPath);

        scorer.Outputs.Keys.Should().Equal("probabilities");
        scorer.Metadata.CustomMetadataMap["task"].Should().Be("MultiLabel");
        var images = FilledModel.Images(model, 2);
        Difference(scorer.Score(images), model.Forward(images).sigmoid()).Should().BeLessThan(1e-5);
    }

    [Fact]
    public void A_regression_has_no_probabilities_and_exports_its_numbers()
    {
        using var scope = torch.NewDisposeScope();
        using var model = FilledModel.Create("squeezenet1_1");
        model.Task = LearningTask.Regression;

        var export = () => model.ExportOnnx(OnnxPath, new OnnxOptions { Softmax = true });

        export.Should().Throw<ArgumentException>().WithMessage("*regression*no probabilities*Softmax = false*");
        Directory.EnumerateFileSystemEntries(_folder.FullPath).Should().BeEmpty();
        model.ExportOnnx(OnnxPath);
        using var scorer = new OnnxScorer(OnnxPath);
        scorer.Metadata.CustomMetadataMap["task"].Should().Be("Regression");
        var images = FilledModel.Images(model, 2);
        Difference(scorer.Score(images), model.Forward(images)).Should().BeLessThan(1e-4);
    }

    [Fact]
    public void Pixels_give_the_logits_of_the_images_that_are_prepared_from_them()
    {
        using var scope = torch.NewDisposeScope();
        using var model = FilledModel.Create("resnet18");
        model.ExportOnnx(OnnxPath, new OnnxOptions { IncludePreprocessing = true });
        var size = model.Preprocessing.CropSize;
        // Of different channels and sides, so that no two of them can be mistaken for each other.
        var pixels = (torch.arange(2 * size * size * 3) * 37 % 256).view(2, size, size, 3).to_type(torch.uint8);

        using var scorer = new OnnxScorer(OnnxPath);

        scorer.Inputs["images"].ElementType.Should().Be<byte>();
        var (mean, std) = (model.Preprocessing.Mean, model.Preprocessing.Std);
        var unit = pixels.permute(0, 3, 1, 2).to_type(torch.float32) / 255;
        var images = (unit - torch.tensor([mean.Red, mean.Green, mean.Blue], [3, 1, 1]))
            / torch.tensor([std.Red, std.Green, std.Blue], [3, 1, 1]);
        Difference(scorer.ScorePixels(pixels), model.Forward(images)).Should().BeLessThan(1e-4);
    }

    [Theory]
    [InlineData("vit_b_32", "Shape", "Expand")]
    [InlineData("swin_t", "Gather")]
    [InlineData("swin_v2_t", "Gather")]
    [InlineData("maxvit_t", "Gather")]
    public void What_is_the_same_for_all_images_is_computed_when_the_graph_is_written(string name, params string[] operators)
    {
        using var model = FilledModel.Create(name);

        model.ExportOnnx(OnnxPath);

        // Nodes are named after their operators.
        var file = File.ReadAllBytes(OnnxPath);
        foreach (var type in operators)
            file.AsSpan().IndexOf(Encoding.ASCII.GetBytes($"{type}_")).Should().Be(-1, $"the graph needs no {type}");
    }

    [Fact]
    public void The_preprocessing_in_the_file_can_be_read_back()
    {
        using var model = FilledModel.Create("squeezenet1_1");
        model.ExportOnnx(OnnxPath);
        using var scorer = new OnnxScorer(OnnxPath);
        var json = scorer.Metadata.CustomMetadataMap["preprocessing"];

        Preprocessing.Parse(json).Should().Be(model.Preprocessing);

        foreach (var wrong in new[] { "", "null", "[]", "{}", json[..^5], json.Replace("Bilinear", "Best") })
            FluentActions.Invoking(() => Preprocessing.Parse(wrong)).Should().Throw<FormatException>().WithMessage("*exported model*");
    }

    [Fact]
    public void Preprocessing_is_for_three_channels_alone()
    {
        using var model = Backbone.Create("squeezenet1_1", Pretrained.None).WithInputChannels(1).On(ComputeDevice.Cpu).Build();

        var export = () => model.ExportOnnx(OnnxPath, new OnnxOptions { IncludePreprocessing = true });

        export.Should().Throw<InvalidOperationException>().WithMessage("*1 channels*IncludePreprocessing = false*");
    }

    [Theory]
    [InlineData("resnet18")]
    [InlineData("densenet121")]
    public void Folded_batch_norms_change_nothing_but_the_weights(string name)
    {
        using var scope = torch.NewDisposeScope();
        using var model = FilledModel.Create(name);
        model.ExportOnnx(OnnxPath, new OnnxOptions { FoldBatchNorm = true });

        using var scorer = new OnnxScorer(OnnxPath);

        var images = FilledModel.Images(model, 2);
        Difference(scorer.Score(images), model.Forward(images)).Should().BeLessThan(1e-4);
        var norms = model.Network.Steps.SelectMany(step => step.Walk()).Count(found => found.Layer is BatchNorm);
        // A dense layer's second norm stands behind a convolution, and so does the first of all; the others don't.
        var behind = model.Network.NamedLayers().Count(found => found.Path.EndsWith(".norm2", StringComparison.Ordinal)) + 1;
        Initializers().Count(key => key.EndsWith("running_mean", StringComparison.Ordinal))
            .Should().Be(name == "resnet18" ? 0 : norms - behind);
    }

    [Fact]
    public void Half_the_bytes_give_nearly_the_same_logits()
    {
        using var scope = torch.NewDisposeScope();
        using var model = FilledModel.Create("resnet18");
        model.ExportOnnx(_folder.File("full.onnx"));
        model.ExportOnnx(OnnxPath, new OnnxOptions { Weights = OnnxWeights.Half });

        using var scorer = new OnnxScorer(OnnxPath);

        var images = FilledModel.Images(model, 2);
        Difference(scorer.Score(images), model.Forward(images)).Should().BeInRange(1e-7, 1e-2);
        new FileInfo(OnnxPath).Length.Should().BeLessThan((long)(0.51 * new FileInfo(_folder.File("full.onnx")).Length));
    }

    [Theory]
    [InlineData("resnet18")]
    [InlineData("densenet121")]
    [InlineData("efficientnet_b0")]
    [InlineData("swin_v2_t")]
    [InlineData("timm/test_vit")]
    [InlineData("timm/test_convnext3")]
    [InlineData("timm/resnet50_gn")]
    [InlineData("timm/eva02_tiny_patch14_224")]
    public void A_graph_in_16_bits_computes_nearly_the_same_logits_in_them(string name)
    {
        using var scope = torch.NewDisposeScope();
        using var model = FilledModel.Create(name);
        model.ExportOnnx(_folder.File("full.onnx"));
        model.ExportOnnx(OnnxPath, new OnnxOptions { Weights = OnnxWeights.Float16 });

        using var scorer = new OnnxScorer(OnnxPath);
        using var file = WeightsFile.Open(OnnxPath);

        scorer.Inputs["images"].ElementType.Should().Be<float>();
        file.Tensors.Where(found => found.Value.Type == torch.float32 && found.Value.Shape.Aggregate((all, size) => all * size) > 50_000)
            .Select(found => found.Key).Should().BeEmpty();
        new FileInfo(OnnxPath).Length.Should().BeLessThan((long)(0.52 * new FileInfo(_folder.File("full.onnx")).Length));
        var images = FilledModel.Images(model, 2);
        Difference(scorer.Score(images), model.Forward(images)).Should().BeInRange(1e-6, 3e-2);
    }

    [Fact]
    public void A_weight_beyond_the_range_of_16_bits_can_not_be_computed_with_in_them()
    {
        using var model = FilledModel.Create("squeezenet1_1");
        var kernel = model.Network.NamedWeights().First(found => found.Name == "features.0.weight").Weight;
        using (torch.no_grad())
            kernel.Value.fill_(1e6);

        var export = () => model.ExportOnnx(OnnxPath, new OnnxOptions { Weights = OnnxWeights.Float16 });

        export.Should().Throw<InvalidOperationException>().WithMessage("*'features.0.weight'*±65504*OnnxWeights.Half*");
    }

    [Fact]
    public void A_kernel_beyond_the_range_of_half_precision_stays_as_it_is()
    {
        using var model = FilledModel.Create("squeezenet1_1");
        var kernel = model.Network.NamedWeights().First(found => found.Name == "features.0.weight").Weight;
        using (torch.no_grad())
            kernel.Value.fill_(1e6);
        model.ExportOnnx(OnnxPath, new OnnxOptions { Weights = OnnxWeights.Half });

        using var file = WeightsFile.Open(OnnxPath);

        file.Tensors["features.0.weight"].Type.Should().Be(torch.float32);
        file.Tensors["features.3.squeeze.weight"].Type.Should().Be(torch.float16);
        file.Tensors["features.3.squeeze.bias"].Type.Should().Be(torch.float32);
    }

    [Fact]
    public void Weights_that_a_model_can_not_hold_lie_beside_it()
    {
        using var scope = torch.NewDisposeScope();
        using var model = FilledModel.Create("resnet18");
        OnnxExport.Write(model.Live, model.Facts, OnnxPath, new OnnxOptions(), largest: 1_000_000);

        using var scorer = new OnnxScorer(OnnxPath);

        new FileInfo(OnnxPath).Length.Should().BeLessThan(100_000);
        new FileInfo(OnnxPath + ".data").Length.Should().BeGreaterThan(40_000_000);
        var images = FilledModel.Images(model, 2);
        Difference(scorer.Score(images), model.Forward(images)).Should().BeLessThan(1e-4);
    }

    [Fact]
    public void Weights_have_the_names_and_values_of_the_state_dict()
    {
        using var scope = torch.NewDisposeScope();
        using var model = FilledModel.Create("swin_v2_t", size: 64);
        model.ExportOnnx(OnnxPath);

        using var file = WeightsFile.Open(OnnxPath);

        var weights = model.Network.NamedWeights().ToDictionary(found => found.Name, found => found.Weight.Value);
        // What position biases are made of is the same for all images: the biases themselves are stored.
        string[] computed = ["relative_coords_table", "relative_position_index", "cpb_mlp"];
        file.Tensors.Keys.Should().BeEquivalentTo(weights.Keys.Where(name => !computed.Any(name.Contains)));
        foreach (var (name, stored) in file.Tensors)
            stored.Read().equal(weights[name]).all().item<bool>().Should().BeTrue(name);
    }

    [Fact]
    public void Metadata_hold_classes_and_preprocessing()
    {
        using var model = FilledModel.Create("squeezenet1_1", size: 64);
        model.ExportOnnx(OnnxPath);

        using var scorer = new OnnxScorer(OnnxPath);

        var metadata = scorer.Metadata.CustomMetadataMap;
        JsonSerializer.Deserialize<string[]>(metadata["classes"]).Should().Equal(model.ClassNames);
        metadata["preprocessing"].Should().StartWith(
            """{"cropSize":64,"resizeSize":73,"interpolation":"Bilinear","mean":{"red":0.485""");
        metadata["model"].Should().Be("squeezenet1_1");
        metadata["task"].Should().Be("Classification");
        metadata["library"].Should().StartWith("TransferKit ");
        scorer.Metadata.ProducerName.Should().Be("TransferKit");
    }

    [Fact]
    public void Images_of_another_size_are_said_to_be_made_for_it()
    {
        using var model = FilledModel.Create("squeezenet1_1", size: 64);
        model.ExportOnnx(OnnxPath, new OnnxOptions { ImageSize = 96 });

        using var scorer = new OnnxScorer(OnnxPath);

        scorer.Inputs["images"].Dimensions.Should().Equal(-1, 3, 96, 96);
        scorer.Metadata.CustomMetadataMap["preprocessing"].Should().StartWith("""{"cropSize":96,"resizeSize":110,""");
    }

    [Theory]
    [InlineData("squeezenet1_1")]
    [InlineData("mobilenet_v3_small")]
    public void Every_head_of_our_own_is_exported(string name)
    {
        foreach (var head in new[] { Head.Dropout(3), Head.Mlp(3, hidden: 8), Head.ConcatPool(3, hidden: 8) })
        {
            using var scope = torch.NewDisposeScope();
            using var model = FilledModel.Create(name, size: 64, head: head);
            model.ExportOnnx(OnnxPath);

            using var scorer = new OnnxScorer(OnnxPath);

            var images = FilledModel.Images(model, 3);
            Difference(scorer.Score(images), model.Forward(images)).Should().BeLessThan(1e-4, head.ToString());
        }
    }

    [Fact]
    public void A_head_of_ones_own_is_named_as_what_can_not_be_exported()
    {
        using var model = Backbone.Create("squeezenet1_1", Pretrained.None)
            .ReplaceHead(Head.Custom(2, features => torch.nn.Linear(features, 2))).On(ComputeDevice.Cpu).Build();

        var export = () => model.ExportOnnx(OnnxPath);

        export.Should().Throw<NotSupportedException>().WithMessage("*'classifier.*'*TorchSharp module (Linear)*Head.Mlp*");
        Directory.EnumerateFileSystemEntries(_folder.FullPath).Should().BeEmpty();
    }

    [Fact]
    public void Exports_leave_no_tensors_behind_and_the_model_as_it_was()
    {
        using var scope = torch.NewDisposeScope();
        using var model = FilledModel.Create("mobilenet_v3_small");
        var images = FilledModel.Images(model, 1);
        var logits = model.Forward(images);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        model.ExportOnnx(OnnxPath, new OnnxOptions
        {
            FoldBatchNorm = true, IncludePreprocessing = true, Softmax = true, Weights = OnnxWeights.Half,
        });

        DisposeScopeManager.Statistics.ThreadTotalLiveCount.Should().Be(before);
        model.Forward(images).equal(logits).all().item<bool>().Should().BeTrue();
    }

    [Fact]
    public void Images_that_are_too_small_are_refused_in_the_networks_own_words()
    {
        using var model = FilledModel.Create("squeezenet1_1");

        var export = () => model.ExportOnnx(OnnxPath, new OnnxOptions { ImageSize = 4 });

        export.Should().Throw<ArgumentException>().WithMessage("*larger images*");
    }

    [Fact]
    public void A_file_that_can_not_be_written_is_named()
    {
        using var model = FilledModel.Create("squeezenet1_1");
        Directory.CreateDirectory(OnnxPath);

        var export = () => model.ExportOnnx(OnnxPath);

        export.Should().Throw<ModelFileException>().WithMessage("*model.onnx*can't be exported*");
        Directory.EnumerateFiles(_folder.FullPath).Should().BeEmpty();
    }

    [Fact]
    public void Networks_that_take_images_to_another_range_do_so_in_the_graph()
    {
        using var scope = torch.NewDisposeScope();
        using var model = FilledModel.Create("googlenet");
        model.Network.TransformsInput = true;
        model.ExportOnnx(OnnxPath);

        using var scorer = new OnnxScorer(OnnxPath);

        var images = FilledModel.Images(model, 2);
        Difference(scorer.Score(images), model.Forward(images)).Should().BeLessThan(1e-4);
    }

    public static TheoryData<string, Layer> RareLayers => new()
    {
        { "average over the end", new Pool(PoolKind.Average, new Kernel2d(3, stride: 2, padding: 1), ceiling: true) },
        { "maximum over the end", new Pool(PoolKind.Max, new Kernel2d(2, stride: 2, padding: 0), ceiling: true) },
        { "maximum with dilation", new Pool(PoolKind.Max, new Kernel2d(3, stride: 1, padding: 1, dilation: 2)) },
        { "mean of more bins than pixels", new GlobalPool(PoolKind.Average, 16) },
        { "mean of uneven bins", new GlobalPool(PoolKind.Average, 7) },
        { "maximum of uneven bins", new GlobalPool(PoolKind.Max, 4) },
        { "map of one pixel", new GlobalPool(PoolKind.Max) },
        { "average within the edge", new NeighborAverage() },
        { "share of a map", new ConstantScale(0.17) },
        { "odd patches", Chain(ChannelsLast, new PatchMerging(), ChannelsFirst) },
        { "windows that don't fill", Chain(ChannelsLast, WindowAttention(4, heads: 2, size: 4, shifted: true), ChannelsFirst) },
        { "one window", Chain(ChannelsLast, WindowAttentionV2(4, heads: 2, size: 13, shifted: true), ChannelsFirst) },
        {
            "tokens and back",
            Chain(new ClassToken(4), new PositionEmbedding(170, 4), new Attention(4, heads: 2), new PatchMap(13))
        },
        { "first token", Chain(new ClassToken(4), new FirstToken()) },
        { "shuffled", new ChannelShuffle(2) },
        { "clipped", Chain(Relu6, Hardswish, Hardsigmoid, Silu, Tanh, Gelu, Sigmoid) },
    };

    [Theory]
    [MemberData(nameof(RareLayers))]
    public void Layers_compute_in_the_graph_what_they_compute(string what, Layer layer)
    {
        using var scope = torch.NewDisposeScope();
        // Four channels of 13 × 13 pixels, of both signs.
        var shape = layer.OutputShape(new Shape(4, 13, 13));
        var blueprint = new Blueprint(
            [new Conv(3, 4, new Kernel2d(1)), layer, Flatten()], output => [("head", output.Vector((int)shape.Count))]);
        var network = new Network(() => blueprint, Head.Linear(FilledModel.Classes));
        network.Allocate(torch.CPU);
        torch.manual_seed(1);
        network.Initialize(_ => true);
        using var model = new TransferModel(new LiveModel(
            new ModelRecipe(Architectures.Find("resnet18"), Pretrained.None), network, Preprocessing.ImageNet.ForCrop(13)));
        model.ExportOnnx(OnnxPath);

        using var scorer = new OnnxScorer(OnnxPath);

        var images = torch.randn(3, 3, 13, 13);
        Difference(scorer.Score(images), model.Forward(images)).Should().BeLessThan(1e-5, what);
        Difference(scorer.Score(images[..1]), model.Forward(images)[..1]).Should().BeLessThan(1e-5, what);
    }

    private IReadOnlyList<string> Initializers()
    {
        using var file = WeightsFile.Open(OnnxPath);
        return [.. file.Tensors.Keys];
    }

    /// <summary>The largest, relative to the largest number expected.</summary>
    private static double Difference(torch.Tensor actual, torch.Tensor expected)
    {
        actual.shape.Should().Equal(expected.shape);
        return ((actual - expected).abs().max() / expected.abs().max()).item<float>();
    }
}
