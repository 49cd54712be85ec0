using System.Xml.Linq;
using TransferKit.Tests.Backbones;
using TransferKit.Tests.Training;

namespace TransferKit.Tests.Comparison;

public sealed class BackboneComparisonTests : IDisposable
{
    private static readonly InMemoryDataset Data = SyntheticImages.Create(perClass: 20);
    private static readonly TransferPlan[] Plans =
    [
        SpotsNetwork.Plan,
        Backbone.Create("mobilenet_v3_small").WithImageSize(32).On(ComputeDevice.Cpu).WithPrecision(Precision.Float32),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("transferkit-probes-").FullName;

    private ComparisonOptions Options => new() { CacheFolder = _folder };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Backbones_are_measured_and_ordered()
    {
        var found = Backbone.Compare(Data, Plans, Options);

        found.Backbones.Should().HaveCount(2).And.BeInDescendingOrder(one => one.Accuracy);
        found.Failed.Should().BeEmpty();
        var spots = found.Backbones.Single(one => one.Name == "spots, none");
        spots.Accuracy.Should().BeGreaterThan(0.8);
        spots.AccuracyInterval.Should().Be(ConfidenceInterval.Wilson((long)(40 * spots.Accuracy), 40));
        (spots.Features, spots.ImageSize, spots.Latency.Ticks > 0, spots.FineTunedAccuracy).Should().Be((4, 32, true, null));
        // 4 filters of 3 · 3 · 3, a batch norm with two buffers and a counter, and 2 · 4 + 2 of the head.
        (spots.Parameters, spots.Bytes).Should().Be((4 * 27 + 8 + 10, 4 * (4 * 27 + 16 + 10) + 8));
        spots.Plan.Head.Should().Be(Head.Linear(2));
        spots.MemoryBytes.Should().BeGreaterThan(spots.Bytes);
        $"{found}".Should().Contain("backbone").And.Contain("spots").And.Contain("mobilenet_v3_small").And.Contain("*");
    }

    [Fact]
    public void A_second_call_computes_what_is_new()
    {
        var (first, second, third) = (new List<ProbeProgress>(), new List<ProbeProgress>(), new List<ProbeProgress>());
        var before = Backbone.Compare(Data, Plans[..1], Options, new Listed<ProbeProgress>(first));
        var after = Backbone.Compare(Data, Plans[..1], Options, new Listed<ProbeProgress>(second));
        Backbone.Compare(Data, Plans[..1], Options with { Folds = 4 }, new Listed<ProbeProgress>(third));

        first.Should().Contain(step => step.Step == "spots: features" && step.Done == 40);
        second.Should().BeEmpty();
        third.Select(step => step.Step).Distinct().Should().Equal("spots, none: linear probe");
        after.Should().BeEquivalentTo(before);
        var other = new List<ProbeProgress>();
        Backbone.Compare(SyntheticImages.Create(perClass: 20, seed: 1), Plans[..1], Options, new Listed<ProbeProgress>(other));
        other.Should().Contain(step => step.Step == "spots: features", "other pictures have other features");
    }

    [Fact]
    public void Damaged_files_are_computed_again()
    {
        var before = Backbone.Compare(Data, Plans[..1], Options).Backbones[0].Accuracy;
        foreach (var file in Directory.GetFiles(_folder))
            File.WriteAllText(file, "{");
        Backbone.Compare(Data, Plans[..1], Options).Backbones[0].Accuracy.Should().Be(before);
    }

    [Fact]
    public void Fine_tuning_is_measured_where_it_is_asked_for()
    {
        var found = Backbone.Compare(Data, Plans[..1], Options with
        {
            FineTuning = new TrainingOptions { Epochs = 2, ValidationFraction = 0.5, Optimizer = Optimizer.AdamW(0.05) },
        }).Backbones.Single();
        found.FineTunedAccuracy.Should().BeGreaterThan(0.4);
        found.FineTunedInterval!.Value.High.Should().BeGreaterThan(found.FineTunedInterval.Value.Low);
    }

    [Fact]
    public void The_best_within_limits_is_found()
    {
        var found = Of(("slow", 0.9, 100, 50), ("quick", 0.8, 10, 20), ("poor", 0.7, 20, 10));

        found.Best().Name.Should().Be("slow");
        found.Best(maxLatency: TimeSpan.FromMilliseconds(50)).Name.Should().Be("quick");
        found.Best(maxBytes: 15 << 20).Name.Should().Be("poor");
        found.Front.Select(one => one.Name).Should().Equal("quick", "slow");
        found.Invoking(it => it.Best(maxLatency: TimeSpan.FromMilliseconds(1))).Should().Throw<InvalidOperationException>()
            .WithMessage("No backbone keeps to the limits. The quickest is quick*the smallest is poor*");
    }

    [Fact]
    public void The_chart_shows_names_intervals_and_the_front()
    {
        var svg = XDocument.Parse(Of(("slow & <large>", 0.9, 100, 50), ("quick", 0.8, 10, 20), ("poor", 0.7, 20, 10)).Chart().ToSvg());
        var texts = svg.Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value).ToList();
        texts.Should().Contain(["slow & <large>", "quick", "poor", "ms a picture"]);
        svg.Descendants().Count(element => element.Attribute("class")?.Value == "interval").Should().Be(3);
        svg.Descendants().Single(element => element.Name.LocalName == "polyline").Attribute("points")!.Value.Split(' ')
            .Should().HaveCount(2, "the front is a line of two");
    }

    [Fact]
    public void What_cannot_be_compared_does_not_cost_the_others()
    {
        var missing = Backbone.ResNet18(Pretrained.FromFile("/nowhere.pth"));
        var found = Backbone.Compare(Data, [Plans[0], missing], Options);
        found.Backbones.Should().ContainSingle();
        found.Failed.Single().Error.Should().BeOfType<WeightsException>();
        FluentActions.Invoking(() => Backbone.Compare(Data, [missing], Options)).Should().Throw<InvalidOperationException>()
            .WithMessage("No backbone could be compared. resnet18: /nowhere.pth*");
    }

    [Fact]
    public void Candidates_tell_what_would_have_to_be_downloaded()
    {
        var candidates = BackboneComparison.Candidates;
        candidates.Should().HaveCountGreaterThanOrEqualTo(11);
        candidates.Where(one => !one.IsThere).Should().OnlyContain(one => one.DownloadMiB > 1);
        candidates.Should().Contain(one => one.Name == "resnet20" && one.IsThere, "a package has brought it");
    }

    [Fact]
    public void What_is_wrong_is_said_at_once()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        FluentActions.Invoking(() => Backbone.Compare(Data, Plans, Options, cancellationToken: cancellation.Token))
            .Should().Throw<OperationCanceledException>();
        FluentActions.Invoking(() => Backbone.Compare(Data, [])).Should().Throw<ArgumentException>().WithMessage("There is nothing to compare*");
        FluentActions.Invoking(() => Backbone.Compare(Data, Plans, Options with { Folds = 99 }))
            .Should().Throw<ArgumentException>().WithMessage("40 samples can't be divided into 99 parts*");
        var numbers = new InMemoryDataset(TorchSharp.torch.zeros(4, 3, 8, 8), Targets.Regression([[1f], [2f], [3f], [4f]]), ["age"]);
        FluentActions.Invoking(() => Backbone.Compare(numbers, Plans, Options)).Should().Throw<ArgumentException>()
            .WithMessage("A linear probe tells classes apart*Regression*");
    }

    private static BackboneComparison Of(params (string Name, double Accuracy, double Milliseconds, int MiB)[] backbones) => new()
    {
        Backbones =
        [
            .. backbones.Select(one => new ComparedBackbone(new CorrectCount((long)Math.Round(100 * one.Accuracy), 100))
            {
                Plan = SpotsNetwork.Plan, Name = one.Name, Latency = TimeSpan.FromMilliseconds(one.Milliseconds), Bytes = (long)one.MiB << 20, Parameters = 1, MemoryBytes = 1,
                ImageSize = 32, Features = 4,
            }),
        ],
        LeftOut = [],
        Failed = [],
    };
}
