namespace TransferKit.Vision.Tests;

public class PreviewTests
{
    [Fact]
    public void A_preview_is_a_grid_of_the_samples_as_training_sees_them()
    {
        using var folder = new TemporaryFolder();
        var data = ImageList.Create(
            [(Fixture.Source("large.jpg"), "first"), (Fixture.Source("rgb_97x61.png"), "second")],
            new ImageOptions { TrainTransforms = _ => new(new CenterCrop(40)) });
        var path = Path.Join(folder.Path, "preview.png");

        data.Preview(5, path);

        // Three columns and two rows of 40 pixels, 8 around each, 20 for the text.
        var sheet = ImageSource.FromFile(path);
        using var decoder = new ImageDecoder();
        using (var picture = decoder.Open(sheet))
            picture.Size.Should().Be(new System.Drawing.Size(3 * 48 + 8, 2 * 68 + 8));
        Fixture.Decode(sheet, new(8, 8, 40, 40)).Should().Equal(Fixture.Transform("large.jpg", new CenterCrop(40)));
        Fixture.Decode(sheet, new(56, 76, 40, 40)).Should().Equal(Fixture.Transform("rgb_97x61.png", new CenterCrop(40)));
    }

    [Fact]
    public void What_is_written_makes_folders_that_are_not_there()
    {
        using var folder = new TemporaryFolder();
        string In(string name) => Path.Join(folder.Path, Path.GetFileNameWithoutExtension(name), "new", name);
        ImageList.Create([(Fixture.Source("large.jpg"), "first"), (Fixture.Source("rgb_97x61.png"), "second")])
            .Preview(1, In("preview.png"));
        Schedule.Constant.Chart(0.1, epochs: 1).Save(In("chart.svg"));
        using var model = Backbone.ResNet18().ReplaceHead(2).WithImageSize(64).On(ComputeDevice.Cpu).Build();
        model.Explain(Fixture.PathOf("large.jpg")).Save(In("why.png"));
        foreach (var name in new[] { "preview.png", "chart.svg", "why.png" })
            File.Exists(In(name)).Should().BeTrue(name);
    }

    [Theory]
    [InlineData(true, 124, 116, 104)]
    [InlineData(false, 0, 0, 0)]
    public void Erased_areas_have_the_colour_that_training_sees(bool isNormalised, byte red, byte green, byte blue)
    {
        using var folder = new TemporaryFolder();
        var (mean, std) = (Preprocessing.ImageNet.Mean, Preprocessing.ImageNet.Std);
        Transform[] normalize = isNormalised ? [new Normalize(mean, std)] : [];
        var data = ImageList.Create(
            [(Fixture.Source("large.jpg"), "first"), (Fixture.Source("rgb_97x61.png"), "second")],
            new ImageOptions { TrainTransforms = _ => new([new CenterCrop(40), .. normalize, new RandomErasing(1)]) });
        var path = Path.Join(folder.Path, "preview.png");

        data.Preview(1, path);

        var plain = Fixture.Transform("large.jpg", new CenterCrop(40)).Chunk(3).ToList();
        var shown = Fixture.Decode(ImageSource.FromFile(path), new(8, 8, 40, 40)).Chunk(3).ToList();
        var changed = shown.Where((pixel, i) => !pixel.SequenceEqual(plain[i])).ToList();
        // At least 0.02 of the 1600 pixels, less those that had that color before.
        changed.Should().HaveCountGreaterThan(20).And.OnlyContain(pixel => pixel.SequenceEqual(new[] { red, green, blue }));
    }
}
