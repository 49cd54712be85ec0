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
}
