using System.Reflection;
using System.Xml.Linq;
using SkiaSharp;
using TransferKit.Vision.Tests.Docs;

namespace TransferKit.Vision.Tests.AutoTraining;

[Trait("Lane", "Slow")]
public sealed class AutoTrainTests : IDisposable
{
    private static readonly TransferPlan[] Plans =
    [
        Backbone.SqueezeNet1_1().WithImageSize(64).On(ComputeDevice.Cpu),
        Backbone.Create("shufflenet_v2_x0_5").WithImageSize(64).On(ComputeDevice.Cpu),
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Pictures_become_a_model_with_all_that_led_to_it()
    {
        Draw("daisy", 16, SKColors.Gold);
        Draw("tulip", 12, SKColors.Crimson);
        Draw("violet", 4, SKColors.Violet);
        _folder.Write("data/daisy/broken.png", [1, 2, 3]);
        File.Copy(At("daisy/3.png"), At("daisy/again.png"));
        File.Copy(At("daisy/4.png"), At("tulip/4 too.png"));
        var data = ImageFolder.Open(At(""));
        var told = new List<AutoTrainProgress>();

        using var found = AutoTrain.Run(data, TimeSpan.FromMinutes(5), Options(3) with
        {
            Candidates = Plans,
        }, new Listed<AutoTrainProgress>(told));

        found.LeftOut.Select(index => Path.GetFileName(data.Sources[index].Name)).Should()
            .BeEquivalentTo("broken.png", "again.png", "4.png", "4 too.png");
        found.Decisions.Select(one => one.What).Should().ContainInOrder(
            "left out 1 picture", "left out 1 picture", "left out 2 pictures", "compared by balanced accuracy");
        told.Where(one => one.Decision is not null).Select(one => one.Decision).Should().Equal(found.Decisions);
        found.Comparison!.Backbones.Should().HaveCount(2);
        found.Tuning.Trials.Should().HaveCount(3);
        found.Tuning.Score.Should().Be(Score.BalancedAccuracy);
        found.Tuning.Best.Score.Should().BeGreaterThanOrEqualTo(found.Tuning.Defaults.Score);
        found.Run.Train.Count.Should().Be(found.Tuning.Train.Count);
        found.Model.Temperature.Should().Be(found.Calibration!.Temperature);

        using var predictor = Predictor.Load(found.ModelPath!);
        predictor.Predict(At("daisy/0.png")).Label.Should().BeOneOf("daisy", "tulip", "violet");
        var page = XDocument.Parse(File.ReadAllText(found.ReportPath!));
        page.Descendants("h2").Select(heading => heading.Value).Should()
            .Contain(["Decisions", "Backbones", "Trials", "The same again", "Scores"]);
        Directory.GetFiles(Out).Select(Path.GetFileName).Should()
            .BeEquivalentTo("model.tkm", "report.html", "trials.csv", "recipe.cs");
        $"{found}".Should().Contain("unreadable, such as").And.Contain("with a linear probe on 31 pictures, the best of 2");
    }

    [Fact]
    public void The_recipe_trains_the_same_model()
    {
        Draw("daisy", 10, SKColors.Gold);
        Draw("tulip", 10, SKColors.Crimson);
        var data = ImageFolder.Open(At(""));
        using var found = AutoTrain.Run(data, TimeSpan.FromMinutes(5), Options(3) with { Candidates = Plans[..1] });
        using var assembly = new MemoryStream();
        DocumentedProgram.Of(File.ReadAllText(Path.Join(Out, "recipe.cs"))).Compile(assembly).Should().BeEmpty();
        var before = Directory.GetCurrentDirectory();
        try
        {
            Directory.SetCurrentDirectory(_folder.Path);
            Assembly.Load(assembly.ToArray()).EntryPoint!.Invoke(null, [Array.Empty<string>()]);
            using var model = TransferModel.Load("model.tkm");
            model.Evaluation!.Loss.Should().Be(found.Model.Evaluation!.Loss);
            model.Temperature.Should().Be(found.Model.Temperature);
        }
        finally
        {
            Directory.SetCurrentDirectory(before);
        }
    }

    [Fact]
    public void Too_small_a_budget_gives_the_defaults()
    {
        Draw("daisy", 6, SKColors.Gold);
        Draw("tulip", 6, SKColors.Crimson);
        using var found = AutoTrain.Run(ImageFolder.Open(At("")), TimeSpan.FromTicks(1), Options(null) with
        {
            Candidates = Plans,
            Folder = null,
        });
        found.Tuning.Trials.Should().ContainSingle();
        (found.Inspection, found.Comparison, found.ModelPath, found.ReportPath).Should().Be((null, null, null, null));
        found.Decisions.Select(one => one.What).Should().Equal(
            "pictures as they are", "compared 0 of 2 backbones", "squeezenet1_1", "the defaults", "calibrated");
        found.Run.History.Should().HaveCount(2);
        found.Model.ClassNames.Should().Equal("daisy", "tulip");
    }

    [Fact]
    public void What_is_wrong_is_said_at_once()
    {
        Draw("daisy", 6, SKColors.Gold);
        _folder.Write("data/tulip/broken.png", [1, 2, 3]);
        var data = ImageFolder.Open(At(""));
        var options = Options(2) with { Candidates = Plans[..1] };
        Wrong(TimeSpan.FromMinutes(1), options, "Two pictures each of two classes are the least*daisy 6*tulip 0*without 1 that*");
        Wrong(TimeSpan.Zero, options, "*The budget is 00:00:00, but must be above 0.*");
        Wrong(TimeSpan.FromMinutes(1), options with { Candidates = [], ComparisonShare = 1, ComparedPictures = 3 },
            "*name Candidates, or leave them null. ComparisonShare is 1*ComparedPictures is 3*");
        Wrong(TimeSpan.FromMinutes(1), options with { Tuning = new TuningOptions { Folder = "elsewhere" } },
            "*Tuning.Folder is 'elsewhere', but trials are kept in Folder: set that.*");
        Draw("tulip", 6, SKColors.Crimson);
        FluentActions.Invoking(() => AutoTrain.Run(ImageFolder.Open(At("")), TimeSpan.FromMinutes(1), options with
        {
            Candidates =
            [
                Backbone.ResNet18(Pretrained.FromFile("/nowhere.pth")), Backbone.ResNet34(Pretrained.FromFile("/nowhere.pth")),
            ],
        })).Should().Throw<InvalidOperationException>().WithMessage("No candidate can be trained. resnet18: *nowhere.pth*");

        void Wrong(TimeSpan budget, AutoTrainOptions options, string message) =>
            FluentActions.Invoking(() => AutoTrain.Run(data, budget, options)).Should().Throw<ArgumentException>()
                .WithMessage(message);
    }

    private string Out => Path.Join(_folder.Path, "out");

    private AutoTrainOptions Options(int? trials) => new()
    {
        Comparison = new ComparisonOptions { Folds = 2, CacheFolder = Path.Join(_folder.Path, "probes") },
        Tuning = new TuningOptions { Trials = trials, Training = new TrainingOptions { Epochs = 2 } },
        Folder = Out,
    };

    private string At(string name) => Path.Join(_folder.Path, "data", name);

    /// <summary>Circles of one color, each of another size.</summary>
    private void Draw(string label, int count, SKColor color)
    {
        Directory.CreateDirectory(At(label));
        for (var i = 0; i < count; i++)
        {
            using var bitmap = new SKBitmap(40, 40);
            using var canvas = new SKCanvas(bitmap);
            using var paint = new SKPaint { Color = color };
            canvas.Clear(SKColors.ForestGreen);
            canvas.DrawCircle(12 + i, 20, 6 + i, paint);
            using var picture = bitmap.Encode(SKEncodedImageFormat.Png, quality: 100);
            File.WriteAllBytes(Path.Join(At(label), $"{i}.png"), picture.ToArray());
        }
    }
}
