using Microsoft.Extensions.Logging;

namespace TransferKit.Vision.Tests;

public class ImageFolderTests
{
    [Fact]
    public void Classes_and_files_come_in_torchvisions_order()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[]
                 {
                     "b/2.JPG", "b/10.png", "B/x.webp", "a/deep/er/1.gif", "a/z.bmp", "a/notes.txt", "a/.hidden.jpg",
                     ".git/1.jpg", "a/.thumbs/2.jpg", "readme.jpg",
                 })
            folder.Write(name);

        var data = ImageFolder.Open(folder.Path);

        data.ClassNames.Should().Equal("B", "a", "b");
        data.Sources.Select(source => Path.GetRelativePath(folder.Path, source.Name).Replace('\\', '/'))
            .Should().Equal("B/x.webp", "a/z.bmp", "a/deep/er/1.gif", "b/10.png", "b/2.JPG");
        data.Labels.Should().Equal(0, 1, 1, 2, 2);
        data.Root.Should().Be(folder.Path);
    }

    [Fact]
    public void Pictures_without_classes_are_found_in_the_folder_and_below()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "2.jpg", "1.png", "a/3.jpg", "a/b/4.webp", "notes.txt", ".hidden.jpg" })
            folder.Write(name);

        var pool = ImageFolder.OpenUnlabeled(folder.Path);

        pool.Sources.Select(source => Path.GetRelativePath(folder.Path, source.Name).Replace('\\', '/'))
            .Should().Equal("1.png", "2.jpg", "a/3.jpg", "a/b/4.webp");
        pool.ClassNames.Should().Equal("unlabeled");
        pool.Labels.Should().OnlyContain(label => label == 0);
        pool.Ignored.Should().ContainSingle().Which.Should().EndWith("notes.txt");
        var archive = Path.Join(folder.Path, "..", $"{Path.GetFileName(folder.Path)}.zip");
        try
        {
            System.IO.Compression.ZipFile.CreateFromDirectory(folder.Path, archive);
            ImageFolder.OpenUnlabeled(archive).Sources.Select(source => Path.GetFileName(source.Name))
                .Should().Equal("1.png", "2.jpg", "3.jpg", "4.webp");
        }
        finally
        {
            File.Delete(archive);
        }
        using var empty = new TemporaryFolder();
        empty.Invoking(it => ImageFolder.OpenUnlabeled(it.Path)).Should().Throw<DatasetException>().WithMessage("*holds no picture*");
        empty.Invoking(it => ImageFolder.OpenUnlabeled(Path.Join(it.Path, "none"))).Should().Throw<DatasetException>()
            .WithMessage("*does not exist; give a folder of pictures.");
        empty.Invoking(it => ImageFolder.Open(it.Path)).Should().Throw<DatasetException>().WithMessage("*OpenUnlabeled*");
    }

    [Fact]
    public void Pictures_to_label_are_copied_in_their_order()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "a/1.png", "b/1.png", "2.png" })
            folder.Write(name, File.ReadAllBytes(Fixture.PathOf("rgb_97x61.png")));
        var pool = ImageFolder.OpenUnlabeled(folder.Path);
        int[] chosen = [2, 0, 1];
        var selection = new LabelingSelection
        {
            Pool = pool, Strategy = LabelingStrategy.Margin,
            Samples = [.. chosen.Select(index => new SampleToLabel
            {
                Index = index, Name = "", Suggested = "", Probability = 1, Margin = 1, Entropy = 0,
            })],
        };
        File.Delete(pool.Sources[0].Name);

        var files = selection.CopyTo(Path.Join(folder.Path, "to label"));

        files.Select(Path.GetFileName).Should().Equal("001-1.png", "003-1.png");
        File.ReadAllBytes(files[0]).Should().Equal(File.ReadAllBytes(Fixture.PathOf("rgb_97x61.png")));
    }

    [Fact]
    public void Files_that_are_no_pictures_are_counted_and_named_in_one_warning()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[]
                 {
                     "a/1.jpg", "a/2.heic", "a/new/3.HEIC", "a/4.avif", "b/1.jpg", "b/notes.txt", "b/README", "b/.hidden.heic",
                     "x.heic",
                 })
            folder.Write(name);
        var logger = new RecordingLogger();

        var data = ImageFolder.Open(folder.Path, new ImageOptions { Logger = logger });

        data.Count.Should().Be(2);
        data.Ignored.Select(path => Path.GetRelativePath(folder.Path, path).Replace('\\', '/'))
            .Should().BeEquivalentTo("a/2.heic", "a/new/3.HEIC", "a/4.avif", "b/notes.txt", "b/README");
        data.Subset([0]).Ignored.Should().Equal(data.Ignored);
        data.With(new ImageOptions()).Ignored.Should().Equal(data.Ignored);
        var warning = logger.Lines.Should().ContainSingle().Which;
        warning.Level.Should().Be(LogLevel.Warning);
        warning.Message.Should()
            .StartWith($"5 files in the class folders of '{folder.Path}' are ignored, as they are no pictures that can be read: ")
            .And.Contain("2 .heic (HEIC, such as '").And.Contain("1 .avif (AVIF, such as '")
            .And.Contain("1 .txt (such as '").And.Contain("1 without extension (such as '");
        data.Inspect().Ignored.Should().Equal(data.Ignored);
        data.Inspect().ToString().Should().Contain("Ignored, as they are no pictures that can be read: 2 .heic (HEIC");
    }

    [SkippableFact]
    public void Links_are_followed_to_where_the_dataset_has_not_been()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "data/a/1.jpg", "data/b/2.jpg", "elsewhere/3.jpg" })
            folder.Write(name);
        Link("data/a/more", "elsewhere");

        Names(ImageFolder.Open(Path.Join(folder.Path, "data"))).Should().HaveCount(3);
        foreach (var (link, target, found) in new[]
                 {
                     ("data/a/all", "data", "data/a/all"), ("data/a/up", "", "data/a/up"),
                     ("data/a/other", "data/b", "data/a/other"), ("data/c", "data/b", "data/c"),
                     ("elsewhere/again", "elsewhere", "data/a/more/again"),
                 })
        {
            var path = Link(link, target);
            Failure(Path.Join(folder.Path, "data")).Message.Should()
                .Contain($"'{Path.Join(folder.Path, found)}'").And.Contain("remove");
            Directory.Delete(path);
        }

        string Link(string name, string target)
        {
            var path = Path.Join(folder.Path, name);
            try
            {
                Directory.CreateSymbolicLink(path, Path.Join(folder.Path, target));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                Skip.If(OperatingSystem.IsWindows(), "Windows makes links only for some users.");
                throw;
            }

            return path;
        }
    }

    [Fact]
    public void A_missing_folder_is_named()
    {
        var missing = Path.Join(Path.GetTempPath(), "no such folder");
        Failure(missing).Path.Should().Be(missing);
        Failure(missing).Message.Should().Contain(missing).And.Contain("does not exist");
    }

    [Fact]
    public void A_file_in_place_of_the_folder_is_called_a_file()
    {
        using var folder = new TemporaryFolder();
        Failure(folder.Write("photos.rar")).Message.Should().Contain("is a file, not a folder");
    }

    [Fact]
    public void One_class_is_not_enough()
    {
        using var folder = new TemporaryFolder();
        Failure(folder.Path).Message.Should().Contain("no subfolder");
        folder.Write("only/1.jpg");
        Failure(folder.Path).Message.Should().Contain("only the subfolder 'only'").And.NotContain("\n");
    }

    [Fact]
    public void A_class_without_pictures_is_named()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a/1.jpg");
        var empty = Path.GetDirectoryName(folder.Write("b/readme.txt"));
        Failure(folder.Path).Path.Should().Be(empty);
        Failure(folder.Path).Message.Should().Contain("holds no picture (.jpg, .jpeg, .jpe, .jfif, .png, ")
            .And.Contain("but 1 .txt (such as '");
    }

    [Fact]
    public void A_folder_is_opened_with_the_classes_of_a_model()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "rose/1.jpg", "daisy/1.jpg", "daisy/2.jpg" })
            folder.Write(name);
        Directory.CreateDirectory(Path.Join(folder.Path, "lily"));

        var data = ImageFolder.Open(folder.Path, classes: ["tulip", "rose", "lily", "daisy"]);

        data.ClassNames.Should().Equal("tulip", "rose", "lily", "daisy");
        data.Labels.Should().Equal(3, 3, 1);
        ImageFolder.Open(folder.Path, new ImageOptions { ApplyOrientation = false }, ["rose", "daisy", "lily"]).Options.ApplyOrientation.Should().BeFalse();
        Failed(["rose", "Daisy", "lily"]).Message.Should().Contain("is of none of the classes rose, Daisy, lily. Did you mean Daisy?");
        Failed(["rose", "Daisy", "lily"]).Path.Should().EndWith("daisy");
        folder.Invoking(one => ImageFolder.Open(one.Path, classes: ["rose", "daisy", "rose"])).Should().Throw<ArgumentException>().WithMessage("*'rose' is named twice*");
        folder.Invoking(one => ImageFolder.Open(one.Path, classes: [])).Should().Throw<ArgumentException>();
        Directory.Delete(Path.Join(folder.Path, "rose"), recursive: true);
        Directory.Delete(Path.Join(folder.Path, "daisy"), recursive: true);
        Failed(["rose", "lily"]).Message.Should().EndWith("holds no picture of any of the classes rose, lily.");

        DatasetException Failed(string[] classes) =>
            folder.Invoking(one => ImageFolder.Open(one.Path, classes: classes)).Should().Throw<DatasetException>().Which;
    }

    [Fact]
    public void Parts_are_datasets_of_pictures_too()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg" })
            folder.Write(name);
        var data = ImageFolder.Open(folder.Path);

        var (train, validation) = data.Split(0.5);
        train.Sources.Concat(validation.Sources).Should().BeEquivalentTo(data.Sources);
        data.SplitByGroup(0.5, data.GroupsBy(source => source.Name)).Train.Options.Should().Be(data.Options);
        data.KFold(2).Should().OnlyContain(split => split.Validation.Sources.Count == 2);
        Dataset any = data;
        DatasetSplit split = any.Split(0.5);
        split.Should().BeOfType<ImageSplit>();
        split.Train.Labels.Should().Equal(train.Labels);
    }

    [Fact]
    public void A_subset_keeps_classes_and_order()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "a/1.jpg", "a/2.jpg", "b/1.jpg" })
            folder.Write(name);
        var data = ImageFolder.Open(folder.Path);

        var subset = data.Subset([2, 0]);

        subset.ClassNames.Should().Equal("a", "b");
        subset.Labels.Should().Equal(1, 0);
        subset.Sources.Should().Equal(data.Sources[2], data.Sources[0]);
        data.Invoking(d => d.Subset([3])).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void A_split_depends_on_its_seed_alone_and_shares_no_sample()
    {
        using var folder = new TemporaryFolder();
        for (var i = 0; i < 40; i++)
            folder.Write($"{(i % 4 == 0 ? "a" : "b")}/{i}.jpg");
        var data = ImageFolder.Open(folder.Path);

        var split = data.Split(0.7, seed: 5);
        var again = ImageFolder.Open(folder.Path).Split(0.7, seed: 5);
        var other = data.Split(0.7, seed: 6);

        Names(split.Train).Should().Equal(Names(again.Train)).And.NotEqual(Names(other.Train));
        Names(split.Train).Concat(Names(split.Validation)).Should().BeEquivalentTo(Names(data)).And.OnlyHaveUniqueItems();
        split.Train.Labels.Count(label => label == 0).Should().Be(7);
        split.Train.Labels.Count(label => label == 1).Should().Be(21);
    }

    [Theory]
    [InlineData("train", "val", "test")]
    [InlineData("Train", "Validation", "Test")]
    [InlineData("training", "valid", "testing")]
    public void Subfolders_may_split_the_data_already(string train, string validation, string test)
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "a/1.jpg", "b/2.jpg", "c/3.jpg" })
            folder.Write($"{train}/{name}");
        folder.Write($"{validation}/c/4.jpg");
        folder.Write($"{validation}/b/5.jpg");
        folder.Write($"{test}/b/6.jpg");

        var splits = ImageFolder.OpenSplits(folder.Path);

        splits.Train.Labels.Should().Equal(0, 1, 2);
        splits.Validation!.Labels.Should().Equal(1, 2);
        splits.Validation.ClassNames.Should().Equal("a", "b", "c");
        splits.Test!.Labels.Should().Equal(1);
        splits.Test.Root.Should().Be(Path.Join(folder.Path, test));
    }

    [Fact]
    public void Subfolders_that_are_no_split_get_one_clear_line()
    {
        using var folder = new TemporaryFolder();
        folder.Write("val/a/1.jpg");
        SplitFailure().Should().Contain("no subfolder 'train'");
        folder.Write("train/a/1.jpg");
        folder.Write("train/b/1.jpg");
        ImageFolder.OpenSplits(folder.Path).Test.Should().BeNull();
        var extra = folder.Write("val/bb/1.jpg");
        SplitFailure().Should().Contain(Path.GetDirectoryName(extra)).And.Contain("Did you mean b?");
        folder.Write("valid/a/1.jpg");
        SplitFailure().Should().Contain("val").And.Contain("keep one");
        Directory.Delete(Path.Join(folder.Path, "val"), recursive: true);
        Directory.Delete(Path.Join(folder.Path, "valid"), recursive: true);
        SplitFailure().Should().Contain("neither 'val' nor 'test'");

        string SplitFailure() =>
            FluentActions.Invoking(() => ImageFolder.OpenSplits(folder.Path)).Should().Throw<DatasetException>().Which.Message;
    }

    [Fact]
    public void All_usual_extensions_of_JPEG_are_taken()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "a/1.jpg", "a/2.JPEG", "b/3.jpe", "b/4.jfif" })
            folder.Write(name);

        ImageFolder.Open(folder.Path).Count.Should().Be(4);
    }

    [Theory]
    [InlineData("train", "val")]
    [InlineData("Train", "validation")]
    [InlineData("training", "test")]
    public void The_root_of_a_split_is_not_taken_for_two_classes(string train, string other)
    {
        using var folder = new TemporaryFolder();
        foreach (var part in new[] { train, other })
            foreach (var name in new[] { "a/1.jpg", "b/2.jpg" })
                folder.Write($"{part}/{name}");

        var failure = Failure(folder.Path);

        failure.Path.Should().Be(folder.Path);
        failure.Message.Should().Contain($"is split already, into {train}, {other}").And.EndWith("ImageFolder.OpenSplits.");
        ImageFolder.OpenSplits(folder.Path).Train.Count.Should().Be(2);
    }

    [Fact]
    public void Classes_may_be_called_as_the_parts_of_a_split_are()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "train/1.jpg", "train/at night/2.jpg", "test/3.jpg" })
            folder.Write(name);

        ImageFolder.Open(folder.Path).ClassNames.Should().Equal("test", "train");
    }

    [Fact]
    public void The_parts_of_a_split_share_the_room_of_one_cache()
    {
        using var folder = new TemporaryFolder();
        foreach (var part in new[] { "train", "val", "test" })
            foreach (var name in new[] { "a/1.jpg", "b/2.jpg" })
                folder.Write($"{part}/{name}");

        var splits = ImageFolder.OpenSplits(folder.Path, new ImageOptions { Cache = new PixelCacheOptions() });

        splits.Train.Cache.Should().NotBeNull();
        splits.Validation!.Cache.Should().BeSameAs(splits.Train.Cache);
        splits.Test!.Cache.Should().BeSameAs(splits.Train.Cache);
        ImageFolder.OpenSplits(folder.Path).Test!.Cache.Should().BeNull();
    }

    private static IEnumerable<string> Names(Dataset data) => ((ImageDataset)data).Sources.Select(source => source.Name);

    private static DatasetException Failure(string path) =>
        FluentActions.Invoking(() => ImageFolder.Open(path)).Should().Throw<DatasetException>().Which;
}
