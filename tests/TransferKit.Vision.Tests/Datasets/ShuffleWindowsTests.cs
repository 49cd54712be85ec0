namespace TransferKit.Vision.Tests;

public class ShuffleWindowsTests
{
    private static readonly Preprocessing Tiny = Preprocessing.ImageNet with { CropSize = 4, ResizeSize = 4 };

    [Fact]
    public void What_fits_into_memory_is_shuffled_freely()
    {
        var order = new[] { 3, 1, 4, 0, 2 };
        ParquetDataset.Open(ShardFixture.PathOf("train-*.parquet")).Arrange(order, seed: 1, epoch: 1).Should().BeSameAs(order);
        WebDataset.Open(ShardFixture.PathOf("train-*.tar")).Arrange(order, seed: 1, epoch: 1).Should().BeSameAs(order);
    }

    [Fact]
    public void What_does_not_is_read_window_by_window_and_each_block_once()
    {
        var memory = new BlockMemory(limit: 40);
        var blocks = Enumerable.Range(0, 10).Select(i => new CountedBlock(i, pictures: 5, memory)).ToArray();
        ImageSource[] sources = [.. blocks.SelectMany(block => Enumerable.Range(0, 5).Select(i => new BlockImage(block, i, "", $"{i}")))];
        var drawn = Enumerable.Range(0, 50).ToArray();
        new SeededRandom(3, 1).Shuffle<int>(drawn);

        var order = ShuffleWindows.Arrange(sources, drawn, seed: 3, epoch: 1);

        order.Should().BeEquivalentTo(drawn).And.NotEqual(drawn);
        ShuffleWindows.Arrange(sources, drawn, seed: 3, epoch: 1).Should().Equal(order);
        ShuffleWindows.Arrange(sources, drawn, seed: 3, epoch: 2).Should().NotEqual(order);
        // Half of 40 bytes holds two blocks of 10.
        var windows = order.Chunk(10).ToArray();
        windows.Should().OnlyContain(window => window.Select(i => i / 5).Distinct().Count() == 2);
        windows[0].Should().Equal(drawn.Where(i => windows[0].Contains(i)), "within a window it is the order that was drawn");
        using var buffer = new NativeBuffer();
        foreach (var i in order)
            sources[i].Read(buffer).ToArray().Should().Equal((byte)(i / 5), (byte)(i % 5));
        blocks.Should().OnlyContain(block => block.Loads == 1);
        foreach (var i in drawn)
            sources[i].Read(buffer);
        blocks.Sum(block => block.Loads).Should().BeGreaterThan(20, "in the order that was drawn they would be read again and again");
    }

    [Fact]
    public void Pictures_that_can_be_read_alone_are_spread_over_the_windows()
    {
        var memory = new BlockMemory(limit: 20);
        var blocks = Enumerable.Range(0, 4).Select(i => new CountedBlock(i, pictures: 5, memory)).ToArray();
        ImageSource[] sources =
        [
            .. blocks.SelectMany(block => Enumerable.Range(0, 5).Select(i => new BlockImage(block, i, "", $"{i}"))),
            .. Enumerable.Range(0, 200).Select(i => ImageSource.FromFile($"{i}.jpg")),
        ];

        var order = ShuffleWindows.Arrange(sources, [.. Enumerable.Range(0, 220)], seed: 0, epoch: 1);

        order.Should().OnlyHaveUniqueItems().And.HaveCount(220);
        order.Take(55).Count(i => i >= 20).Should().BeInRange(30, 54);
    }

    [Theory]
    [InlineData("tar")]
    [InlineData("parquet")]
    public void Batches_do_not_depend_on_the_memory_when_the_order_is_the_same(string format)
    {
        int[] order = [4, 0, 3, 1, 2];
        var whole = Read(Open(format, 1L << 30), order);
        var (data, small) = (Open(format, 1), Read(Open(format, 1), order));

        small.Should().Equal(whole);
        var drawn = Enumerable.Range(0, data.Count).ToArray();
        data.Arrange(drawn, seed: 1, epoch: 1).Should().BeEquivalentTo(drawn);
        // What is in windows tells itself apart from what isn't, as a run that goes on must have the same order.
        Fingerprint(data).Should().NotBe(Fingerprint(Open(format, 1L << 30))).And.Be(Fingerprint(Open(format, 1)));

        static string Fingerprint(ImageDataset pictures) => pictures.Fingerprint(Tiny, augment: true).GetRawText();
    }

    [Theory]
    [InlineData("tar")]
    [InlineData("parquet")]
    public void A_run_through_windows_that_is_cut_off_ends_as_one_that_was_not(string format)
    {
        using var folder = new TemporaryFolder();
        var data = Open(format, 1);
        var plan = Backbone.MobileNetV3Small().ReplaceHead(data.ClassNames.Count).FreezeAll().Unfreeze("classifier")
            .WithImageSize(32);
        var options = new TrainingOptions { Epochs = 3, BatchSize = 2 };
        using var whole = plan.Train(data, data, options);
        var saved = options with { Checkpoints = new CheckpointOptions(folder.Path) { EverySteps = 1 } };

        // Within the second of three epochs of three steps.
        plan.Invoking(it => it.Train(data, data, saved, new Killer(step: 5))).Should().Throw<NotFiniteNumberException>();
        using var resumed = plan.Train(Open(format, 1), data, saved);

        resumed.History.Select(epoch => (epoch.TrainLoss, epoch.ValidationLoss)).Should()
            .Equal(whole.History.Select(epoch => (epoch.TrainLoss, epoch.ValidationLoss)));
    }

    [Fact]
    public void A_block_that_cannot_be_read_is_an_error_of_its_pictures()
    {
        var memory = new BlockMemory(limit: 1);
        var source = new BlockImage(new CountedBlock(-1, 1, memory), 0, "file", "row 0");
        source.Invoking(one => ShardFixture.Read(one)).Should().Throw<ImageException>();
        FluentActions.Invoking(() => WebDataset.Open("x.tar", shuffleBuffer: 0)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => ParquetDataset.Open("x.parquet", shuffleBuffer: 0)).Should().Throw<ArgumentOutOfRangeException>();
    }

    private static ImageDataset Open(string format, long bytes) => format == "tar"
        ? WebDataset.Open(ShardFixture.PathOf("train-*.tar"), shuffleBuffer: bytes)
        : ParquetDataset.Open(ShardFixture.PathOf("train-*.parquet"), shuffleBuffer: bytes);

    private static float[] Read(ImageDataset data, int[] order)
    {
        using var batch = data.Read(new ReadOptions { Preprocessing = Tiny, Order = order, BatchSize = 5 }).Single();
        return batch.Images.data<float>().ToArray();
    }

    /// <summary>Pictures of two bytes, the block's number and their own, which take ten bytes together.</summary>
    private sealed class CountedBlock(int number, int pictures, BlockMemory memory) : ImageBlock(memory)
    {
        public int Loads { get; private set; }

        public override string Identity => $"{number}";

        public override long Bytes => 10;

        public override unsafe (long Offset, int Length)[] Load(NativeBuffer bytes)
        {
            if (number < 0)
                throw new ImageException("block", "it is broken");
            Loads++;
            var target = bytes.Reserve((nuint)(2 * pictures));
            for (var i = 0; i < pictures; i++)
                (target[2 * i], target[2 * i + 1]) = ((byte)number, (byte)i);
            return [.. Enumerable.Range(0, pictures).Select(i => (2L * i, 2))];
        }
    }

    /// <summary>Ends a run without warning, after a step of training.</summary>
    private sealed class Killer(int step) : IProgress<TrainingProgress>
    {
        private int _seen;

        public void Report(TrainingProgress value)
        {
            if (value.Phase == TrainingPhase.Training && ++_seen == step)
                throw new NotFiniteNumberException("killed");
        }
    }
}
