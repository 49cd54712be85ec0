using TransferKit.Tests.Backbones;
using TransferKit.Tests.Training;

namespace TransferKit.Tests.Distributed;

/// <summary>What ranks compute together without training.</summary>
public sealed class DistributedAnswerTests : IDisposable
{
    private static readonly InMemoryDataset Data = SyntheticImages.Create(perClass: 20);

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    private string ModelFile => Path.Join(_folder, "model.tkm");

    public DistributedAnswerTests()
    {
        using var model = NarrowResNet.Plan.ReplaceHead(2).Build();
        model.ClassNames = Data.ClassNames;
        model.Save(ModelFile);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Features_and_scores_are_those_of_one_process_to_the_bit(int ranks)
    {
        // 39 samples, of which a whole batch and a part of one can't be read: 13 batches, the last of which has 3.
        var data = new SkippingImages(Data.Take(39), 3, 4, 5, 7);
        (float[] Values, int[] Indices, double? Loss, double Views) Answer(ProcessGroup group)
        {
            using var model = Load();
            var options = new EvaluationOptions { BatchSize = 3, Distributed = group };
            var features = model.ExtractFeatures(data, batchSize: 3, group);
            var views = model.Evaluate(Data, options with { TestTimeAugmentation = TestTimeAugmentation.Flip });
            return ([.. features.ToArray().Cast<float>()], [.. features.Indices], model.Evaluate(data, options).Loss, views.LogLoss);
        }

        var alone = Answer(ProcessGroup.Alone);
        alone.Indices.Should().HaveCount(35).And.BeInAscendingOrder();
        foreach (var (values, indices, loss, views) in ThreadGroup.Run(ranks, Answer))
        {
            indices.Should().Equal(alone.Indices);
            values.Should().Equal(alone.Values);
            (loss, views).Should().Be((alone.Loss, alone.Views));
        }
    }

    [Fact]
    public void More_ranks_than_batches_are_no_harm()
    {
        var counts = ThreadGroup.Run(3, group =>
        {
            using var model = Load();
            return model.Evaluate(Data, new EvaluationOptions { BatchSize = 40, Distributed = group }).Count;
        });
        counts.Should().Equal(40, 40, 40);
    }

    [Fact]
    public void What_differs_at_a_rank_ends_all_and_is_named()
    {
        Fail((group, model) => model.Evaluate(group.Rank == 1 ? Data.Take(30) : Data, new EvaluationOptions { Distributed = group }))
            .Should().Contain("Rank 1 of 2 is about to make another run: Samples is '30, ");
        Fail((group, model) => model.ExtractFeatures(Data, group.Rank == 1 ? 8 : 16, group))
            .Should().Contain("Rank 1 of 2 is about to make another run: BatchSize is '8', on rank 0 it is '16'");
        Fail((group, model) => model.ExtractFeatures(group.Rank == 1 ? new SkippingImages(Data, 6) : new SkippingImages(Data), 4, group))
            .Should().StartWith("Rank 1 of 2 can't read the sample 6, which Rank 0 of 2 can");
    }

    [Fact]
    public void A_rank_that_fails_ends_the_others_with_its_message()
    {
        var errors = ThreadGroup.Try(2, group =>
        {
            using var model = Load();
            using var cancelled = new CancellationTokenSource();
            if (group.Rank == 1)
                cancelled.Cancel();
            return model.Evaluate(Data, new EvaluationOptions { BatchSize = 4, Distributed = group }, cancelled.Token).Count;
        });
        errors[1].Error.Should().BeAssignableTo<OperationCanceledException>();
        errors[0].Error.Should().BeOfType<DistributedException>().Which.Message.Should().StartWith("Rank 1 of 2 has failed: ");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_comparison_is_that_of_one_process(bool isShared)
    {
        TransferPlan[] plans = [SpotsNetwork.Plan, NarrowResNet.Plan.WithInputChannels(1)];
        // Once computed, and once found; in one folder for all ranks, or in one each, of which one is lost.
        string FolderOf(ProcessGroup group) => Path.Join(_folder, isShared ? "all" : $"{group.Rank}");
        BackboneComparison Compare(ProcessGroup group) => Backbone.Compare(Data, plans, new ComparisonOptions
        {
            Distributed = group,
            CacheFolder = FolderOf(group),
            FineTuning = new TrainingOptions { Epochs = 1, BatchSize = 8, Augment = false },
        });

        var alone = Backbone.Compare(Data, plans, new ComparisonOptions { CacheFolder = null });
        for (var time = 0; time < 2; time++)
        {
            var found = ThreadGroup.Run(3, Compare);
            foreach (var one in found)
            {
                one.Failed.Should().ContainSingle("its images have another number of channels");
                one.Backbones.Should().ContainSingle();
                one.Backbones[0].Probe.Should().Be(alone.Backbones[0].Probe);
                one.Backbones[0].FineTuned.Should().Be(found[0].Backbones[0].FineTuned).And.NotBeNull();
                one.Backbones[0].Latency.Should().Be(found[0].Backbones[0].Latency);
            }
            if (!isShared)
                Directory.Delete(Path.Join(_folder, "1"), recursive: true);
        }
    }

    [Fact]
    public void A_candidate_that_fails_at_one_rank_is_left_out_by_all()
    {
        var missing = Backbone.ResNet18(Pretrained.FromFile(Path.Join(_folder, "none.pth")));
        var found = ThreadGroup.Run(3, group => Backbone.Compare(Data,
            [group.Rank == 1 ? missing : SpotsNetwork.Plan, NarrowResNet.Plan],
            new ComparisonOptions { CacheFolder = null, Distributed = group }));
        found.Should().AllSatisfy(one => one.Backbones.Should().ContainSingle().Which.Name.Should().Contain("narrow"));
        $"{found[0].Failed.Single()}".Should().Contain("Rank 1 of 3 has failed: ").And.Contain("none.pth");
    }

    [Fact]
    public void A_rank_that_is_cancelled_ends_a_comparison()
    {
        var errors = ThreadGroup.Try(2, group =>
        {
            using var cancelled = new CancellationTokenSource();
            if (group.Rank == 1)
                cancelled.Cancel();
            return Backbone.Compare(Data, [SpotsNetwork.Plan, NarrowResNet.Plan],
                new ComparisonOptions { CacheFolder = null, Distributed = group }, cancellationToken: cancelled.Token);
        });
        errors[1].Error.Should().BeAssignableTo<OperationCanceledException>();
        errors[0].Error.Should().BeOfType<DistributedException>().Which.Message.Should().StartWith("Rank 1 of 2 has failed: ");
    }

    private TransferModel Load() =>
        TransferModel.Load(ModelFile, new LoadOptions { CustomBackbone = NarrowResNet.Plan, Precision = Precision.Float32 });

    private string Fail<T>(Func<ProcessGroup, TransferModel, T> work)
    {
        var errors = ThreadGroup.Try(2, group =>
        {
            using var model = Load();
            return work(group, model);
        }).Select(outcome => outcome.Error).ToList();
        errors.Should().AllSatisfy(error => error.Should().BeOfType<DistributedException>());
        return errors[0]!.Message;
    }
}
