using TransferKit.Tests.Training;

namespace TransferKit.Tests.Freezing;

[Trait("Lane", "Slow")]
public class FeatureCacheTests
{
    private static readonly TrainingOptions Plain =
        new() { Epochs = 3, BatchSize = 8, Augment = false, Optimizer = Optimizer.Sgd(0.01) };

    [Fact]
    public void Feature_vectors_are_kept_exactly_so_losses_stay_the_same()
    {
        var plan = NarrowResNet.Plan.ReplaceHead(2).FreezeAll();
        Losses(plan, Plain).Should().Equal(Losses(plan, Plain with { FeatureCache = null }));
    }

    [Fact]
    public void Maps_are_kept_in_sixteen_bits_so_losses_stay_close()
    {
        var plan = NarrowResNet.Plan.ReplaceHead(2).FreezeAll().Unfreeze("layer4").WithPrecision(Precision.Float32);
        var slow = Plain with { Optimizer = Optimizer.Sgd(0.001) };
        var (kept, computed) = (Losses(plan, slow), Losses(plan, slow with { FeatureCache = null }));
        kept.Should().NotEqual(computed);
        kept.Zip(computed).Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) < 0.05);
    }

    [Fact]
    public void A_file_gives_the_same_losses_as_memory_and_is_gone_afterwards()
    {
        var plan = NarrowResNet.Plan.ReplaceHead(2).FreezeAll().Unfreeze("layer4");
        var folder = Directory.CreateTempSubdirectory();
        var room = new FeatureCacheOptions { MemoryBytes = 0, FileBytes = 1 << 26, Folder = folder.FullName };
        using (var run = Train(plan, Plain with { FeatureCache = room }))
        {
            run.FrozenLayers.CacheInFile.Should().BeTrue();
            run.History.Select(epoch => epoch.ValidationLoss).Should().Equal(
                Losses(plan, Plain).Where((_, i) => i % 2 == 1));
        }
        folder.GetFiles().Should().BeEmpty();
        folder.Delete();
    }

    [SkippableFact]
    public void The_file_has_no_name_so_that_a_killed_process_leaves_none_behind()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows deletes the file itself when the process ends.");
        var folder = Directory.CreateTempSubdirectory();
        var room = new FeatureCacheOptions { MemoryBytes = 0, FileBytes = 1 << 10, Folder = folder.FullName };
        using var features = TorchSharp.torch.randn(2, 8);
        using (var store = FeatureStore.TryCreate(count: 2, features, room, used: 0)!)
        {
            folder.GetFiles().Should().BeEmpty();
            store.IsFile.Should().BeTrue();
            store.Put([0, 1], features);
            using var kept = store.Get([0, 1], TorchSharp.torch.CPU);
            kept.Equals(features).Should().BeTrue();
        }
        folder.Delete();
    }

    [Fact]
    public void Without_room_features_are_computed_in_every_epoch()
    {
        var plan = NarrowResNet.Plan.ReplaceHead(2).FreezeAll();
        var room = new FeatureCacheOptions { MemoryBytes = 100, FileBytes = 0 };
        using var run = Train(plan, Plain with { FeatureCache = room });
        run.FrozenLayers.Should().Match<FrozenLayersReport>(report =>
            report.TrainingViews == 0 && !report.KeepsValidation && report.CacheBytes == 0 && report.SavedShare == 0);
    }

    [Fact]
    public void The_result_says_what_was_done_and_what_it_saved()
    {
        using var run = Train(NarrowResNet.Plan.ReplaceHead(2).FreezeAll().WithPrecision(Precision.Float32), Plain);
        var report = run.FrozenLayers;
        report.IsCompiled.Should().BeTrue();
        report.Share.Should().BeGreaterThan(0.99);
        (report.TrainingViews, report.KeepsValidation).Should().Be((1, true));
        report.CacheBytes.Should().Be(24 * NarrowResNet.Features * sizeof(float));
        report.SavedShare.Should().BeApproximately(2 / 3.0, 0.01, "two epochs of three were spared");
        report.ToString().Should().StartWith("Frozen layers, 100 % of the network, compiled: their outputs were computed once.");
    }

    [Fact]
    public void Augmented_samples_are_kept_for_as_many_looks_as_asked_for()
    {
        using var run = Train(NarrowResNet.Plan.ReplaceHead(2).FreezeAll(),
            Plain with { Augment = true, CachedViews = 2, Epochs = 4 });
        run.FrozenLayers.TrainingViews.Should().Be(2);
        using var fresh = Train(NarrowResNet.Plan.ReplaceHead(2).FreezeAll(), Plain with { Augment = true });
        using var unchanging = Train(NarrowResNet.Plan.ReplaceHead(2).FreezeAll(), Plain with { CachedViews = 3 });
        unchanging.FrozenLayers.TrainingViews.Should().Be(1, "all looks are the same");
        (fresh.FrozenLayers.TrainingViews, fresh.FrozenLayers.KeepsValidation).Should().Be((0, true));
    }

    [Fact]
    public void A_sample_that_is_drawn_again_has_its_next_look()
    {
        var data = new ShadedImages();
        using var model = NarrowResNet.Plan.ReplaceHead(2).FreezeAll().WithPrecision(Precision.Float32).Build();
        using var prefix = FrozenPrefix.Of(model.Network, BatchNormMode.AlwaysFrozen);
        prefix.Compile(model.Live);
        var features = new FeatureBatches(new ImageBatches(model.Live, data), model.Live, prefix);
        using var reader = new KeptFeatures(features, data.Targets, model.Live.Device, views: 2);
        var read = new ReadOptions { Preprocessing = model.Preprocessing, Order = [1, 1, 0, 1], BatchSize = 4, Epoch = 2 };
        reader.Fill(read, new FeatureCacheOptions(), used: 0, _ => { }, CancellationToken.None);
        var looks = Rows(read);
        looks[0].Should().Equal(Rows(read with { Order = [1] })[0]).And.Equal(looks[3]).And.NotEqual(looks[1]);
        looks[1].Should().Equal(Rows(read with { Order = [1], Epoch = 3 })[0]);
        Rows(read with { Order = [0, 1], Earlier = [1, 1] })[1].Should().Equal(looks[3], "a run that is taken up draws the same");
        Rows(read with { Order = [1], Earlier = [1] })[0].Should().Equal(looks[1]);

        List<float[]> Rows(ReadOptions options)
        {
            using var batch = reader.Read(options, CancellationToken.None).Single();
            return [.. Enumerable.Range(0, batch.Indices.Count).Select(row => batch.Features[row].data<float>().ToArray())];
        }
    }

    /// <summary>Pictures that are brighter in each epoch.</summary>
    private sealed class ShadedImages : Dataset
    {
        public override IReadOnlyList<string> ClassNames => ["a", "b"];

        public override Targets Targets { get; } = Targets.Classes([0, 1], 2);

        public override Dataset Subset(IReadOnlyList<int> indices) => this;

        public override IEnumerable<Batch> Read(ReadOptions options, CancellationToken cancellationToken = default)
        {
            var images = TorchSharp.torch.full([options.Order!.Count, 3, 32, 32], 1f + options.Epoch);
            yield return new Batch(images, Targets.ToTensor(options.Order), options.Order);
        }
    }

    [Fact]
    public void Norms_that_follow_training_are_neither_compiled_nor_kept()
    {
        using var run = Train(
            NarrowResNet.Plan.ReplaceHead(2).FreezeAll().WithBatchNorm(BatchNormMode.FollowTraining), Plain);
        (run.FrozenLayers.IsCompiled, run.FrozenLayers.TrainingViews, run.FrozenLayers.KeepsValidation)
            .Should().Be((false, 0, false));
    }

    [Fact]
    public void Sixteen_bits_train_too()
    {
        using var run = Train(Backbone.SqueezeNet1_1().ReplaceHead(2).WithPrecision(Precision.BFloat16), Plain with { Epochs = 2 });
        run.History[^1].TrainLoss.Should().BeLessThan(run.History[0].TrainLoss);
        run.Model.Network.NamedWeights().Should().OnlyContain(found => found.Weight.Value.dtype == TorchSharp.torch.ScalarType.Float32);
    }

    private static List<double> Losses(TransferPlan plan, TrainingOptions options)
    {
        using var run = Train(plan, options);
        return [.. run.History.SelectMany(epoch => new[] { epoch.TrainLoss, epoch.ValidationLoss })];
    }

    private static TrainingResult Train(TransferPlan plan, TrainingOptions options) =>
        plan.Train(SyntheticImages.Create(perClass: 12), options);
}
