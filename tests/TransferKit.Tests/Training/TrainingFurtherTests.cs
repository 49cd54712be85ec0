using TorchSharp;
using TransferKit.Tests.Weights;

namespace TransferKit.Tests.Training;

/// <summary>What becomes of a head when a model goes on to other data.</summary>
[Trait("Lane", "Slow")]
public sealed class TrainingFurtherTests : IDisposable
{
    // A rate that is 0 in float32: what else a run changes is seen to the bit.
    private static readonly TrainingOptions Still =
        new() { Epochs = 1, BatchSize = 8, Optimizer = Optimizer.Sgd(1e-60), RestoreBest = false };

    private readonly TemporaryFolder _folder = new();
    private readonly torch.Tensor _images = torch.randn(4, 3, 32, 32);

    public void Dispose()
    {
        _images.Dispose();
        _folder.Dispose();
    }

    public static TheoryData<string, string> Heads() => new()
    {
        { "resnet18", "linear" }, { "squeezenet1_1", "linear" }, { "mobilenet_v2", "dropout" }, { "resnet18", "mlp" },
        { "shufflenet_v2_x0_5", "concat-pool" },
    };

    [Theory]
    [MemberData(nameof(Heads))]
    public void Rows_of_the_head_follow_their_classes_into_another_order(string backbone, string head)
    {
        using var model = Named(backbone, head, ["a", "b", "c"]);
        var before = Rows(model);
        var data = Data("c", "a", "b");

        model.Train(data, data, Still).Dispose();

        model.ClassNames.Should().Equal("c", "a", "b");
        var rows = Rows(model);
        rows[0].Should().Equal(before[2]);
        rows[1].Should().Equal(before[0]);
        rows[2].Should().Equal(before[1]);
    }

    [Fact]
    public void A_trained_model_scores_the_same_on_the_same_samples_in_another_order()
    {
        var data = SyntheticImages.Create(perClass: 12);
        using var run = Backbone.ResNet18().ReplaceHead(2).Train(data, new TrainingOptions { Epochs = 4, BatchSize = 8 });
        var turned = new InMemoryDataset(Images(data), [.. data.Labels.Select(label => 1 - label)], ["class 1", "class 0"]);
        var expected = run.Model.Evaluate(data);
        expected.Accuracy.Should().BeGreaterThan(0.7);

        var found = run.Model.Evaluate(turned);

        found.ClassNames.Should().Equal("class 1", "class 0");
        found.Accuracy.Should().Be(expected.Accuracy);
        found.Loss.Should().BeApproximately(expected.Loss, 1e-6);
        found.Confusion[0, 0].Should().Be(expected.Confusion[1, 1]);
        run.Model.ClassNames.Should().Equal("class 0", "class 1");

        run.Model.FindLearningRate(turned, new TrainingOptions { BatchSize = 8 }, steps: 10);
        run.Model.Evaluate(data).Loss.Should().BeApproximately(expected.Loss, 1e-4, "the model is then as it was");

        // What batch norms track would follow the samples even at this rate.
        run.Model.FreezeAll().Unfreeze("fc");
        run.Model.Train(turned, turned, new TrainingOptions { Epochs = 1, BatchSize = 8, Optimizer = Optimizer.Sgd(1e-6) }).Dispose();
        run.Model.ClassNames.Should().Equal("class 1", "class 0");
        run.Model.Evaluate(data).Accuracy.Should().BeGreaterThan(0.7, "with its rows in the wrong order it would be below 0.3");
    }

    [Theory]
    [MemberData(nameof(Heads))]
    public void New_classes_get_new_rows_and_known_ones_keep_theirs(string backbone, string head)
    {
        using var model = Named(backbone, head, ["a", "b", "c"]);
        (model.Temperature, model.Live.Evaluation) = (2, null);
        var before = Rows(model);
        using var logits = model.Forward(_images);
        var parameters = model.CountParameters();

        model.ReplaceHead(["c", "d", "e", "a"]).Should().BeSameAs(model);

        model.ClassNames.Should().Equal("c", "d", "e", "a");
        model.Plan.Head!.Classes.Should().Be(4);
        model.Temperature.Should().BeNull();
        var rows = Rows(model);
        rows.Should().HaveCount(4);
        rows[0].Should().Equal(before[2]);
        rows[3].Should().Equal(before[0]);
        rows[1].Should().NotEqual(rows[2], "new rows start each in its own way");
        foreach (var (found, expected) in Column(model.Forward(_images), 0).Zip(Column(logits, 2)))
            found.Should().BeApproximately(expected, 1e-6f, "the layers in front are the same");
        model.CountParameters().Training.Should().BeGreaterThan(parameters.Training);
        var data = Data("c", "d", "e", "a");
        model.Train(data, data, Still with { Optimizer = Optimizer.Sgd(0.01) }).History.Should().ContainSingle();
        model.Save(_folder.File("m.tkm"));
        using var loaded = TransferModel.Load(_folder.File("m.tkm"), ComputeDevice.Cpu);
        Columns(loaded).Should().BeEquivalentTo(Columns(model));
    }

    [Fact]
    public void Classes_that_the_model_does_not_know_are_refused_and_leave_it_as_it_was()
    {
        using var model = Named("squeezenet1_1", "linear", ["a", "b", "c"]);
        using var before = model.Forward(_images);

        foreach (var names in new string[][] { ["x", "y", "z"], ["a", "b"], ["a", "b", "d"], ["a", "b", "c", "d"] })
        {
            var data = Data(names);
            model.Invoking(one => one.Train(data, data, Still)).Should().Throw<ArgumentException>()
                .WithMessage($"The model knows the classes a, b, c; the data has {string.Join(", ", names)}. ReplaceHead(data.ClassNames) keeps*");
            model.Invoking(one => one.FindLearningRate(data, Still)).Should().Throw<ArgumentException>();
            model.Invoking(one => one.Evaluate(data)).Should().Throw<ArgumentException>()
                .WithMessage("The model knows the classes a, b, c; the data has*ImageFolder.Open(root, classes: model.ClassNames)*");
        }
        model.ClassNames.Should().Equal("a", "b", "c");
        Columns(model)[0].Should().Equal(Column(before, 0));
    }

    [Fact]
    public void Another_task_is_refused_until_the_head_is_replaced()
    {
        var tags = new InMemoryDataset(_images, Targets.MultiLabel([[0], [1], [0, 1], []], 2), ["a", "b"]);
        using var model = Backbone.SqueezeNet1_1().ReplaceHead(2).On(ComputeDevice.Cpu).Build();
        model.Train(tags, tags, Still).Dispose();
        model.Task.Should().Be(LearningTask.MultiLabel);
        var classes = Data("a", "b");

        model.Invoking(one => one.Train(classes, classes, Still)).Should().Throw<ArgumentException>()
            .WithMessage("The model has learned MultiLabel, and the data has Classification targets: ReplaceHead(Head.Linear(2))*");
        model.Invoking(one => one.Evaluate(classes)).Should().Throw<ArgumentException>().WithMessage("*learned MultiLabel*");
        model.Task.Should().Be(LearningTask.MultiLabel);

        model.ReplaceHead(2).Train(classes, classes, Still).Dispose();
        model.Task.Should().Be(LearningTask.Classification);
    }

    [Fact]
    public void Names_can_be_given_and_are_what_data_is_compared_with()
    {
        using var model = Backbone.SqueezeNet1_1().ReplaceHead(3).On(ComputeDevice.Cpu).Build();
        var data = Data("c", "a", "b");
        model.Invoking(one => one.Evaluate(data)).Should().Throw<ArgumentException>()
            .WithMessage("The model doesn't know yet what its 3 outputs are: train it, or set ClassNames. The data has c, a, b.*");

        model.ClassNames = ["a", "b", "c"];

        model.Evaluate(data).ClassNames.Should().Equal("c", "a", "b");
        model.Invoking(one => one.ClassNames = ["a", "b"]).Should().Throw<ArgumentException>().WithMessage("*3 outputs*not 2*");
        model.Invoking(one => one.ClassNames = ["a", "b", "a"]).Should().Throw<ArgumentException>().WithMessage("*'a' is named twice*");
        model.Invoking(one => one.ReplaceHead([])).Should().Throw<ArgumentException>().WithMessage("*no class names*");
        model.Invoking(one => one.ReplaceHead(["a", ""])).Should().Throw<ArgumentException>().WithMessage("*empty*");
    }

    [Fact]
    public void A_model_without_names_stays_so_in_its_file_and_takes_those_of_data()
    {
        using (var model = Backbone.SqueezeNet1_1().ReplaceHead(2).On(ComputeDevice.Cpu).Build())
            model.Save(_folder.File("m.tkm"));
        using var loaded = TransferModel.Load(_folder.File("m.tkm"), ComputeDevice.Cpu);
        loaded.ClassNames.Should().Equal("0", "1");
        var data = Data("cat", "dog");
        loaded.Train(data, data, Still).Dispose();
        loaded.ClassNames.Should().Equal("cat", "dog");
    }

    [Fact]
    public void A_head_of_the_users_own_keeps_its_order()
    {
        var head = Head.Custom(2, features => torch.nn.Linear(features, 2));
        using var model = Backbone.SqueezeNet1_1().ReplaceHead(head).On(ComputeDevice.Cpu).Build();
        model.ClassNames = ["a", "b"];
        var turned = Data("b", "a");

        model.Invoking(one => one.Train(turned, turned, Still)).Should().Throw<ArgumentException>().WithMessage("*module of your own*");
        model.Evaluate(turned).ClassNames.Should().Equal("b", "a");
        model.Invoking(one => one.ReplaceHead(["a", "b", "c"])).Should().Throw<InvalidOperationException>().WithMessage("*Head.Custom*");
        model.ReplaceHead(Head.Custom(3, features => torch.nn.Linear(features, 3)));
        var data = Data("a", "b", "c");
        model.Train(data, data, Still with { Optimizer = Optimizer.Sgd(0.1) }).History.Should().ContainSingle();
    }

    [Fact]
    public void A_head_that_needs_layers_which_another_took_away_is_refused()
    {
        using var model = Backbone.VGG11().ReplaceHead(Head.ConcatPool(2)).WithImageSize(32).On(ComputeDevice.Cpu).Build();
        model.Invoking(one => one.ReplaceHead(3)).Should().Throw<InvalidOperationException>().WithMessage("*no 'classifier.0.weight' any more*");
        model.Forward(_images).shape.Should().Equal(4, 2);
        model.ReplaceHead(["a", "b", "c"]).Forward(_images).shape.Should().Equal(4, 3);
    }

    [Fact]
    public void A_saved_model_brings_what_it_knows_to_a_new_plan()
    {
        using (var model = Backbone.SqueezeNet1_1().ReplaceHead(Head.Mlp(2, hidden: 8)).WithImageSize(48).WithInputChannels(1)
            .On(ComputeDevice.Cpu).Build())
        {
            (model.ClassNames, model.Task, model.Temperature) = (["a", "b"], LearningTask.MultiLabel, 1.5);
            model.Save(_folder.File("m.tkm"));
        }
        var weights = Pretrained.FromFile(_folder.File("m.tkm"));

        using var again = Backbone.SqueezeNet1_1(weights).On(ComputeDevice.Cpu).Build();
        again.Preprocessing.Should().Be(Preprocessing.ImageNet.ForCrop(48) with { Channels = 1 });
        again.Plan.InputChannels.Should().Be(1);
        again.Plan.Head.Should().Be(Head.Mlp(2, hidden: 8));
        (again.Task, again.Temperature).Should().Be((LearningTask.MultiLabel, 1.5));
        again.ClassNames.Should().Equal("a", "b");
        again.WeightsReport!.HasHead.Should().BeTrue();

        using var other = Backbone.SqueezeNet1_1(weights).ReplaceHead(5).WithImageSize(64).On(ComputeDevice.Cpu).Build();
        other.Preprocessing.CropSize.Should().Be(64);
        other.Plan.InputChannels.Should().Be(1);
        (other.Task, other.Temperature).Should().Be((LearningTask.Classification, null));
        other.ClassNames.Should().Equal("0", "1", "2", "3", "4");
        other.WeightsReport!.HasHead.Should().BeFalse();
    }

    [Fact]
    public void A_saved_models_preprocessing_and_size_come_along_to_networks_that_are_built_for_one()
    {
        var unusual = Preprocessing.ImageNet.ForCrop(64)
            with
        { ResizeSize = 64, Interpolation = Interpolation.Lanczos, Mean = new(0.5f, 0.5f, 0.5f) };
        var plan = Backbone.ViT_B32().ReplaceHead(2).WithImageSize(64).On(ComputeDevice.Cpu);
        using (var network = plan.Describe())
        {
            network.Allocate(torch.CPU);
            network.Initialize(_ => true);
            using var model = new TransferModel(new LiveModel(plan.Recipe, network, unusual));
            model.Save(_folder.File("vit.tkm"));
        }

        using var again = Backbone.ViT_B32(Pretrained.FromFile(_folder.File("vit.tkm"))).ReplaceHead(3).On(ComputeDevice.Cpu).Build();
        again.Preprocessing.Should().Be(unusual);
        again.Network.ImageSize.Should().Be(64);
    }

    [Fact]
    public void A_plan_that_asks_for_a_new_head_is_not_bound_by_the_classes_of_a_saved_one()
    {
        using (var model = Named("squeezenet1_1", "linear", ["a", "b"]))
            model.Save(_folder.File("m.tkm"));
        var plan = Backbone.SqueezeNet1_1(Pretrained.FromFile(_folder.File("m.tkm"))).On(ComputeDevice.Cpu);
        InMemoryDataset same = Data("b", "a"), others = Data("cat", "dog");

        using (var run = plan.ReplaceHead(2).Train(same, same, Still))
            run.Model.WeightsReport!.HasHead.Should().BeTrue();
        using (var run = plan.ReplaceHead(2).Train(others, others, Still))
        {
            run.Model.ClassNames.Should().Equal("cat", "dog");
            run.Model.WeightsReport!.HasHead.Should().BeFalse();
            run.Model.WeightsReport.LeftOut.Should().Equal("classifier.1.weight", "classifier.1.bias");
        }
        plan.Invoking(one => one.Train(others, others, Still)).Should().Throw<ArgumentException>().WithMessage("*knows the classes a, b*");
    }

    private static TransferModel Named(string backbone, string head, string[] names)
    {
        Head made = head switch
        {
            "dropout" => Head.Dropout(names.Length),
            "mlp" => Head.Mlp(names.Length, hidden: 8),
            "concat-pool" => Head.ConcatPool(names.Length, hidden: 8),
            _ => Head.Linear(names.Length),
        };
        var model = Backbone.Create(backbone).ReplaceHead(made).FreezeAll().WithImageSize(32).WithPrecision(Precision.Float32)
            .On(ComputeDevice.Cpu).Build();
        model.ClassNames = names;
        return model;
    }

    /// <summary>Samples of every class.</summary>
    private static InMemoryDataset Data(params string[] names) => new(
        torch.randn(4 * names.Length, 3, 32, 32), [.. Enumerable.Range(0, 4 * names.Length).Select(i => i % names.Length)], names);

    private static torch.Tensor Images(InMemoryDataset data)
    {
        var all = new ReadOptions
        {
            Preprocessing = Preprocessing.ImageNet, Order = [.. Enumerable.Range(0, data.Count)], BatchSize = data.Count,
        };
        using var batch = data.Read(all).Single();
        return batch.Images.alias();
    }

    /// <summary>The rows of the last layer, biases at their ends.</summary>
    private static float[][] Rows(TransferModel model) => [.. Enumerable.Range(0, model.Network.Classes).Select(row =>
        model.Network.OutputLayers[0].Weights.SelectMany(weight => weight.Value.detach()[row].contiguous().data<float>().ToArray()).ToArray())];

    private float[][] Columns(TransferModel model)
    {
        using var logits = model.Forward(_images);
        return [.. Enumerable.Range(0, (int)logits.shape[1]).Select(column => Column(logits, column))];
    }

    private static float[] Column(torch.Tensor logits, int column) => logits.select(1, column).contiguous().data<float>().ToArray();
}
