using System.IO.Compression;

namespace TransferKit.Vision.Tests;

public class ArchiveFolderTests
{
    [Theory]
    [InlineData("flowers.zip")]
    [InlineData("gnu.tar")]
    [InlineData("pax.tar")]
    public void An_archive_of_a_folder_is_opened_as_the_folder(string file)
    {
        var data = ImageFolder.Open(ShardFixture.PathOf(file));

        data.ClassNames.Should().Equal("daisy", "rose", "tulip");
        data.Labels.Should().Equal(0, 0, 1, 2, 2);
        data.Sources.Select(source => Path.GetFileName(source.Name)).Should()
            .Equal("1.jpg", "4.png", "2.png", "0.jpg", "3.webp");
        foreach (var source in data.Sources)
            ShardFixture.Read(source).Should().Equal(ShardFixture.Picture(Path.GetFileName(source.Name)[0] - '0'));
        data.Root.Should().Be(Path.Join(ShardFixture.PathOf(file), "flowers"));
        data.SplitByNames(["2.png", file == "flowers.zip" ? "daisy/1.jpg" : "1.jpg"]).Validation.Labels.Should().Equal(0, 1);
        if (file == "flowers.zip")
            data.Ignored.Should().ContainSingle().Which.Should().EndWith("read me.txt");
        data.Inspect().Unreadable.Should().BeEmpty();
    }

    [Fact]
    public void It_has_the_same_samples_in_the_same_order_as_the_folder_on_the_disk()
    {
        using var folder = new TemporaryFolder();
        ZipFile.ExtractToDirectory(ShardFixture.PathOf("flowers.zip"), folder.Path);
        foreach (var name in new[] { "flowers/a b/1.jpg", "flowers/a b/.x/2.jpg", "flowers/a b/Z/3.jpg", "flowers/a b/z.jpg", "flowers/B/1.gif" })
            folder.Write(name);
        var packed = Path.Join(folder.Path, "packed.zip");
        ZipFile.CreateFromDirectory(Path.Join(folder.Path, "flowers"), packed);

        var (onDisk, inArchive) = (ImageFolder.Open(Path.Join(folder.Path, "flowers")), ImageFolder.Open(packed));

        inArchive.ClassNames.Should().Equal(onDisk.ClassNames);
        inArchive.Labels.Should().Equal(onDisk.Labels);
        inArchive.Sources.Select(source => Path.GetRelativePath(packed, source.Name)).Should()
            .Equal(onDisk.Sources.Select(source => Path.GetRelativePath(Path.Join(folder.Path, "flowers"), source.Name)));
    }

    [Fact]
    public void Parts_in_an_archive_are_opened_as_those_of_a_folder()
    {
        using var folder = new TemporaryFolder();
        var path = Zip(folder, "set/train/a/1.jpg", "set/train/b/2.jpg", "set/val/b/3.jpg", @"set\test\a\4.jpg");

        var splits = ImageFolder.OpenSplits(path);

        splits.ToString().Should().Be("2 training, 1 validation and 1 test pictures");
        splits.Validation!.Labels.Should().Equal(1);
        Failure(() => ImageFolder.Open(path)).Should().Contain("is split already, into train, val, test");
        ImageFolder.Open(Zip(folder, "a/1.jpg", "b/2.jpg"), classes: ["b", "a"]).Labels.Should().Equal(1, 0);
    }

    [Fact]
    public void What_is_no_archive_of_class_folders_is_an_error()
    {
        using var folder = new TemporaryFolder();
        var whole = File.ReadAllBytes(ShardFixture.PathOf("flowers.zip"));
        Failure(() => ImageFolder.Open(folder.Write("cut.zip", whole.AsSpan(0, 2000)))).Should().Contain("is truncated, or no zip archive");
        Failure(() => ImageFolder.Open(folder.Write("flowers.rar"))).Should().Contain("not a folder, nor a zip or tar archive");
        Failure(() => ImageFolder.Open(folder.Write("flowers.tgz", [0x1F, 0x8B, 8]))).Should().Contain("gunzip");
        Failure(() => ImageFolder.Open(Zip(folder, "1.jpg", "2.jpg"))).Should().Contain("has no subfolder");
        Failure(() => ImageFolder.Open(Zip(folder, "a/1.jpg", "b/1.txt"))).Should().Contain("holds no picture");

        var data = ImageFolder.Open(Zip(folder, "a/1.jpg", "b/2.jpg"));
        File.Delete(data.Root);
        data.Sources[0].Invoking(source => ShardFixture.Read(source)).Should().Throw<ImageException>();
    }

    private static string Zip(TemporaryFolder folder, params string[] names)
    {
        var path = Path.Join(folder.Path, $"{Guid.NewGuid()}.zip");
        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var name in names)
            archive.CreateEntry(name);
        return path;
    }

    private static string Failure(Func<object> open) => open.Should().Throw<DatasetException>().Which.Message;
}
