using System.Xml.Linq;
using TorchSharp;
using TransferKit.Tests.Training;

namespace TransferKit.Vision.Tests.Reports;

[Trait("Lane", "Slow")]
public sealed class ReportTests
{
    private const string Hostile = "<script>alert(1)</script>", Quoted = "\"a\" & 'b'";

    private static readonly ReportOptions NoPictures = new() { TopLosses = 0, CorrectPredictions = 0, TrainingSamples = 0 };
    private static readonly TransferPlan Plan = NarrowResNet.Plan.WithImageSize(64).On(ComputeDevice.Cpu);
    private static readonly TrainingOptions Options = new() { Epochs = 2, BatchSize = 8, Augment = false };

    [Fact]
    public void A_report_is_one_well_formed_page_without_scripts_or_links()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Join(folder.Path, "report.html");
        var data = Pictures(16);
        using var run = Plan.ReplaceHead(2).Train(data, Options);
        run.WriteReport(path, new ReportOptions
        {
            Title = "Roses & more", TopLosses = 3, CorrectPredictions = 0, TrainingSamples = 0,
        });

        var text = File.ReadAllText(path);
        text.Should().NotContain("<script").And.NotContain("href=").And.NotContain(" src=\"http");
        text.Should().NotContain("left out");
        text.Length.Should().BeLessThan(500_000);
        var page = XDocument.Parse(text);
        Texts(page, "h1").Should().Equal("Roses & more");
        Texts(page, "h2").Should().Equal(
            "To be doubted", "Plan", "Class balance", "Curves", "Scores", "Highest losses", "Calibration", "Speed and memory",
            "Versions");
        Texts(page, "h3").Should().Equal("Settings", "Classes", "Confusion", "ROC and precision–recall");
        Texts(page, "th").Should().Contain([Hostile, Quoted]);
        page.Descendants("img").Should().HaveCount(6).And.OnlyContain(image =>
            image.Attribute("src")!.Value.StartsWith("data:image/jpeg;base64,"));
        Texts(page, "pre").Single().Should().Contain("TorchSharp").And.Contain("TransferKit 0");
        // One chart each of loss, accuracy, rate, ROC, precision and recall, and calibration.
        page.Descendants().Count(element => element.Name.LocalName == "svg").Should().Be(6);

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
        run.WriteReport(path, NoPictures);

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
        var data = new InMemoryDataset(torch.randn(12, 3, 64, 64), targets, ["one", "two"]);
        using var run = Plan.ReplaceHead(2).Train(data, data, Options with { Epochs = 1 });
        run.WriteReport(path);

        var page = XDocument.Parse(File.ReadAllText(path));
        Texts(page, "h2").Should().ContainInOrder("Plan", "Curves", "Scores").And.NotContain("Highest losses");
        Texts(page, "h2").Contains("Class balance").Should().Be(task != LearningTask.Regression);
        Texts(page, "h3").Contains("Classes").Should().Be(task != LearningTask.Regression);
        Texts(page, "h3").Contains("Confusion").Should().Be(task == LearningTask.Classification);
        Texts(page, "h3").Contains("ROC and precision–recall").Should().Be(task != LearningTask.Regression);
        Texts(page, "h3").Contains("Predicted and true").Should().Be(task == LearningTask.Regression);
        var headline = Tiles(page)[0];
        headline.Should().Contain(task switch
        {
            LearningTask.Classification => "validation accuracy; ",
            LearningTask.MultiLabel => "validation mean average precision",
            _ => "validation R²",
        });
        Tiles(page).Any(tile => tile.EndsWith("validation loss", StringComparison.Ordinal))
            .Should().Be(task != LearningTask.Regression);
        page.ToString().Should().NotContain("True<").And.NotContain("False<").And.NotContain("NaN");
        if (task == LearningTask.Regression)
            page.ToString().Should().Contain("linear, 2 outputs").And.NotContain("classes");
        // One epoch: no lone dots of loss and accuracy, but the rate of its steps.
        Charts(page).Should().Contain("learning rate of the head, step by step").And.NotContain(["loss", "accuracy"]);
    }

    [Fact]
    public void What_ran_is_what_the_report_says_phase_by_phase()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Join(folder.Path, "report.html");
        var data = Pictures(16);
        using (var run = Plan.ReplaceHead(2).Train(data, Options with { Epochs = 2, Strategy = TrainingStrategy.FineTune(), Augment = true }))
            run.WriteReport(path, NoPictures);
        var page = XDocument.Parse(File.ReadAllText(path));
        Texts(page, "h3").Should().ContainInOrder("Phase 1: epoch 1", "Phase 2: epochs 2 to 3", "Settings of all phases");
        var section = page.Descendants("section").Single(part => part.Element("h2")?.Value == "Plan").Value;
        section.Should().Contain("fine-tuning, rate 0.002, 1 epoch for the head, in 2 phases").And.Contain("Trained: fc, ")
            .And.Contain("Trained: all layers, ").And.Contain("AdamW, rate 0.001").And.Contain("rates from 1E-05 to 0.001")
            .And.Contain("RandomResizedCrop").And.NotContain("SGD").And.NotContain("constant");

        using (var run = Plan.ReplaceHead(2).Train(data, Options with { Strategy = TrainingStrategy.LinearProbe(), Augment = true }))
            run.WriteReport(path, NoPictures);
        page = XDocument.Parse(File.ReadAllText(path));
        page.ToString().Should().Contain("logistic regression, by L-BFGS").And.NotContain("SGD").And.NotContain("augmented");
        Texts(page, "h2").Should().NotContain("Curves", "one epoch without steps has none");
    }

    [Fact]
    public void A_test_set_has_a_section_and_the_first_tile()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Join(folder.Path, "missing", "folder", "report.html");
        using var run = Plan.ReplaceHead(2).Train(Pictures(16), Options with { Epochs = 1 });
        run.WriteReport(path, NoPictures with { Test = Pictures(20) });
        var page = XDocument.Parse(File.ReadAllText(path));
        Texts(page, "h2").Should().ContainInOrder("Scores", "Test set");
        Tiles(page)[0].Should().Contain("test accuracy; ").And.Contain("% with 95 % confidence");
        page.Descendants("section").Single(part => part.Element("h2")?.Value == "Test set").Value.Should().Contain("Of 20 samples");
        page.Descendants("table").Single(table => table.Attribute("class")?.Value == "balance").Descendants("td")
            .Select(cell => cell.Value).Where(text => text.Length > 0).Should().HaveCount(6).And.Contain("10");

        var other = Pictures(4).MapClasses(new Dictionary<string, string?> { [Hostile] = Hostile, [Quoted] = "else" });
        run.Invoking(one => one.WriteReport(path, NoPictures with { Test = other })).Should().Throw<ArgumentException>()
            .WithMessage("The model knows the classes*");
        run.Invoking(one => one.WriteReport(path, new ReportOptions { TopLosses = -1 })).Should().Throw<ArgumentException>()
            .WithMessage("The report's options are wrong: TopLosses is -1, but must be at least 0.");
    }

    [Fact]
    public void Right_predictions_and_samples_as_trained_on_are_shown_with_a_legend()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Join(folder.Path, "report.html");
        var data = Pictures(16);
        using var run = Plan.ReplaceHead(2).Train(data, data, Options with { Epochs = 3, Optimizer = Optimizer.AdamW(0.001) });
        run.WriteReport(path, new ReportOptions { TopLosses = 0, CorrectPredictions = 4, TrainingSamples = 5 });
        var page = XDocument.Parse(File.ReadAllText(path));
        Texts(page, "h2").Should().Contain(["Right predictions", "Samples as trained on"]).And.NotContain("Highest losses");
        var right = Math.Min((int)Math.Round(run.Model.Evaluation!.Accuracy * 16), 4);
        page.Descendants("img").Should().HaveCount(2 * right + 5);
        page.Descendants("p").Count(part => part.Attribute("class")?.Value == "legend").Should().Be(1);
        page.Descendants("figcaption").Take(right).Should().OnlyContain(caption => caption.Value.Contains("recognized"));
    }

    [Fact]
    public void Accuracies_come_with_intervals_and_classes_without_samples_with_dashes()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Join(folder.Path, "report.html");
        var (data, names) = (Pictures(16), new[] { Hostile, Quoted, "never seen" });
        var three = new ImageDataset(names, [.. data.Sources], Targets.Classes([.. data.Labels], 3), new ImageOptions());
        using var run = Plan.ReplaceHead(3).Train(three, three, Options);
        run.WriteReport(path, NoPictures);
        var page = XDocument.Parse(File.ReadAllText(path));
        var row = page.Descendants("tr").First(found => found.Elements("th").Any(cell => cell.Value == "never seen")
            && found.Elements("td").Count() == 4 && found.Value.Contains('—'));
        row.Elements("td").Select(cell => cell.Value).Should().Equal("0", "—", "—", "—");
        var accuracy = run.Model.Evaluation!.AccuracyInterval;
        page.ToString().Should().Contain(FormattableString.Invariant($"({100 * accuracy.Low:0}–{100 * accuracy.High:0})"));
        page.Descendants("li").Select(item => item.Value).Should().Contain(text => text.StartsWith("No training sample is of never seen"));
    }

    [Fact]
    public void Several_labels_that_are_all_right_are_recognised()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Join(folder.Path, "report.html");
        var pictures = Pictures(16);
        var targets = Targets.MultiLabel([.. pictures.Labels.Select(label => (IReadOnlyCollection<int>)[label])], 2);
        var data = new ImageDataset(["sun", "moon"], [.. pictures.Sources], targets, new ImageOptions());
        using var run = Plan.ReplaceHead(2).Train(data, data, Options with { Epochs = 4, Optimizer = Optimizer.AdamW(0.001) });
        run.WriteReport(path, new ReportOptions { TopLosses = 16 });
        var captions = Texts(XDocument.Parse(File.ReadAllText(path)), "figcaption");
        captions.Should().NotContain(text => text.StartsWith("sun, taken for sun") || text.StartsWith("moon, taken for moon"));
        captions.Should().Contain(text => text.StartsWith("sun, recognized") || text.StartsWith("moon, recognized"));
    }

    [Fact]
    public void What_was_left_out_is_counted_and_named_and_numbers_are_written_as_in_English()
    {
        using var culture = new OtherCulture();
        using var folder = new TemporaryFolder();
        var path = Path.Join(folder.Path, "report.html");
        var sound = Pictures(12);
        var broken = "not a picture at all"u8.ToArray();
        var data = new ImageDataset(
            [Hostile, Quoted], [.. sound.Sources, ImageSource.FromBytes(broken), ImageSource.FromBytes(broken, "torn.jpg")],
            Targets.Classes([.. sound.Labels, 0, 1], 2), new ImageOptions { Unreadable = UnreadableImages.Skip },
            ignored: ["a/1.heic", "b/2.heic"]);
        using var run = Plan.ReplaceHead(2).Train(data, sound, Options with { Epochs = 1 });
        run.WriteReport(path, NoPictures);

        run.Skipped.OrderBy(sample => sample.Index).Select(sample => (sample.Data, sample.Index))
            .Should().Equal((run.Train, 12), (run.Train, 13));
        run.Skipped.Select(sample => sample.Reason).Should().AllBeOfType<ImageException>();
        var page = XDocument.Parse(File.ReadAllText(path));
        Texts(page, "li").Should().ContainSingle(text => text.StartsWith("Left out: ") && text.Contains("torn.jpg"))
            .And.Contain(text => text.StartsWith("Ignored") && text.Contains("2 .heic (HEIC"));
        var tiles = Tiles(page);
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

    private static IReadOnlyList<string> Tiles(XDocument page) =>
    [
        .. page.Descendants("div").Where(div => div.Attribute("class")?.Value == "tile").Select(tile => tile.Value),
    ];

    private static IEnumerable<string> Charts(XDocument page) => page.Descendants()
        .Where(element => element.Name.LocalName == "svg")
        .Select(svg => svg.Elements().First(element => element.Name.LocalName == "text").Value);

    private static IReadOnlyList<string> Texts(XDocument page, string element) =>
        [.. page.Descendants(element).Select(found => found.Value)];

    [Fact]
    public void Doubtful_labels_are_shown_with_their_pictures()
    {
        using var folder = new TemporaryFolder();
        var (path, table) = (Path.Join(folder.Path, "labels", "labels.html"), Path.Join(folder.Path, "labels.csv"));
        var data = Pictures(24).Relabel(new Dictionary<int, string> { [5] = Hostile, [8] = Quoted });
        var found = data.FindLabelErrors(Plan.FreezeAll(), new LabelErrorOptions { CacheFolder = null });
        found.WriteReport(path);
        found.SaveCsv(table);

        found.Indices.Should().BeEquivalentTo([5, 8]);
        found.Errors.Should().ContainSingle(error => error.Name == "picture <5>.png" && error.Label == Hostile && error.Suggested == Quoted);
        var page = XDocument.Parse(File.ReadAllText(path));
        Texts(page, "h2").Should().Contain("Labels");
        Texts(page, "figcaption").Should().Contain(text => text.Contains(Hostile) && text.Contains("picture <5>.png"));
        page.Descendants("img").Should().HaveCountGreaterThanOrEqualTo(1).And.OnlyContain(image =>
            image.Attribute("src")!.Value.StartsWith("data:image/jpeg;base64,"));
        File.ReadAllText(table).Should().Contain($"5,picture <5>.png,{Hostile},\"\"\"a\"\" & 'b'\",");
        data.Without(found.Indices).Sources.Should().HaveCount(22);
    }

    [Fact]
    public void A_map_is_a_page_on_which_doubtful_pictures_are_found()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Join(folder.Path, "map.html");
        var data = Pictures(24).Relabel(new Dictionary<int, string> { [5] = Hostile, [8] = Quoted });
        var map = data.Map(Plan, new MapOptions { CacheFolder = null, Iterations = 300 });
        map.WriteReport(path, data.FindLabelErrors(Plan.FreezeAll(), new LabelErrorOptions { CacheFolder = null }));

        var text = File.ReadAllText(path);
        text.Should().NotContain("<script").And.NotContain("href=\"http").And.NotContain(" src=\"http");
        var page = XDocument.Parse(text);
        var elements = page.Descendants().ToLookup(element => element.Name.LocalName);
        // One for each picture, and two in the legend.
        elements["circle"].Count(mark => mark.Attribute("class")!.Value.StartsWith("mark", StringComparison.Ordinal)).Should().Be(26);
        elements["image"].Should().HaveCountGreaterThan(2).And.OnlyContain(image =>
            image.Attribute("href")!.Value.StartsWith("data:image/jpeg;base64,"));
        elements["title"].Select(title => title.Value).Should().Contain($"picture <5>.png, {Hostile}");
        Texts(page, "li").Should().Equal($"{Hostile}, 12", $"{Quoted}, 12");
        // Every ring leads to a picture, and every picture back to its ring.
        var ids = page.Descendants().Select(element => element.Attribute("id")?.Value).Where(id => id is not null).ToList();
        var links = elements["a"].Select(link => link.Attribute("href")!.Value[1..]).ToList();
        ids.Should().BeEquivalentTo(links).And.Contain(["place5", "picture5", "place8", "picture8"]).And.OnlyHaveUniqueItems();

        map.Invoking(it => it.WriteReport(path, Pictures(24).FindLabelErrors(Plan.FreezeAll(), new LabelErrorOptions { CacheFolder = null })))
            .Should().Throw<ArgumentException>().WithMessage("*another dataset*");
    }

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
