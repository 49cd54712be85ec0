using System.Formats.Tar;
using System.Text;
using Microsoft.Extensions.Logging;

namespace TransferKit.Vision.Tests;

public class WebDatasetTests
{
    private static readonly string Shards = ShardFixture.PathOf("train-{000000..000001}.tar");

    [Fact]
    public void Shards_of_the_WebDataset_library_are_read_as_it_wrote_them()
    {
        var data = WebDataset.Open(Shards);

        data.Shards.Select(Path.GetFileName).Should().Equal("train-000000.tar", "train-000001.tar");
        data.ClassNames.Should().Equal("0", "1", "2");
        data.Labels.Should().Equal(0, 1, 2, 0, 1);
        ShardFixture.Names(data, "train-000000.tar").First().Should().Be("train/000000.jpg");
        for (var i = 0; i < data.Count; i++)
            ShardFixture.Read(data.Sources[i]).Should().Equal(ShardFixture.Picture(i));
        data.Ignored.Should().BeEmpty();
        data.Inspect().Unreadable.Should().BeEmpty();
        WebDataset.Open(ShardFixture.PathOf("train-*.tar")).Sources.Select(source => source.Name)
            .Should().Equal(data.Sources.Select(source => source.Name));
    }

    [Fact]
    public void Classes_are_numbers_or_names_as_the_files_tell()
    {
        var byField = WebDataset.Open(Shards, "json");
        byField.ClassNames.Should().Equal("daisy", "rose", "tulip");
        byField.Labels.Should().Equal(2, 0, 1, 2, 0);

        var named = WebDataset.Open(Shards, classes: ["tulip", "daisy", "rose", "lily"]);
        named.ClassNames.Should().Equal("tulip", "daisy", "rose", "lily");
        named.Labels.Should().Equal(0, 1, 2, 0, 1);
        WebDataset.Open(Shards, "json", classes: ["rose", "tulip", "daisy"]).Labels.Should().Equal(1, 2, 0, 1, 2);

        using var folder = new TemporaryFolder();
        var text = Write(folder, "t.tar", ("1.jpg", "x"), ("1.cls", " rose\n"), ("2.jpg", "x"), ("2.cls", "7"));
        WebDataset.Open(text).ClassNames.Should().Equal(["7", "rose"], "not all are numbers");
        var years = Write(folder, "y.tar", ("1.jpg", "x"), ("1.txt", "1990"), ("2.jpg", "x"), ("2.txt", "1991"));
        WebDataset.Open(years, "cls;txt").ClassNames.Should().Equal(["1990", "1991"], "only cls holds numbers of classes");
    }

    [Fact]
    public void Samples_can_be_read_for_datasets_of_other_kinds()
    {
        var samples = WebDataset.ReadSamples(Shards);

        samples[1].Key.Should().Be("train/000001");
        samples[1].Extensions.Should().BeEquivalentTo("jpg", "cls", "json", "tags.txt");
        samples[1].Text("txt;cls").Should().Be("1");
        var data = ImageList.CreateMultiLabel(samples.Select(sample =>
            (sample.Image, (IReadOnlyCollection<string>)sample.Text("tags.txt").Split(' ', StringSplitOptions.RemoveEmptyEntries))));
        data.ClassNames.Should().Equal("daisy", "tulip");
        data.Targets.Values[2].Should().Equal(1, 1);
        samples[0].Invoking(sample => sample.Text("txt")).Should().Throw<DatasetException>()
            .WithMessage("*'train/000000'*has no file 'txt'; it has cls, jpg, json, tags.txt.");
    }

    [Fact]
    public void Files_are_grouped_as_the_library_groups_them()
    {
        using var folder = new TemporaryFolder();
        // Up to the first dot of the file's name, which folders may have too; extensions in any case; files about the shard apart.
        var shard = Write(folder, "a.tar", ("__index__.json", "{}"), ("v1.0/a.JPG", "x"), ("v1.0/a.Cls", "1"), ("README", "?"),
            ("v1.0/a.seg.bin", "x"), ("b.jpg", "x"), ("b.cls", "0"));
        var logger = new RecordingLogger();

        var data = WebDataset.Open(shard, options: new ImageOptions { Logger = logger });

        data.Labels.Should().Equal(1, 0);
        data.Sources[0].Name.Should().Be(Path.Join(shard, "v1.0/a.jpg"));
        data.Ignored.Should().Equal(Path.Join(shard, "README"));
        logger.Lines.Should().ContainSingle(line => line.Level == LogLevel.Warning && line.Message.StartsWith("1 files in '"));
        WebDataset.ReadSamples(shard)[0].Extensions.Should().BeEquivalentTo("jpg", "cls", "seg.bin");
    }

    [Theory]
    [InlineData("*has no picture*it has heic, cls*imageExtension*", "1.heic", "1.cls")]
    [InlineData("*'1'*has several pictures, jpg and mask.png; say which*", "1.jpg", "1.mask.png", "1.cls")]
    [InlineData("*'1'*has no file 'cls'; it has jpg, txt. Say which tells its class with labelExtension.", "1.jpg", "1.txt")]
    [InlineData("*holds '1.jpg' twice*", "1.jpg", "1.jpg")]
    [InlineData("There are no samples in *", "README")]
    [InlineData("*1.cls' is empty*", "1.jpg", "1.cls")]
    public void What_is_no_sample_is_an_error(string message, params string[] files)
    {
        using var folder = new TemporaryFolder();
        var shard = Write(folder, "a.tar", [.. files.Select(file => (file, ""))]);

        FluentActions.Invoking(() => WebDataset.Open(shard)).Should().Throw<DatasetException>().WithMessage(message)
            .Which.Path.Should().StartWith(shard);
    }

    [Fact]
    public void A_label_that_is_none_of_the_classes_is_an_error_with_the_sample()
    {
        using var folder = new TemporaryFolder();
        Refused("5", ["a", "b"]).Should().Contain("1.jpg' is 5, and the 2 classes a, b have the numbers 0 to 1");
        Refused("-1", ["a", "b"]).Should().Contain("unknown or kept secret");
        Refused("""{"label": "rosa"}""", ["0", "rose"], "json").Should().Contain("'rosa'").And.Contain("Did you mean rose?");
        Refused("1000000").Should().Contain("go up to 1000000, though there are 2 samples");
        Refused("0").Should().Contain("All samples are of one class, '0'");
        Refused("""{"labels": 1}""", extension: "json").Should().Contain("has no field 'label'; its fields are labels");
        Refused("""{"label": [1]}""", extension: "json").Should().Contain("is [1], neither");
        Refused("{", extension: "json").Should().Contain("is no JSON");

        string Refused(string label, string[]? classes = null, string extension = "cls")
        {
            var shard = Write(folder, $"{Guid.NewGuid()}.tar", ("0.jpg", "x"), ($"0.{extension}", extension == "json" ? """{"label": 0}""" : "0"),
                ("1.jpg", "x"), ($"1.{extension}", label));
            return FluentActions.Invoking(() => WebDataset.Open(shard, extension, classes: classes)).Should()
                .Throw<DatasetException>().Which.Message;
        }
    }

    [Fact]
    public void Archives_that_cannot_be_read_are_named_with_what_to_do()
    {
        using var folder = new TemporaryFolder();
        var whole = File.ReadAllBytes(ShardFixture.PathOf("train-000000.tar"));
        Refused("cut.tar", whole[..3000]).Should().Contain("is truncated after 'train/000000.jpg'");
        Refused("start.tar", whole[..100]).Should().Contain("truncated before its first file ends");
        Refused("empty.tar", []).Should().Contain("is empty");
        Refused("text.tar", Encoding.ASCII.GetBytes(new string('x', 1024))).Should().Contain("no tar archive");
        Refused("packed.tar.gz", [0x1F, 0x8B, 8, 0, 0]).Should().Contain("compressed by gzip").And.Contain("gunzip");
        Failure(folder.Path).Should().Contain("is a folder").And.Contain("train-*.tar").And.Contain("cut.tar");
        Failure(Path.Join(folder.Path, "no.tar")).Should().Contain("does not exist").And.Contain("cut.tar");
        Failure(Path.Join(folder.Path, "no-*.tar")).Should().Contain("No file is called").And.Contain("cut.tar");
        Failure("https://example.org/{00..09}.tar").Should().Contain("is an address; download");
        Failure(Path.Join(folder.Path, "x*", "a.tar")).Should().Contain("wildcard in a folder's name");
        Failure(Path.Join(folder.Path, "{cut,cut}.tar")).Should().Contain("more than once");

        string Refused(string name, byte[] content) => Failure(folder.Write(name, content));
        static string Failure(string shards) =>
            FluentActions.Invoking(() => WebDataset.Open(shards)).Should().Throw<DatasetException>().Which.Message;
    }

    [Fact]
    public void A_shard_that_changes_later_is_an_error_of_its_pictures()
    {
        using var folder = new TemporaryFolder();
        var shard = Write(folder, "a.tar", ("1.jpg", "x"), ("1.cls", "0"), ("2.jpg", "x"), ("2.cls", "1"));
        var data = WebDataset.Open(shard);
        File.AppendAllText(shard, " ");
        data.Sources[0].Invoking(source => ShardFixture.Read(source)).Should().Throw<ImageException>()
            .WithMessage("*has changed since the dataset was opened*");
        File.Delete(shard);
        data.Sources[0].Invoking(source => ShardFixture.Read(source)).Should().Throw<ImageException>().WithMessage("*does not exist*");
    }

    /// <summary>Writes a tar archive of texts.</summary>
    internal static string Write(TemporaryFolder folder, string name, params (string Name, string Text)[] files)
    {
        var path = folder.Write(name);
        using var writer = new TarWriter(File.Create(path));
        foreach (var (file, text) in files)
            writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, file) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) });
        return path;
    }
}
