using System.Diagnostics;

namespace TransferKit.Vision.Tests;

/// <summary>A predictor in ONNX Runtime says what the one in libtorch says, of the same pictures.</summary>
[Trait("Lane", "Slow")]
public sealed class OnnxPredictorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string OnnxPath => Path.Join(_folder.Path, "model.onnx");

    public void Dispose() => _folder.Dispose();

    public static TheoryData<OnnxOptions> Exports => new(
        new OnnxOptions(),
        new OnnxOptions { Softmax = true },
        new OnnxOptions { IncludePreprocessing = true },
        new OnnxOptions { IncludePreprocessing = true, Softmax = true, FoldBatchNorm = true },
        new OnnxOptions { IncludePreprocessing = OnnxPreprocessing.Whole },
        new OnnxOptions { IncludePreprocessing = OnnxPreprocessing.Whole, Softmax = true });

    [Theory]
    [MemberData(nameof(Exports))]
    public void Every_export_gives_the_predictions_of_libtorch(OnnxOptions export)
    {
        using var model = SmallModel.Build();
        (model.ClassNames, model.Temperature) = (["a", "b", "c", "d"], 1.7);
        using var expected = Predictor.Load(model.SaveIn(_folder));
        model.ExportOnnx(OnnxPath, export);

        using var predictor = OnnxPredictor.Load(OnnxPath, new OnnxPredictorOptions { BatchSize = 3 });

        predictor.ClassNames.Should().Equal("a", "b", "c", "d");
        ShouldAgree(predictor, expected, sameLogits: !export.Softmax);
    }

    [Theory]
    [InlineData(LearningTask.MultiLabel, false)]
    [InlineData(LearningTask.MultiLabel, true)]
    [InlineData(LearningTask.Regression, false)]
    public void Every_task_means_the_same(LearningTask task, bool probabilities)
    {
        using var model = SmallModel.Build(task);
        using var expected = Predictor.Load(model.SaveIn(_folder));
        model.ExportOnnx(OnnxPath, new OnnxOptions { Softmax = probabilities });

        using var predictor = OnnxPredictor.Load(OnnxPath);

        foreach (var file in SmallModel.Pictures)
        {
            var (own, other) = (predictor.Predict(file), expected.Predict(file));
            own.Task.Should().Be(task);
            if (task == LearningTask.Regression)
                own.Values.ShouldBe(other.Values, 1e-3f);
            else
                own.Probabilities.ShouldBe(other.Probabilities);
            if (task == LearningTask.MultiLabel)
                own.Labels.Should().Equal(other.Labels);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Two_files_are_compared_in_speed(int batchSize)
    {
        using var model = SmallModel.Build();
        model.ExportOnnx(OnnxPath);
        var larger = Path.Join(_folder.Path, "larger.onnx");
        model.ExportOnnx(larger, new OnnxOptions { IncludePreprocessing = true, ImageSize = 192 });

        var speed = OnnxSpeed.Compare(OnnxPath, larger, batchSize);

        speed.FirstMilliseconds.Should().BePositive();
        speed.SecondMilliseconds.Should().BePositive();
        speed.Factor.Should().Be(speed.FirstMilliseconds / speed.SecondMilliseconds);
        speed.ToString().Should().MatchRegex($@"^[\d.]+ and [\d.]+ ms a picture, {batchSize} at a time: [\d.]+ times as fast\.$");
        FluentActions.Invoking(() => OnnxSpeed.Compare(OnnxPath, larger + "x")).Should().Throw<ModelFileException>();
        FluentActions.Invoking(() => OnnxSpeed.Compare(OnnxPath, larger, 0)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Theory]
    [InlineData("None")]
    [InlineData("Normalize")]
    [InlineData("Whole")]
    public void Several_views_are_averaged_as_by_libtorch(string included)
    {
        using var model = SmallModel.Build();
        model.ExportOnnx(OnnxPath, new OnnxOptions
        {
            IncludePreprocessing = included == "Whole" ? OnnxPreprocessing.Whole : included == "Normalize",
        });
        using var expected = Predictor.Load(model.SaveIn(_folder), new PredictorOptions { TestTimeAugmentation = TestTimeAugmentation.FiveCrop });

        using var predictor = OnnxPredictor.Load(OnnxPath, new OnnxPredictorOptions { TestTimeAugmentation = TestTimeAugmentation.FiveCrop });

        ShouldAgree(predictor, expected);
    }

    [Fact]
    public void Pictures_are_prepared_as_the_models_evaluation_did_it()
    {
        using var model = SmallModel.Build();
        var data = SmallModel.Data(model).With(new ImageOptions
        {
            Background = System.Drawing.Color.White,
            EvaluateTransforms = preprocessing => new(Transforms.Evaluate(preprocessing).Prepend(new Grayscale())),
        });
        var (train, validation) = data.Concat(data).Split(0.5);
        model.Train(train, validation, new TrainingOptions { Epochs = 1, BatchSize = 8 }).Dispose();
        using var expected = Predictor.Load(model.SaveIn(_folder));
        model.ExportOnnx(OnnxPath);

        using var predictor = OnnxPredictor.Load(OnnxPath);

        ShouldAgree(predictor, expected);
        var upright = new OnnxPredictorOptions { Images = new ImageOptions { ApplyOrientation = false } };
        FluentActions.Invoking(() => OnnxPredictor.Load(OnnxPath, upright)).Should().Throw<InvalidOperationException>()
            .WithMessage("*model.onnx: the model was evaluated on pictures prepared as*");
    }

    [Fact]
    public void A_network_of_one_channel_sees_pictures_without_their_color()
    {
        using var model = Backbone.ShuffleNetV2_x0_5(Pretrained.None).ReplaceHead(2).WithImageSize(32).WithInputChannels(1)
            .WithPrecision(Precision.Float32).On(ComputeDevice.Cpu).Build();
        using var expected = Predictor.Load(model.SaveIn(_folder));
        model.ExportOnnx(OnnxPath);

        using var predictor = OnnxPredictor.Load(OnnxPath);

        foreach (var file in SmallModel.Pictures)
            predictor.Predict(file).Probabilities.ShouldBe(expected.Predict(file).Probabilities);
    }

    [Fact]
    public void The_threshold_goes_along_and_the_options_go_before_it()
    {
        using var model = SmallModel.Build();
        model.ExportOnnx(OnnxPath, new OnnxOptions { Threshold = 1 });

        using (var predictor = OnnxPredictor.Load(OnnxPath))
            predictor.Predict(SmallModel.Pictures[0]).Label.Should().Be("unknown");
        using (var predictor = OnnxPredictor.Load(OnnxPath, new OnnxPredictorOptions { Threshold = 0.01 }))
            predictor.Predict(SmallModel.Pictures[0]).IsKnown.Should().BeTrue();
        model.Invoking(one => one.ExportOnnx(OnnxPath, new OnnxOptions { Threshold = 2 })).Should().Throw<ArgumentException>()
            .WithMessage("*Threshold is 2*");
    }

    /// <summary>Graphs of other programs: channels last, a batch of fixed length, sizes left open, probabilities.</summary>
    [Theory]
    [InlineData(false, 2, true, false)]
    [InlineData(false, 0, false, true)]
    [InlineData(true, 0, true, true)]
    [InlineData(true, 3, false, false)]
    public void Other_classifiers_run_with_a_stated_preprocessing(bool channelsLast, int batch, bool saysSize, bool probabilities)
    {
        File.WriteAllBytes(OnnxPath, ForeignGraph.MeanOfChannels(channelsLast, batch, saysSize ? 8 : 0, probabilities));
        var preprocessing = Preprocessing.ImageNet with { CropSize = 8, ResizeSize = 8 };
        var options = new OnnxPredictorOptions
        {
            ClassNames = ["red", "green", "blue"], Preprocessing = preprocessing, GivesProbabilities = probabilities, BatchSize = 4,
        };

        using var predictor = OnnxPredictor.Load(OnnxPath, options);

        var preparation = new ImagePreparation(preprocessing);
        foreach (var (result, file) in predictor.PredictMany(SmallModel.Pictures).Zip(SmallModel.Pictures))
        {
            var means = preparation.Values(ImageSource.FromFile(file)).Chunk(64).Select(plane => plane.Average()).ToArray();
            result.Prediction!.Probabilities.ShouldBe(TaskDefinition.Of(LearningTask.Classification).ProbabilitiesOf(means, 1), 1e-5f);
        }
    }

    [Fact]
    public void What_a_file_does_not_say_is_asked_for_and_what_it_says_has_to_fit()
    {
        File.WriteAllBytes(OnnxPath, ForeignGraph.MeanOfChannels(channelsLast: false, batch: 0, size: 8, probabilities: false));
        var eight = Preprocessing.ImageNet with { CropSize = 8, ResizeSize = 8 };
        ShouldRefuse(new OnnxPredictorOptions { Preprocessing = eight }, "*model.onnx: it doesn't say what its outputs are called*ClassNames*");
        ShouldRefuse(new OnnxPredictorOptions { ClassNames = ["a", "b", "c"] }, "*doesn't say how its pictures are prepared*Preprocessing.ImageNet*");
        ShouldRefuse(new OnnxPredictorOptions { ClassNames = ["a", "b"], Preprocessing = eight }, "*'scores' has 3 numbers*2 names of classes*");
        ShouldRefuse(new OnnxPredictorOptions { ClassNames = ["a", "b", "c"], Preprocessing = Preprocessing.ImageNet },
            "*takes images of 8 × 8 pixels*prepared to 224 × 224*CropSize*");
        ShouldRefuse(new OnnxPredictorOptions { Output = "logits" }, "*no output 'logits', but 'scores'*");
        FluentActions.Invoking(() => OnnxPredictor.Load(OnnxPath, new OnnxPredictorOptions { ExecutionProviders = ["Abacus"] }))
            .Should().Throw<ArgumentException>().WithMessage("*no execution provider 'Abacus', but *CPU*Microsoft.ML.OnnxRuntime.Gpu*");
        FluentActions.Invoking(() => OnnxPredictor.Load(OnnxPath, new OnnxPredictorOptions { Threads = 0, BatchSize = 0, ClassNames = [] }))
            .Should().Throw<ArgumentException>().WithMessage("*BatchSize*Threads*ClassNames*");
    }

    [Fact]
    public void Files_that_are_no_such_graph_say_what_they_are()
    {
        ShouldRefuse(null, "*model.onnx: there is no such file*");
        File.WriteAllText(OnnxPath, "");
        ShouldRefuse(null, "*the file is empty*");
        File.WriteAllText(OnnxPath, "<html>Not found</html>");
        ShouldRefuse(null, "*it is no ONNX model, or it is damaged*");
        File.WriteAllBytes(OnnxPath, ForeignGraph.SumOfRows());
        ShouldRefuse(new OnnxPredictorOptions { ClassNames = ["a"], Preprocessing = Preprocessing.ImageNet }, "*its input 'rows' is [any, 4], and images have four dimensions*");

        using var model = SmallModel.Build();
        var saved = model.SaveIn(_folder);
        FluentActions.Invoking(() => OnnxPredictor.Load(saved)).Should().Throw<ModelFileException>()
            .WithMessage("*model.tkm: it is no ONNX file*Predictor.Load opens it*");
        OnnxExport.Write(model.Live, model.Facts, OnnxPath, new OnnxOptions(), largest: 1000);
        FluentActions.Invoking(() => Predictor.Load(OnnxPath)).Should().Throw<ModelFileException>()
            .WithMessage("*model.onnx: it is no saved model*OnnxPredictor.Load*TransferKit.Onnx*");
        OnnxPredictor.Load(OnnxPath).Dispose();
        File.Delete(OnnxPath + ".data");
        ShouldRefuse(null, "*weights lie in a second file, model.onnx.data, which is missing or damaged*");
    }

    [Fact]
    public void Metadata_that_can_not_be_read_are_named()
    {
        using var model = SmallModel.Build();
        model.ExportOnnx(OnnxPath);
        var whole = File.ReadAllBytes(OnnxPath);
        var at = whole.AsSpan().IndexOf("Classification"u8);
        "Classificatiom"u8.CopyTo(whole.AsSpan(at));
        File.WriteAllBytes(OnnxPath, whole);

        ShouldRefuse(null, "*its metadata 'task' can't be read*newer version*");
    }

    [Fact]
    public void Several_threads_get_what_one_gets_and_memory_stays_flat()
    {
        using var model = SmallModel.Build();
        model.ExportOnnx(OnnxPath);
        using var predictor = OnnxPredictor.Load(OnnxPath, new OnnxPredictorOptions { Threads = 1 });
        var expected = SmallModel.Pictures.Select(file => predictor.Predict(file).Probabilities).ToArray();
        void Run(int calls) => Parallel.For(0, calls, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            var picture = i % expected.Length;
            predictor.Predict(SmallModel.Pictures[picture]).Probabilities.ShouldBe(expected[picture], 1e-6f);
        });

        Run(200);
        var memory = MemoryUse.Measure().ResidentMiB;
        Run(800);

        (MemoryUse.Measure().ResidentMiB - memory).Should().BeLessThan(40);
    }

    [Fact]
    public void Disposing_it_refuses_the_rest()
    {
        using var model = SmallModel.Build();
        model.ExportOnnx(OnnxPath);
        var predictor = OnnxPredictor.Load(OnnxPath);
        predictor.Dispose();
        predictor.Dispose();
        predictor.Invoking(one => one.Predict(SmallModel.Pictures[0])).Should().Throw<ObjectDisposedException>();
    }

    /// <summary>In a process of its own, whose program references no libtorch.</summary>
    [Fact]
    public async Task A_program_without_libtorch_predicts_and_loads_nothing_of_TorchSharp()
    {
        using var model = SmallModel.Build();
        model.ExportOnnx(OnnxPath);
        using var predictor = OnnxPredictor.Load(OnnxPath);
        var program = AppContext.BaseDirectory.Replace(
            Path.Join("tests", "TransferKit.Vision.Tests"), Path.Join("benchmarks", "TransferKit.OnnxOnly"), StringComparison.Ordinal);
        Directory.GetFiles(program, "libtorch_cpu*", SearchOption.AllDirectories).Should().BeEmpty("it references no libtorch");

        using var process = Process.Start(new ProcessStartInfo("dotnet",
            ["exec", Path.Join(program, "TransferKit.OnnxOnly.dll"), OnnxPath, SmallModel.Pictures[0], "40"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["TRANSFERKIT_LIBTORCH"] = null },
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var lines = (await process.StandardOutput.ReadToEndAsync()).Split('\n');
        await process.WaitForExitAsync();

        (await errors).Should().BeEmpty();
        process.ExitCode.Should().Be(0, string.Join('\n', lines));
        lines.Should().Contain("nothing of libtorch is loaded");
        lines[0].Should().Be($"{predictor.Predict(SmallModel.Pictures[0])}");
    }

    private void ShouldRefuse(OnnxPredictorOptions? options, string message) =>
        FluentActions.Invoking(() => OnnxPredictor.Load(OnnxPath, options)).Should().Throw<ModelFileException>().WithMessage(message);

    private static void ShouldAgree(Predictor predictor, Predictor expected, bool sameLogits = true)
    {
        var single = SmallModel.Pictures.Select(predictor.Predict).ToList();
        var many = predictor.PredictMany(SmallModel.Pictures).Select(result => result.Prediction!).ToList();
        foreach (var predictions in new[] { single, many })
            foreach (var (own, other) in predictions.Zip(SmallModel.Pictures.Select(expected.Predict)))
            {
                own.Label.Should().Be(other.Label);
                own.Probabilities.ShouldBe(other.Probabilities);
                if (sameLogits)
                    own.Logits.ShouldBe(other.Logits, 1e-3f);
            }
        single.Select(one => one.Label).Distinct().Should().HaveCountGreaterThan(1);
    }
}

/// <summary>Small graphs as other programs write them: without metadata.</summary>
internal static class ForeignGraph
{
    private const int Float = 1;

    /// <summary>A classifier whose scores are the means of the channels of an image.</summary>
    /// <param name="channelsLast">Whether images are <c>[batch, H, W, 3]</c>.</param>
    /// <param name="batch">How many there are; 0: any number.</param>
    /// <param name="size">Their height and width; 0: any.</param>
    /// <param name="probabilities">Whether a softmax follows.</param>
    public static byte[] MeanOfChannels(bool channelsLast, int batch, int size, bool probabilities)
    {
        long[] axes = channelsLast ? [1, 2] : [2, 3];
        var graph = new OnnxMessage().Add(OnnxFields.Graph.Name, "means")
            .Add(OnnxFields.Graph.Node, Node("ReduceMean", "x", probabilities ? "means" : "scores", ("axes", axes), ("keepdims", 0L)));
        if (probabilities)
            graph.Add(OnnxFields.Graph.Node, Node("Softmax", "means", "scores", ("axis", 1L)));
        return Model(graph
            .Add(OnnxFields.Graph.Input, Value("x", channelsLast ? [batch, size, size, 3] : [batch, 3, size, size]))
            .Add(OnnxFields.Graph.Output, Value("scores", [batch, 3])));
    }

    /// <summary>A graph that takes no images.</summary>
    public static byte[] SumOfRows() => Model(new OnnxMessage().Add(OnnxFields.Graph.Name, "sums")
        .Add(OnnxFields.Graph.Node, Node("Softmax", "rows", "scores", ("axis", 1L)))
        .Add(OnnxFields.Graph.Input, Value("rows", [0, 4]))
        .Add(OnnxFields.Graph.Output, Value("scores", [0, 4])));

    private static byte[] Model(OnnxMessage graph) => new OnnxMessage()
        .Add(OnnxFields.Model.IrVersion, 8)
        .Add(OnnxFields.Model.OpsetImport, new OnnxMessage().Add(OnnxFields.OperatorSet.Version, 17))
        .Add(OnnxFields.Model.Graph, graph).ToArray();

    private static OnnxMessage Node(string type, string input, string output, params (string Name, object Value)[] attributes)
    {
        var node = new OnnxMessage().Add(OnnxFields.Node.Input, input).Add(OnnxFields.Node.Output, output)
            .Add(OnnxFields.Node.Name, type).Add(OnnxFields.Node.OpType, type);
        foreach (var (name, value) in attributes)
        {
            var attribute = new OnnxMessage().Add(OnnxFields.Attribute.Name, name);
            _ = value is long[] numbers
                ? attribute.Add(OnnxFields.Attribute.Ints, numbers).Add(OnnxFields.Attribute.Type, (long)OnnxFields.Attribute.IsInts)
                : attribute.Add(OnnxFields.Attribute.Int, (long)value).Add(OnnxFields.Attribute.Type, (long)OnnxFields.Attribute.IsInt);
            node.Add(OnnxFields.Node.Attribute, attribute);
        }
        return node;
    }

    private static OnnxMessage Value(string name, long[] sizes)
    {
        var shape = new OnnxMessage();
        foreach (var (i, size) in sizes.Index())
            shape.Add(OnnxFields.ValueInfo.Dimension, size == 0
                ? new OnnxMessage().Add(OnnxFields.ValueInfo.Symbol, $"d{i}")
                : new OnnxMessage().Add(OnnxFields.ValueInfo.Size, size));
        return new OnnxMessage().Add(OnnxFields.ValueInfo.Name, name).Add(OnnxFields.ValueInfo.Type, new OnnxMessage().Add(
            OnnxFields.ValueInfo.TypeTensor, new OnnxMessage()
                .Add(OnnxFields.ValueInfo.ElementType, Float).Add(OnnxFields.ValueInfo.Shape, shape)));
    }
}
