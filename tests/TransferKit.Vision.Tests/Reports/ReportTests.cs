using System.Xml.Linq;
using TorchSharp;

namespace TransferKit.Vision.Tests.Reports;

public sealed class ReportTests
{
    private const string Hostile = "<script>alert(1)</script>", Quoted = "\"a\" & 'b'";

    private static readonly TransferPlan Plan = Backbone.ResNet18().WithImageSize(64).On(ComputeDevice.Cpu);
    private static readonly TrainingOptions Options = new() { Epochs = 2, BatchSize = 8, Augment = false };

    [Fact]
    public void A_report_is_one_well_formed_page_without_scripts_or_links()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Join(folder.Path, "report.html");
        var data = Pictures(16);
        using var run = Plan.ReplaceHead(2).Train(data, Options);
        run.WriteReport(path, new ReportOptions { Title = "Roses & more", TopLosses = 3 });

        var text = File.ReadAllText(path);
        text.Should().NotContain("<script").And.NotContain("href=").And.NotContain(" src=\"http");
        text.Should().NotContain("left out");
        text.Length.Should().BeLessThan(500_000);
        var page = XDocument.Parse(text);
        Texts(page, "h1").Should().Equal("Roses & more");
        Texts(page, "h2").Should().Equal(
            "Plan", "Curves", "Scores", "Classes", "Confusion", "Highest losses", "Calibration", "Speed and memory", "Versions");
        Texts(page, "th").Should().Contain([Hostile, Quoted]);
        page.Descendants("img").Should().HaveCount(6).And.OnlyContain(image =>
            image.Attribute("src")!.Value.StartsWith("data:image/jpeg;base64,"));
        Texts(page, "pre").Single().Should().Contain("TorchSharp").And.Contain("TransferKit 0");
        // One chart each of loss, accuracy, rate and calibration.
        page.Descendants().Count(element => element.Name.LocalName == "svg").Should().Be(4);

        (run.Train.Count, run.Validation.Count).Should().Be((13, 3));
        run.Options.Should().Be(Options);
        var worst = run.Model.Evaluation!.TopLosses(1)[0];
        Texts(page, "figcaption")[0].Should().Contain(((ImageDataset)run.Validation).Sources[worst.Index].Name);
    }

    [Fact]
    public void The_matrix_shades_each_row_by_its_shares()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Join(folder.Path, "report.html");
        using var run = Plan.ReplaceHead(2).Train(Pictures(16), Options with { Epochs = 1 });
        run.WriteReport(path, new ReportOptions { TopLosses = 0 });

        var page = XDocument.Parse(File.ReadAllText(path));
        page.Descendants("img").Should().BeEmpty();
        var cells = page.Descendants("table").Single(table => table.Attribute("class")?.Value == "confusion")
            .Descendants("td").Where(cell => cell.Attribute("style") is not null).ToList();
        var confusion = run.Model.Evaluation!.Confusion;
        cells.Select(cell => long.Parse(cell.Value)).Should().Equal(confusion.Cast<long>());
        var share = confusion[0, 0] / 2.0;
        cells[0].Attribute("style")!.Value.Should().Be(FormattableString.Invariant($"--share: {share:0.##}"));
    }

    [Theory]
    [InlineData(LearningTask.Classification)]
    [InlineData(LearningTask.MultiLabel)]
    [InlineData(LearningTask.Regression)]
    public void Samples_without_pictures_have_a_report_too(LearningTask task)
    {
        using var folder = new TemporaryFolder();
        using var scope = torch.NewDisposeScope();
        var path = Path.Join(folder.Path, "report.html");
        var labels = Enumerable.Range(0, 12).Select(i => i % 2).ToList();
        var targets = task switch
        {
            LearningTask.Classification => Targets.Classes(labels, 2),
            LearningTask.MultiLabel => Targets.MultiLabel([.. labels.Select(label => (IReadOnlyCollection<int>)[label])], 2),
            _ => Targets.Regression([.. labels.Select(label => new float[] { label, -label })]),
        };
        var data = new TensorDataset(torch.randn(12, 3, 64, 64), targets, ["one", "two"]);
        using var run = Plan.ReplaceHead(2).Train(data, data, Options with { Epochs = 1 });
        run.WriteReport(path);

        var page = XDocument.Parse(File.ReadAllText(path));
        Texts(page, "h2").Should().StartWith(["Plan", "Curves", "Scores"]).And.NotContain("Highest losses");
        Texts(page, "h2").Contains("Classes").Should().Be(task != LearningTask.Regression);
        Texts(page, "h2").Contains("Confusion").Should().Be(task == LearningTask.Classification);
    }

    [Fact]
    public void Tiles_count_pictures_that_were_left_out_and_write_numbers_as_in_English()
    {
        using var culture = new CommaCulture();
        using var folder = new TemporaryFolder();
        var path = Path.Join(folder.Path, "report.html");
        var sound = Pictures(12);
        var broken = "not a picture at all"u8.ToArray();
        var data = new ImageDataset(
            [Hostile, Quoted], [.. sound.Sources, ImageSource.FromBytes(broken), ImageSource.FromBytes(broken)],
            Targets.Classes([.. sound.Labels, 0, 1], 2), new ImageOptions { Unreadable = UnreadableImages.Skip });
        using var run = Plan.ReplaceHead(2).Train(data, sound, Options with { Epochs = 1 });
        run.WriteReport(path, new ReportOptions { TopLosses = 0 });

        var tiles = XDocument.Parse(File.ReadAllText(path)).Descendants("div")
            .Where(div => div.Attribute("class")?.Value == "tile").Select(tile => tile.Value).ToList();
        tiles.Should().Contain("2pictures left out, as they can't be read");
        tiles.Should().ContainSingle(tile => tile.EndsWith("validation loss")).Which.Should().MatchRegex(@"^\d+\.\d{4}v");
    }

    [Fact]
    public void Text_is_escaped_and_html_is_not()
    {
        var name = HtmlText.Of($"<b>{Hostile}</b>");
        $"{HtmlText.Of($"<p>{name} {1.5:0.00} {null as string}</p>")}".Should()
            .Be("<p><b>&lt;script&gt;alert(1)&lt;/script&gt;</b> 1.50 </p>");
    }

    private static IReadOnlyList<string> Texts(XDocument page, string element) =>
        [.. page.Descendants(element).Select(found => found.Value)];

    /// <summary>Dark and light pictures, two classes in turn.</summary>
    private static ImageDataset Pictures(int count)
    {
        var random = new Random(1);
        var sources = Enumerable.Range(0, count).Select(i =>
        {
            var rgb = new byte[3 * 80 * 72];
            random.NextBytes(rgb);
            for (var p = 0; p < rgb.Length; p++)
                rgb[p] = (byte)(rgb[p] / 2 + 120 * (i % 2));
            return ImageSource.FromPixels(rgb, 80, 72, $"picture <{i}>.png");
        });
        return new ImageDataset([Hostile, Quoted], [.. sources],
            Targets.Classes([.. Enumerable.Range(0, count).Select(i => i % 2)], 2), new ImageOptions());
    }
}
