using TransferKit.Tests.Explanations;

namespace TransferKit.Vision.Tests.Explanations;

[Trait("Lane", "Slow")]
public sealed class PictureExplanationTests
{
    // The network sees the middle 128 pixels of 146, and the overlay shows those on 320.
    private const int Side = 146, Border = 9, OverlaySide = 320;

    [Fact]
    public void The_overlay_is_hot_where_the_class_is_seen_and_pale_elsewhere()
    {
        using var folder = new TemporaryFolder();
        using var model = ColorSeeker.ResNet();
        var path = Path.Join(folder.Path, "why.png");

        var explanation = model.Explain(Picture(), className: "red");
        explanation.Save(path);

        explanation.Map.ClassName.Should().Be("red");
        explanation.Source.Name.Should().Be("squares");
        var (hot, blue, corner) = (PixelOf(path, 20, 20), PixelOf(path, 290, 290), PixelOf(path, 20, 300));
        (hot[0] - hot[2]).Should().BeGreaterThan(100);
        (blue[2] - blue[0]).Should().BeInRange(30, 60, "what is cold keeps a third of its colour");
        (corner.Max() - corner.Min()).Should().BeLessThan(12);
    }

    [Fact]
    public void A_file_is_explained_for_what_it_is_taken_for()
    {
        using var model = ColorSeeker.ResNet();
        var explanation = model.Explain(Directory.GetFiles(Fixture.Folder, "*.jpg").Order().First());
        (explanation.Map.Height, explanation.Map.Width).Should().Be((128, 128));
        explanation.ToPng().Should().StartWith([0x89, 0x50, 0x4E, 0x47]);
    }

    [Fact]
    public void An_unknown_class_and_a_missing_file_say_what_is_wrong()
    {
        using var model = ColorSeeker.ResNet();
        model.Invoking(it => it.Explain(Picture(), className: "rad")).Should().Throw<ArgumentException>()
            .WithMessage("The model knows no class 'rad'. Did you mean red? It knows red, blue.*");
        model.Invoking(it => it.Explain("missing.jpg")).Should().Throw<ImageException>();
    }

    /// <summary>The mean color with a red square above left and a blue one below right.</summary>
    private static ImageSource Picture()
    {
        var rgb = new byte[3 * Side * Side];
        for (var y = 0; y < Side; y++)
            for (var x = 0; x < Side; x++)
            {
                ReadOnlySpan<byte> color = Math.Max(x, y) < Border + 28 ? [255, 116, 104]
                    : Math.Min(x, y) >= Border + 96 ? [124, 116, 255] : [124, 116, 104];
                color.CopyTo(rgb.AsSpan(3 * (y * Side + x)));
            }
        return ImageSource.FromPixels(rgb, Side, Side, "squares");
    }

    private static byte[] PixelOf(string path, int x, int y)
    {
        var rgb = Fixture.Decode(ImageSource.FromFile(path));
        rgb.Length.Should().Be(3 * OverlaySide * OverlaySide);
        return rgb[(3 * (y * OverlaySide + x))..][..3];
    }
}
