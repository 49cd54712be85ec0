using TorchSharp;

namespace TransferKit.Tests.Data;

public class DatasetTests
{
    [Fact]
    public void Folds_share_out_the_samples_and_keep_the_classes_proportions()
    {
        var data = Data(Labels(23, 11, 40));
        var splits = data.KFold(5, seed: 3);

        splits.Should().HaveCount(5);
        splits.SelectMany(split => Positions(split.Validation)).Order().Should().Equal(Enumerable.Range(0, 74));
        foreach (var split in splits)
        {
            Positions(split.Train).Concat(Positions(split.Validation)).Order().Should().Equal(Enumerable.Range(0, 74));
            split.Validation.Count.Should().BeInRange(14, 15);
            split.Validation.Labels.Count(label => label == 0).Should().BeInRange(4, 5);
            split.Validation.Labels.Count(label => label == 1).Should().BeInRange(2, 3);
            split.Validation.Labels.Count(label => label == 2).Should().Be(8);
        }

        Positions(data.KFold(5, seed: 3)[0].Validation).Should().Equal(Positions(splits[0].Validation));
        Positions(data.KFold(5, seed: 4)[0].Validation).Should().NotEqual(Positions(splits[0].Validation));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    [InlineData(8)]
    public void A_number_of_folds_that_is_impossible_is_refused(int k)
    {
        var data = Data(Labels(4, 3));
        data.Invoking(d => d.KFold(k)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*2 to 7*");
    }

    [Theory]
    [InlineData(0.7)]
    [InlineData(0.9)]
    public void Groups_stay_together_and_the_parts_near_their_size(double fraction)
    {
        var random = new SeededRandom(6, 0);
        var groups = Enumerable.Range(0, 600).Select(_ => $"patient {random.Next(80)}").ToArray();
        var data = Data([.. Enumerable.Range(0, 600).Select(i => i % 3)]);

        var split = data.SplitByGroup(fraction, groups, seed: 1);

        Positions(split.Train).Concat(Positions(split.Validation)).Order().Should().Equal(Enumerable.Range(0, 600));
        Groups(split.Train).Intersect(Groups(split.Validation)).Should().BeEmpty();
        var expected = (int)(200 * fraction);
        for (var label = 0; label < 3; label++)
            split.Train.Labels.Count(one => one == label).Should().BeInRange(expected - 8, expected + 8);
        Positions(data.SplitByGroup(fraction, groups, seed: 1).Train).Should().Equal(Positions(split.Train));
        Positions(data.SplitByGroup(fraction, groups, seed: 2).Train).Should().NotEqual(Positions(split.Train));

        IEnumerable<string> Groups(Dataset part) => Positions(part).Select(position => groups[position]).Distinct();
    }

    [Fact]
    public void Folds_of_groups_keep_groups_together()
    {
        var groups = Enumerable.Range(0, 90).Select(i => $"{i / 6}").ToArray();
        var splits = Data([.. Enumerable.Range(0, 90).Select(i => i % 2)]).KFoldByGroup(4, groups);

        splits.SelectMany(split => Positions(split.Validation)).Order().Should().Equal(Enumerable.Range(0, 90));
        foreach (var split in splits)
        {
            Positions(split.Validation).GroupBy(position => groups[position]).Should().OnlyContain(group => group.Count() == 6);
            split.Validation.Count.Should().BeInRange(18, 24);
        }
    }

    [Fact]
    public void The_only_sample_of_a_class_is_never_held_out()
    {
        int[] labels = [0, 1, 2, 2, 2, 3, 3, 3, 3];
        var splits = Data(labels).KFold(3);

        splits.SelectMany(split => Positions(split.Validation)).Order().Should().Equal(2, 3, 4, 5, 6, 7, 8);
        splits.Should().OnlyContain(split => split.Train.Labels.Distinct().Count() == 4);
        foreach (var seed in Enumerable.Range(0, 20))
            Data(labels).Split(0.6, seed).Train.Labels.Distinct().Should().HaveCount(4);
        Data([0, 1, 2, 3, 3]).Invoking(d => d.KFold(3)).Should().Throw<ArgumentException>()
            .WithMessage("2 samples can't be split 3 ways; the others are each the only one of a class*");
    }

    [Fact]
    public void A_group_with_all_of_a_class_is_never_held_out()
    {
        // Class 2 is of one patient alone, who has others too.
        var groups = Enumerable.Range(0, 30).Select(i => $"patient {i / 5}").ToArray();
        int[] labels = [.. Enumerable.Range(0, 30).Select(i => i is 10 or 12 ? 2 : i % 2)];
        var splits = Data(labels).KFoldByGroup(3, groups);

        splits.SelectMany(split => Positions(split.Validation)).Order()
            .Should().Equal(Enumerable.Range(0, 30).Where(i => groups[i] != "patient 2"));
        splits.Should().OnlyContain(split => split.Train.Labels.Distinct().Count() == 3);
        Data([0, 0, 1, 1, 0, 1]).Invoking(d => d.KFoldByGroup(2, ["a", "a", "b", "b", "a", "b"])).Should().Throw<ArgumentException>()
            .WithMessage("0 groups*2 more are never held out, as they have all samples of a class: a, b.*");
    }

    [Fact]
    public void Reading_without_an_order_gives_all_samples_once()
    {
        var batches = Data([0, 1, 0, 1, 1]).Read(new() { Preprocessing = Preprocessing.ImageNet, BatchSize = 2 }).ToList();
        batches.SelectMany(batch => batch.Indices).Should().Equal(0, 1, 2, 3, 4);
        batches.ForEach(batch => batch.Dispose());
    }

    [Fact]
    public void A_sample_that_comes_up_again_is_counted_over_the_whole_epoch()
    {
        var whole = new ReadOptions { Preprocessing = Preprocessing.ImageNet, BatchSize = 2, Order = [2, 0, 2, 2, 1, 0] };
        whole.Repetitions(3).Should().Equal(0, 0, 1, 2, 0, 1);
        (whole with { Order = [2, 1, 0], Earlier = [2, 0, 2] }).Repetitions(3).Should().Equal(2, 0, 1);
    }

    [Fact]
    public void Batches_of_an_epoch_that_goes_on_are_numbered_through()
    {
        var rest = new ReadOptions { Preprocessing = Preprocessing.ImageNet, BatchSize = 2, Order = [2, 1, 2], Earlier = [2, 0] };
        rest.BatchesOf(3).Should().BeEquivalentTo(
            [new PlannedBatch(1, [2, 1], [1, 0]), new PlannedBatch(2, [2], [2])], how => how.WithStrictOrdering());
    }

    [Fact]
    public void No_part_is_empty_however_unequal_the_groups_are()
    {
        var groups = Enumerable.Range(0, 100).Select(i => i < 98 ? "large" : $"{i}").ToArray();
        var data = Data([.. Enumerable.Range(0, 100).Select(i => i % 2)]);

        data.KFoldByGroup(3, groups).Should().OnlyContain(split => split.Validation.Count > 0 && split.Train.Count > 0);
        data.SplitByGroup(0.99, groups).Validation.Count.Should().BePositive();
        data.SplitByGroup(0.01, groups).Train.Count.Should().BePositive();
    }

    [Fact]
    public void Groups_that_do_not_fit_are_refused()
    {
        var data = Data(Labels(5, 5));
        var two = Enumerable.Range(0, 10).Select(i => $"{i % 2}").ToArray();
        data.Invoking(d => d.KFoldByGroup(3, two)).Should().Throw<ArgumentException>().WithMessage("2 groups*3 parts*");
        data.Invoking(d => d.SplitByGroup(0.5, two[..4])).Should().Throw<ArgumentException>().WithMessage("10 samples*not 4*");
        data.Invoking(d => d.SplitByGroup(1, two)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void Samples_with_several_classes_are_divided_by_their_rarest()
    {
        // Class 0 everywhere, class 1 in ten of a hundred, ten with none.
        var labels = Enumerable.Range(0, 100)
            .Select(i => i >= 90 ? [] : i % 9 == 0 ? (IReadOnlyCollection<int>)[0, 1] : [0]).ToArray();
        var data = new InMemoryDataset(Images(100), Targets.MultiLabel(labels, 2), ["common", "rare"]);

        var split = data.Split(0.8, seed: 2);

        split.Train.Targets.Values.Count(values => values[1] == 1).Should().Be(8);
        split.Train.Targets.Values.Count(values => values.Sum() == 0).Should().Be(8);
        data.KFold(5).Should().OnlyContain(fold => fold.Validation.Targets.Values.Count(values => values[1] == 1) == 2);
    }

    [Fact]
    public void Regressions_are_divided_over_the_whole_range()
    {
        var values = Enumerable.Range(0, 200).Select(i => new[] { (float)(i * 37 % 200) }).ToArray();
        var data = new InMemoryDataset(Images(200), Targets.Regression(values), ["age"]);

        var validation = data.Split(0.8).Validation.Targets.Values.Select(value => (int)value[0] / 20);

        validation.CountBy(tenth => tenth).Should().HaveCount(10).And.OnlyContain(tenth => tenth.Value == 4);
    }

    [Fact]
    public void Taking_gives_the_first_samples()
    {
        var data = Data(Labels(3, 4));
        Positions(data.Take(5)).Should().Equal(0, 1, 2, 3, 4);
        Positions(data.Take(50)).Should().HaveCount(7);
        data.Invoking(d => d.Take(0)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void Samples_in_memory_have_a_mirrored_view_and_no_others()
    {
        using var scope = torch.NewDisposeScope();
        var data = new InMemoryDataset(torch.arange(24, torch.float32).reshape(2, 1, 3, 4), [0, 1], ["a", "b"]);
        var options = new ReadOptions
        {
            Preprocessing = Preprocessing.ImageNet, Order = [1], BatchSize = 1, TestTimeAugmentation = TestTimeAugmentation.Flip,
        };

        data.Read(options).Single().Images.data<float>().Take(4).Should().Equal(12, 13, 14, 15);
        data.Read(options with { View = 1 }).Single().Images.data<float>().Take(4).Should().Equal(15, 14, 13, 12);
        data.Invoking(d => d.Read(options with { View = 2 })).Should().Throw<ArgumentOutOfRangeException>();
        data.Invoking(d => d.Read(options with { TestTimeAugmentation = TestTimeAugmentation.FiveCrop }))
            .Should().Throw<ArgumentException>().WithMessage("*no FiveCrop views*");
    }

    private static int[] Labels(params int[] sizes) => [.. sizes.SelectMany((size, label) => Enumerable.Repeat(label, size))];

    /// <summary>Samples whose one pixel is their position.</summary>
    private static InMemoryDataset Data(int[] labels) =>
        new(Images(labels.Length), labels, [.. Enumerable.Range(0, labels.Max() + 1).Select(label => $"{label}")]);

    private static torch.Tensor Images(int count) => torch.arange(count, torch.float32).reshape(count, 1, 1, 1);

    private static int[] Positions(Dataset data)
    {
        var options = new ReadOptions
        {
            Preprocessing = Preprocessing.ImageNet, Order = [.. Enumerable.Range(0, data.Count)], BatchSize = data.Count,
        };
        using var batch = data.Read(options).Single();
        return [.. batch.Images.data<float>().Select(pixel => (int)pixel)];
    }
}
