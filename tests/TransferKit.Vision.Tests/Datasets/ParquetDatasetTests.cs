namespace TransferKit.Vision.Tests;

public class ParquetDatasetTests
{
    private static readonly string Shards = ShardFixture.PathOf("train-*.parquet");

    [Fact]
    public void Files_of_the_datasets_library_are_read_with_the_names_of_their_classes()
    {
        var data = ParquetDataset.Open(Shards);

        data.ClassNames.Should().Equal("tulip", "daisy", "rose");
        data.Labels.Should().Equal(0, 1, 2, 0, 1);
        ShardFixture.Names(data, "train-00000-of-00002.parquet").Should().Equal(
            "a/grey.jpg", "row 1", "c/grey.png", "../train-00001-of-00002.parquet/row 0", "../train-00001-of-00002.parquet/row 1");
        ShouldHoldThePictures(data);
        data.Inspect().Unreadable.Should().BeEmpty();
    }

    [Theory]
    [InlineData("text.parquet")] // a dictionary, gzip
    [InlineData("large.parquet")] // 64-bit offsets, LZ4
    [InlineData("delta.parquet")] // differences, Brotli
    public void Bytes_and_text_are_read_however_they_are_encoded(string file)
    {
        var data = ParquetDataset.Open(ShardFixture.PathOf(file));

        data.ClassNames.Should().Equal("daisy", "rose", "tulip");
        data.Labels.Should().Equal(2, 0, 1, 2, 0);
        ShouldHoldThePictures(data);
    }

    [Fact]
    public void What_is_missing_stays_in_its_place()
    {
        var data = ParquetDataset.OpenMultiLabel(ShardFixture.PathOf("lists.parquet"));

        data.ClassNames.Should().Equal("tulip", "daisy", "rose");
        data.Targets.Values.Select(values => string.Concat(values)).Should().Equal("100", "101", "000", "000", "010");
        ShardFixture.Names(data, "lists.parquet").Should().Equal("0", "1", "row 2", "row 3", "4");
        foreach (var there in new[] { 0, 2, 4 })
            ShardFixture.Read(data.Sources[there]).Should().Equal(ShardFixture.Picture(there));
        foreach (var missing in new[] { 1, 3 })
            data.Sources[missing].Invoking(source => ShardFixture.Read(source)).Should().Throw<ImageException>()
                .WithMessage("*there are no bytes of a picture*");
    }

    [Fact]
    public void Columns_can_be_named_and_hold_numbers_to_predict()
    {
        var file = ShardFixture.PathOf("text.parquet");
        var data = ParquetDataset.OpenRegression(file, ["weight"], imageColumn: "jpeg");
        data.ClassNames.Should().Equal("weight");
        data.Targets.Values.Select(values => values[0]).Should().Equal(0.5f, 1, 2, 4, 8);

        Failure(() => ParquetDataset.Open(file, imageColumn: "image")).Should()
            .Contain("has no column 'image'. Its columns are jpeg (bytes), label (text), weight (Single), noted (text).");
        Failure(() => ParquetDataset.Open(file, labelColumn: "species")).Should().Contain("has no column 'species'");
        Failure(() => ParquetDataset.Open(file, imageColumn: "label")).Should().Contain("holds text").And.Contain(nameof(ImageList));
        Failure(() => ParquetDataset.Open(file, labelColumn: "jpeg")).Should().Contain("holds bytes, neither numbers nor text");
        Failure(() => ParquetDataset.Open(file, labelColumn: "weight")).Should().Contain("is '0.5', neither a class's number");
        Failure(() => ParquetDataset.Open(file, labelColumn: "noted")).Should().Contain("row 1' has 0 labels");
        Failure(() => ParquetDataset.OpenRegression(file, ["label"])).Should().Contain("'label' has no finite number");
        Failure(() => ParquetDataset.Open(ShardFixture.PathOf("lists.parquet"))).Should().Contain("has 2 labels")
            .And.Contain(nameof(ParquetDataset.OpenMultiLabel));
    }

    [Fact]
    public void Labels_that_are_missing_or_secret_are_errors_and_other_orders_of_classes_are_followed()
    {
        Failure(() => ParquetDataset.Open(ShardFixture.PathOf("secret.parquet"))).Should().Contain("is -1").And.Contain("2'");
        Failure(() => ParquetDataset.Open(ShardFixture.PathOf("unlabelled.parquet"))).Should().Contain("1' has 0 labels");
        ParquetDataset.Open(Shards, classes: ["rose", "lily", "tulip", "daisy"]).Labels.Should().Equal(2, 3, 0, 2, 3);
        Failure(() => ParquetDataset.Open(Shards, classes: ["rose", "tulip"])).Should().Contain("'daisy'");
        Failure(() => ParquetDataset.Open(ShardFixture.PathOf("{train-00000-of-00002,text}.parquet"))).Should()
            .Contain("tulip, daisy, rose").And.Contain("nothing").And.Contain("open each by itself");
    }

    [Fact]
    public void Files_that_cannot_be_read_are_named_with_what_to_do()
    {
        using var folder = new TemporaryFolder();
        var whole = File.ReadAllBytes(ShardFixture.PathOf("text.parquet"));
        Failure(() => ParquetDataset.Open(folder.Write("cut.parquet", whole.AsSpan(0, 3000)))).Should().Contain("truncated");
        Failure(() => ParquetDataset.Open(folder.Write("empty.parquet"))).Should().Contain("truncated");
        Failure(() => ParquetDataset.Open(folder.Path)).Should().Contain("is a folder").And.Contain("train-*.parquet");

        var later = folder.Write("later.parquet", whole);
        var data = ParquetDataset.Open(later);
        File.Delete(later);
        data.Sources[0].Invoking(source => ShardFixture.Read(source)).Should().Throw<ImageException>().WithMessage("*later.parquet*");
    }

    private static void ShouldHoldThePictures(ImageDataset data)
    {
        // Backwards, so that no row group is read for the picture before.
        for (var i = data.Count - 1; i >= 0; i--)
            ShardFixture.Read(data.Sources[i]).Should().Equal(ShardFixture.Picture(i));
    }

    private static string Failure(Func<object> open) => open.Should().Throw<DatasetException>().Which.Message;
}
