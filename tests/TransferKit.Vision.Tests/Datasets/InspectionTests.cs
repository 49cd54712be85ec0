using System.Drawing;

namespace TransferKit.Vision.Tests;

public class InspectionTests
{
    [Fact]
    public void A_messy_folder_is_understood()
    {
        using var folder = new TemporaryFolder();
        Copy(folder, "large.jpg", "a/1.jpg");
        Copy(folder, "large.jpg", "b/same as 1.jpeg");
        Copy(folder, "cmyk.jpg", "a/2.png");
        Copy(folder, "rgb_97x61.png", "a/4.png");
        Copy(folder, "rgb_7x1.png", "a/5.png");
        var broken = folder.Write("b/broken.jpg", "<html>"u8);
        var data = ImageFolder.Open(folder.Path);

        var report = data.Inspect();

        report.Classes.Should().Equal(new ClassCount("a", 4), new ClassCount("b", 2));
        report.Imbalance.Should().Be(2);
        report.SmallClasses.Should().Equal("a", "b");
        report.Unreadable.Should().ContainSingle().Which.Path.Should().Be(broken);
        report.WrongExtensions.Should().ContainSingle().Which.Content.Should().Be(ImageFormat.Jpeg);
        report.Duplicates.Should().ContainSingle().Which.Select(source => Path.GetFileName(source.Name))
            .Should().Equal("1.jpg", "same as 1.jpeg");
        report.NearDuplicates.Should().BeEmpty();
        report.Smallest.Should().Be(new Size(7, 1));
        report.Largest.Should().Be(new Size(203, 151));
        report.ToString().Should().Contain("6 images of 2 classes, 7 × 1 to 203 × 151").And.Contain(broken);
    }

    [Fact]
    public void Recompressed_pictures_are_near_duplicates_and_leaks_across_a_split()
    {
        using var folder = new TemporaryFolder();
        Copy(folder, "baseline_0.jpg", "a/1.jpg");
        Copy(folder, "palette.gif", "a/2.gif");
        Copy(folder, "rgb_97x61.png", "b/1.png");
        Copy(folder, "rgb_61x97.png", "b/2.png");
        var data = ImageFolder.Open(folder.Path);
        var train = data.Subset([0, 1]);
        var validation = data.Subset([2, 3]);

        var together = data.Inspect();
        var split = train.Inspect(validation);

        together.Duplicates.Should().BeEmpty();
        together.NearDuplicates.Should().ContainSingle().Which.Should().Equal(data.Sources[0], data.Sources[2]);
        together.Leaks.Should().BeEmpty();
        split.Leaks.Should().ContainSingle().Which.Should().Equal(data.Sources[0], data.Sources[2]);
        train.Inspect().NearDuplicates.Should().BeEmpty();
    }

    [Fact]
    public void Inspection_reports_progress_and_can_be_cancelled()
    {
        using var folder = new TemporaryFolder();
        Copy(folder, "baseline_0.jpg", "a/1.jpg");
        Copy(folder, "grey.jpg", "b/1.jpg");
        var data = ImageFolder.Open(folder.Path);
        var shares = new List<double>();

        data.Inspect(progress: new Recorder(shares));
        shares.Should().EndWith(1.0);

        FluentActions.Invoking(() => data.Inspect(cancellationToken: new CancellationToken(canceled: true)))
            .Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void The_report_is_the_same_in_every_culture()
    {
        using var culture = new OtherCulture();
        var report = new InspectionReport
        {
            Images = 9,
            Classes = [new ClassCount("a", 7), new ClassCount("b", 2)],
            Unreadable = [],
            WrongExtensions = [],
            Duplicates = [],
            NearDuplicates = [],
            Leaks = [],
            Smallest = new Size(7, 1),
            Largest = new Size(203, 151),
        };

        report.ToString().Should().Contain("has 3.5 times as many images");
    }

    private static void Copy(TemporaryFolder folder, string fixture, string name) =>
        folder.Write(name, File.ReadAllBytes(Fixture.PathOf(fixture)));

    private sealed class Recorder(List<double> values) : IProgress<double>
    {
        public void Report(double value) => values.Add(value);
    }
}
