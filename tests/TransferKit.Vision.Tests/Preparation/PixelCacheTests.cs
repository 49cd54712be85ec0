namespace TransferKit.Vision.Tests;

public class PixelCacheTests
{
    // Of large.jpg, decoded.
    private static readonly long OnePicture = CachedImage.LengthOf(new(203, 151));

    [SkippableFact]
    public void The_file_has_no_name_so_that_a_killed_process_leaves_none_behind()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows deletes the file itself when the process ends.");
        using var folder = new TemporaryFolder();
        var data = Pictures(new PixelCacheOptions { MemoryBytes = 0, FileBytes = 2 * OnePicture, Folder = folder.Path });

        Read(data);

        data.Cache!.Count.Should().Be(1);
        Directory.GetFiles(folder.Path).Should().BeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_damaged_picture_takes_no_room(bool inFile)
    {
        using var folder = new TemporaryFolder();
        var data = Pictures(new PixelCacheOptions
        {
            MemoryBytes = inFile ? 0 : OnePicture,
            FileBytes = inFile ? OnePicture : 0,
            Folder = folder.Path,
        });

        for (var epoch = 0; epoch < 2; epoch++)
            Read(data);

        data.Skipped.Should().ContainSingle();
        data.Cache!.Count.Should().Be(1, "the sound picture, which comes later, has room");
    }

    [Fact]
    public void A_file_that_cannot_be_made_is_reported_with_its_size()
    {
        using var culture = new OtherCulture();
        var missing = Path.Join(Path.GetTempPath(), "no such folder");

        var opening = () => Pictures(new PixelCacheOptions { FileBytes = 1_000_000, Folder = missing });

        opening.Should().Throw<DatasetException>()
            .WithMessage("The cache file '*' of 1,000,000 bytes can't be made: *; give another Folder, or fewer FileBytes.");
    }

    /// <summary>A picture of which the end is missing, and then the same one whole.</summary>
    private static ImageList Pictures(PixelCacheOptions cache)
    {
        var file = File.ReadAllBytes(Fixture.PathOf("large.jpg"));
        return ImageList.Create(
            [(ImageSource.FromBytes(file.AsMemory(0, file.Length - 3)), "damaged"), (ImageSource.FromBytes(file), "sound")],
            new ImageOptions { Unreadable = UnreadableImages.Skip, Cache = cache });
    }

    private static void Read(ImageDataset data)
    {
        var options = new ReadOptions { Preprocessing = Preprocessing.ImageNet, Order = [0, 1], BatchSize = 2, Workers = 1 };
        foreach (var batch in data.Read(options))
            batch.Dispose();
    }
}
