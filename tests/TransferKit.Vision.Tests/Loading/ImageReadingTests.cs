using TorchSharp;

namespace TransferKit.Vision.Tests;

[Trait("Lane", "Slow")]
public class ImageReadingTests
{
    private static readonly string[] TwoAndOne = ["a", "b", "a"];

    private static readonly Preprocessing Small = Preprocessing.ImageNet with { CropSize = 20, ResizeSize = 24 };

    private static readonly string[] Pictures =
        ["rgb_97x61.png", "large.jpg", "cmyk.jpg", "orientation_6.jpg", "lossy.webp", "palette.gif", "rgb_13x17.png"];

    [Fact]
    public void Batches_do_not_depend_on_the_number_of_threads()
    {
        using var folder = new TemporaryFolder();
        var data = TwoClasses(folder);
        var options = Options(data) with { Augment = true, Seed = 3, Epoch = 2, BatchSize = 3 };

        var expected = Numbers(data.Read(options with { Workers = 1 }));
        foreach (var workers in new[] { 0, 2, 7 })
            Numbers(data.Read(options with { Workers = workers })).Should().Equal(expected);
        Numbers(data.Read(options with { BatchSize = 5 })).Should().Equal(expected);
    }

    public static TheoryData<int> GreyGoldens => [.. Enumerable.Range(0, Goldens.All.Greys.Length)];

    [Theory]
    [MemberData(nameof(GreyGoldens))]
    public void One_channel_has_the_numbers_of_PIL(int number)
    {
        var golden = Goldens.All.Greys[number];
        var data = ImageList.Create(
            [(Fixture.Source(golden.File), "a")], new ImageOptions { ApplyOrientation = false }, classes: ["a", "b"]);
        var preprocessing = Preprocessing.ImageNet with { Channels = 1, CropSize = golden.Crop, ResizeSize = golden.Resize };

        var numbers = Numbers(data.Read(Options(data) with { Preprocessing = preprocessing }));

        // The average mean and deviation of ImageNet.
        var levels = numbers.Select(value => 255 * (value * 0.226 + 0.449)).ToArray();
        levels.Should().AllSatisfy(level => level.Should().BeApproximately(Math.Round(level), 1e-3));
        Fixture.Sha256([.. levels.Select(level => (byte)Math.Round(level))]).Should().Be(golden.Sha256);
    }

    [Fact]
    public void Pictures_have_three_channels_or_one()
    {
        using var folder = new TemporaryFolder();
        var data = TwoClasses(folder);
        data.Invoking(d => d.Read(Options(d) with { Preprocessing = Small with { Channels = 4 } }))
            .Should().Throw<ArgumentException>().WithMessage("*4 channels*3, or 1 if gray*WithInputChannels*");
    }

    [Fact]
    public void Large_pictures_take_turns_where_memory_is_short()
    {
        const int side = 4100;
        var pixels = new byte[3 * side * side];
        Random.Shared.NextBytes(pixels);
        var pictures = TwoAndOne.Select(label => (ImageSource.FromPixels(pixels, side, side), label)).ToArray();
        var plenty = ImageList.Create(pictures);
        var none = ImageList.Create(pictures, new ImageOptions { DecodingMemoryBytes = 0 });

        Numbers(none.Read(Options(none) with { Workers = 4 })).Should()
            .Equal(Numbers(plenty.Read(Options(plenty) with { Workers = 4 })));
    }

    [Fact]
    public void Augmentation_depends_on_seed_epoch_and_sample_alone()
    {
        using var folder = new TemporaryFolder();
        var data = TwoClasses(folder);
        var options = Options(data) with { Augment = true };

        var first = Numbers(data.Read(options));
        Numbers(data.Read(options)).Should().Equal(first);
        Numbers(data.Read(options with { Epoch = 1 })).Should().NotEqual(first);
        Numbers(data.Read(options with { Seed = 1 })).Should().NotEqual(first);

        var sample = 3 * 20 * 20;
        var reversed = Numbers(data.Read(options with { Order = [.. options.Order!.Reverse()] }));
        reversed.TakeLast(sample).Should().Equal(first.Take(sample));
    }

    [Fact]
    public void A_picture_that_is_drawn_again_in_an_epoch_looks_different()
    {
        using var folder = new TemporaryFolder();
        var data = TwoClasses(folder);
        var options = Options(data) with { Augment = true, Seed = 3, Epoch = 2, Order = [1, 8, 1, 1] };
        const int Sample = 3 * 20 * 20;

        var looks = Numbers(data.Read(options)).Chunk(Sample).ToList();
        looks[0].Should().Equal(Numbers(data.Read(options with { Order = [1] })));
        new[] { looks[0], looks[2], looks[3] }.Select(look => string.Join(' ', look)).Should().OnlyHaveUniqueItems();
        Numbers(data.Read(options with { Order = [1], Earlier = [1, 8, 1] })).Should()
            .Equal(looks[3], "a run that is taken up within an epoch sees what it would have seen");
        Numbers(data.Read(options with { Augment = false, Order = [1, 1] })).Chunk(Sample).Distinct(new SameNumbers()).Should()
            .ContainSingle("what isn't augmented always looks the same");
    }

    [Fact]
    public void Batches_come_in_order_with_their_labels_and_the_rest_last()
    {
        using var folder = new TemporaryFolder();
        var data = TwoClasses(folder);
        int[] order = [13, 0, 7, 6, 1];

        var batches = data.Read(Options(data) with { Order = order, BatchSize = 2 }).ToList();

        batches.Select(batch => batch.Count).Should().Equal(2, 2, 1);
        batches.SelectMany(batch => batch.Targets.data<long>().ToArray()).Should().Equal(1, 0, 1, 0, 0);
        batches[0].Images.shape.Should().Equal(2, 3, 20, 20);
        batches[0].Images.dtype.Should().Be(torch.float32);
        batches[0].Targets.dtype.Should().Be(torch.int64);
        batches.ForEach(batch => batch.Dispose());
    }

    [Fact]
    public void A_batch_outlives_the_scope_it_was_read_in()
    {
        using var folder = new TemporaryFolder();
        var data = TwoClasses(folder);
        Batch batch;
        using (torch.NewDisposeScope())
            batch = data.Read(Options(data)).First();

        batch.Images.IsInvalid.Should().BeFalse();
        batch.Targets.sum().item<long>().Should().BeGreaterThanOrEqualTo(0);
        batch.Dispose();
    }

    [Fact]
    public void An_unreadable_picture_is_thrown_to_the_caller_after_the_batches_before_it()
    {
        using var folder = new TemporaryFolder();
        TwoClasses(folder);
        var damaged = folder.Write("b/9.jpg", "not a picture at all"u8);
        var later = folder.Write("b/99.jpg", "neither is this"u8);
        var data = ImageFolder.Open(folder.Path);

        foreach (var workers in new[] { 1, 4 })
        {
            var read = 0;
            var reading = () =>
            {
                foreach (var batch in data.Read(Options(data) with { BatchSize = 4, Workers = workers }))
                {
                    read++;
                    batch.Dispose();
                }
            };

            reading.Should().Throw<ImageException>().Which.Path.Should().Be(damaged).And.NotBe(later);
            read.Should().Be(3);
        }
    }

    [Fact]
    public void Unreadable_pictures_are_left_out_and_listed_where_that_is_wished()
    {
        using var folder = new TemporaryFolder();
        TwoClasses(folder);
        var damaged = folder.Write("a/3.jpg", "not a picture at all"u8);
        var data = ImageFolder.Open(folder.Path, new ImageOptions { Unreadable = UnreadableImages.Skip });
        var sound = data.Filter((source, _) => source.Name != damaged);

        foreach (var batchSize in new[] { 1, 4, 100 })
        {
            var labels = new List<long>();
            var numbers = Numbers(data.Read(Options(data) with { BatchSize = batchSize }), labels);

            numbers.Should().Equal(Numbers(sound.Read(Options(sound))));
            labels.Should().Equal(sound.Labels.Select(label => (long)label));
        }

        data.Skipped.Should().ContainSingle().Which.Path.Should().Be(damaged);
        sound.Skipped.Should().BeEquivalentTo(data.Skipped);
    }

    [Fact]
    public void Left_out_pictures_that_share_a_name_are_listed_each()
    {
        var broken = "not a picture at all"u8.ToArray();
        var data = ImageList.Create(
            [(ImageSource.FromBytes(broken), "a"), (ImageSource.FromBytes(broken), "b"), (Fixture.Source("grey.jpg"), "b")],
            new ImageOptions { Unreadable = UnreadableImages.Skip });

        for (var epoch = 0; epoch < 2; epoch++)
            Numbers(data.Read(Options(data))).Should().HaveCount(3 * 20 * 20);

        data.Skipped.Should().HaveCount(2);
    }

    [Theory]
    [InlineData(1 << 30, 0)]
    [InlineData(0, 1 << 20)]
    [InlineData(40_000, 30_000)]
    public void Cached_pictures_give_the_same_batches(long memory, long file)
    {
        using var folder = new TemporaryFolder();
        var data = TwoClasses(folder);
        var cached = data.With(new ImageOptions
        {
            Cache = new PixelCacheOptions { MemoryBytes = memory, FileBytes = file, Folder = folder.Path },
        });
        var options = Options(data) with { Augment = true };

        for (var epoch = 0; epoch < 3; epoch++)
        {
            var pass = options with { Epoch = epoch };
            Numbers(cached.Read(pass)).Should().Equal(Numbers(data.Read(pass)));
            Numbers(cached.Subset([5, 1]).Read(Options(data) with { Order = [0] }))
                .Should().Equal(Numbers(data.Subset([5, 1]).Read(Options(data) with { Order = [0] })));
        }

        cached.Cache!.Count.Should().BePositive();
    }

    [Theory]
    [InlineData(1 << 30)]
    [InlineData(8_000)]
    [InlineData(0)]
    public void A_reduced_cache_gives_the_same_batches_in_every_epoch_whatever_fits(long memory)
    {
        using var folder = new TemporaryFolder();
        var data = TwoClasses(folder);
        var options = Options(data);
        var reduced = data.With(new ImageOptions { Cache = new PixelCacheOptions { MemoryBytes = memory, ShorterSide = 30 } });
        // Reducing first is what the cache does to all but the pictures that are smaller anyhow.
        int[] large = [.. options.Order!.Where(i => Path.GetFileName(data.Sources[i].Name)[0] is '0' or '1' or '3')];
        var resizedFirst = data.With(new ImageOptions
        {
            EvaluateTransforms = preprocessing => new([new Resize(30), .. Transforms.Evaluate(preprocessing)]),
        });

        for (var epoch = 0; epoch < 2; epoch++)
            Numbers(reduced.Read(options with { Order = large }))
                .Should().Equal(Numbers(resizedFirst.Read(options with { Order = large })));
        Numbers(reduced.Read(options)).Should().NotEqual(Numbers(data.Read(options)));
    }

    [Fact]
    public void What_is_in_the_cache_is_not_decoded_again()
    {
        using var folder = new TemporaryFolder();
        var cached = TwoClasses(folder).With(new ImageOptions { Cache = new PixelCacheOptions() });
        var before = Numbers(cached.Read(Options(cached)));
        foreach (var source in cached.Sources)
            File.Delete(source.Name);

        Numbers(cached.Read(Options(cached))).Should().Equal(before);
    }

    [Fact]
    public void Own_transforms_take_the_place_of_the_defaults()
    {
        using var folder = new TemporaryFolder();
        var data = TwoClasses(folder);
        var own = data.With(new ImageOptions { EvaluateTransforms = _ => new(new CenterCrop(5)) });
        var unfit = data.With(new ImageOptions { EvaluateTransforms = _ => new(new Resize(5)) });

        using var batch = own.Read(Options(data)).First();
        batch.Images.shape.Should().Equal(4, 3, 5, 5);
        batch.Images.max().item<float>().Should().BeLessThanOrEqualTo(1);
        unfit.Invoking(d => d.Read(Options(data))).Should().Throw<InvalidOperationException>().WithMessage("*fixed size*");
    }

    [Fact]
    public void Where_every_picture_is_skipped_there_is_nothing_to_read()
    {
        using var folder = new TemporaryFolder();
        for (var i = 0; i < 9; i++)
            folder.Write($"{(i < 4 ? "a" : "b")}/{i}.jpg", "not a picture at all"u8);
        var data = ImageFolder.Open(folder.Path, new ImageOptions { Unreadable = UnreadableImages.Skip });

        foreach (var batchSize in new[] { 1, 4, 100 })
            data.Read(Options(data) with { BatchSize = batchSize }).Should().BeEmpty();

        data.Skipped.Should().HaveCount(9);
        data.Read(Options(data) with { Order = [] }).Should().BeEmpty();
    }

    [Fact]
    public void Batches_lie_channels_last_and_networks_need_not_copy_them()
    {
        using var folder = new TemporaryFolder();
        TwoClasses(folder);
        folder.Write("a/broken.jpg", "not a picture at all"u8);
        var data = ImageFolder.Open(folder.Path, new ImageOptions { Unreadable = UnreadableImages.Skip });
        foreach (var batch in data.Read(Options(data)))
        {
            using (batch)
            using (torch.NewDisposeScope())
            {
                batch.Images.stride().Should().Equal(3 * 20 * 20, 1, 3 * 20, 3);
                var received = MemoryLayout.ChannelsLast(batch.Images);
                received.stride().Should().Equal(batch.Images.stride());
                received[0, 0, 0, 0] = 42;
                batch.Images[0, 0, 0, 0].item<float>().Should().Be(42, "it is the same memory");
            }
        }
    }

    [Fact]
    public void Page_locked_memory_changes_no_number()
    {
        using var folder = new TemporaryFolder();
        var data = TwoClasses(folder);
        Numbers(data.Read(Options(data) with { PinMemory = true })).Should().Equal(Numbers(data.Read(Options(data))));
    }

    [SkippableFact]
    public void No_thread_outlives_the_enumeration_however_it_ends()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Threads are told by their names, which only Linux shows.");
        using var folder = new TemporaryFolder();
        var data = TwoClasses(folder);
        var options = Options(data) with { BatchSize = 1, Workers = 3 };

        Numbers(data.Read(options));
        using (var reader = data.Read(options).GetEnumerator())
        {
            reader.MoveNext();
            LoaderThreadCount().Should().BeGreaterThan(0);
            reader.Current.Dispose();
        }

        using (var never = data.Read(options).GetEnumerator())
        {
        }

        using var cancellation = new CancellationTokenSource();
        var reading = () =>
        {
            foreach (var batch in data.Read(options, cancellation.Token))
            {
                batch.Dispose();
                cancellation.Cancel();
            }
        };
        reading.Should().Throw<OperationCanceledException>();

        folder.Write("b/9.jpg", "not a picture at all"u8);
        var damaged = ImageFolder.Open(folder.Path);
        damaged.Invoking(d => Numbers(d.Read(Options(d) with { BatchSize = 1, Workers = 3 }))).Should().Throw<ImageException>();

        var failing = data.With(new ImageOptions
        {
            EvaluateTransforms = _ => new(new Lambda("fails", (_, _) => throw new DivideByZeroException()), new CenterCrop(20)),
        });
        failing.Invoking(d => Numbers(d.Read(options))).Should().Throw<DivideByZeroException>();

        // A joined thread leaves the kernel's list a moment later.
        SpinWait.SpinUntil(() => LoaderThreadCount() == 0, TimeSpan.FromSeconds(10)).Should().BeTrue();
    }

    private static int LoaderThreadCount() =>
        Directory.GetDirectories("/proc/self/task").Count(task => NameOf(task).StartsWith("Image loader"));

    private static string NameOf(string task)
    {
        try
        {
            return File.ReadAllText(Path.Join(task, "comm"));
        }
        catch (IOException)
        {
            return ""; // ended in between
        }
    }

    [Fact]
    public void Reading_leaves_no_tensor_behind()
    {
        using var folder = new TemporaryFolder();
        var data = TwoClasses(folder);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        Numbers(data.Read(Options(data) with { BatchSize = 2 }));
        data.Read(Options(data) with { BatchSize = 1 }).First().Dispose();

        DisposeScopeManager.Statistics.ThreadTotalLiveCount.Should().Be(before);
    }

    [Fact]
    public void Impossible_options_are_refused_at_once()
    {
        using var folder = new TemporaryFolder();
        var data = TwoClasses(folder);
        data.Invoking(d => d.Read(Options(d) with { BatchSize = 0 })).Should().Throw<ArgumentOutOfRangeException>();
        data.Invoking(d => d.Read(Options(d) with { Order = [d.Count] })).Should().Throw<ArgumentOutOfRangeException>();
        data.Invoking(d => d.Read(Options(d) with { Workers = -1 })).Should().Throw<ArgumentOutOfRangeException>();
    }

    private sealed class SameNumbers : IEqualityComparer<float[]>
    {
        public bool Equals(float[]? x, float[]? y) => x!.SequenceEqual(y!);

        public int GetHashCode(float[] obj) => obj.Length;
    }

    private static ImageFolder TwoClasses(TemporaryFolder folder)
    {
        foreach (var label in new[] { "a", "b" })
            foreach (var picture in Pictures)
                folder.Write($"{label}/{Array.IndexOf(Pictures, picture)}{Path.GetExtension(picture)}",
                    File.ReadAllBytes(Fixture.PathOf(picture)));
        return ImageFolder.Open(folder.Path);
    }

    private static ReadOptions Options(Dataset data) => new()
    {
        Preprocessing = Small,
        Order = [.. Enumerable.Range(0, data.Count)],
        BatchSize = 4,
    };

    private static float[] Numbers(IEnumerable<Batch> batches, List<long>? labels = null)
    {
        var numbers = new List<float>();
        foreach (var batch in batches)
        {
            numbers.AddRange(batch.Images.data<float>().ToArray());
            labels?.AddRange(batch.Targets.data<long>().ToArray());
            batch.Dispose();
        }

        return [.. numbers];
    }
}
