using TorchSharp;

namespace TransferKit.Tests.Training;

[Trait("Lane", "Slow")]
public class LookingTests
{
    private static readonly InMemoryDataset Data = SyntheticImages.Create(perClass: 6);

    // With dropout, and batch norms that track.
    private static readonly TransferPlan Plan = NarrowResNet.Plan.ReplaceHead(Head.Dropout(2)).UnfreezeAll();

    private static readonly TrainingOptions Quick =
        new() { Epochs = 2, BatchSize = 4, Augment = false, FeatureCache = null, AccumulateBatches = 2 };

    public static TheoryData<string> Ways => ["evaluate", "forward", "features", "explain", "extract", "save"];

    [Theory]
    [MemberData(nameof(Ways))]
    public void Who_looks_at_a_model_leaves_its_training_as_it_was(string way)
    {
        using var alone = Plan.Build();
        using var looked = Plan.Build();
        foreach (var (mine, theirs) in looked.Network.NamedWeights().Zip(alone.Network.NamedWeights()))
            mine.Weight.Value.detach().copy_(theirs.Weight.Value.detach());
        using var image = torch.ones(1, 3, 32, 32);
        var file = Path.Join(Directory.CreateTempSubdirectory().FullName, "model.tkm");
        void Look()
        {
            switch (way)
            {
                case "evaluate": looked.Evaluate(Data); break;
                case "forward": looked.Forward(image).Dispose(); break;
                case "features": looked.ExtractFeatures(image).Dispose(); break;
                case "explain": looked.Explain(image); break;
                case "extract": looked.ExtractFeatures(Data); break;
                default: looked.Save(file); break;
            }
        }

        using var expected = alone.Train(Data, Data, Quick);
        using var run = looked.Train(Data, Data, Quick, new Watcher(_ => Look()));
        run.History.Select(Numbers).Should().Equal(expected.History.Select(Numbers));
        foreach (var (mine, theirs) in looked.Network.NamedWeights().Zip(alone.Network.NamedWeights()))
            mine.Weight.Value.equal(theirs.Weight.Value).all().item<bool>().Should().BeTrue(mine.Name);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [Fact]
    public void A_model_computes_in_evaluation_mode_while_it_trains()
    {
        using var model = Plan.Build();
        using var image = torch.ones(1, 3, 32, 32);
        var differences = new List<float>();
        using var run = model.Train(Data, Data, Quick, new Watcher(report =>
        {
            using var first = model.Forward(image);
            using var second = model.Forward(image);
            differences.Add((first - second).abs().max().item<float>());
        }));
        differences.Should().HaveCountGreaterThan(4).And.OnlyContain(difference => difference == 0);
        model.Network.Steps.SelectMany(step => step.Walk()).Should().OnlyContain(found => !found.Layer.Training);
    }

    [Fact]
    public void What_would_change_a_model_is_refused_while_it_trains()
    {
        using var model = Plan.Build();
        var refused = new List<string>();
        Action[] changes =
        [
            () => model.Train(Data, Data, Quick), () => model.FindLearningRate(Data), () => model.FreezeAll(),
            () => model.Unfreeze("layer1"), () => model.Calibrate(Data),
        ];
        using var run = model.Train(Data, Data, Quick, new Watcher(_ =>
        {
            foreach (var change in changes)
                refused.Add(change.Should().Throw<InvalidOperationException>().Which.Message);
        }));
        refused.Should().OnlyContain(message => message.StartsWith("The model is being trained: until that has ended it can be looked at"));
        model.FreezeAll().CountParameters().Training.Should().BePositive("a head of its own always trains");
    }

    private static (double, double, double, double) Numbers(EpochResult epoch) =>
        (epoch.TrainLoss, epoch.TrainAccuracy, epoch.ValidationLoss, epoch.ValidationAccuracy);

    private sealed class Watcher(Action<TrainingProgress> watch) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => watch(value);
    }
}
