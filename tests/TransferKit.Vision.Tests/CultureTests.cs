using System.IO.Compression;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Mono.Cecil;
using TransferKit.Tests.Backbones;

namespace TransferKit.Vision.Tests;

/// <summary>What the library writes, reads and says is the same in every culture.</summary>
[Trait("Lane", "Slow")]
public sealed class CultureTests
{
    private static readonly Lazy<IReadOnlyDictionary<string, string>> Expected = new(Everything);

    [Theory]
    [MemberData(nameof(OtherCulture.Names), MemberType = typeof(OtherCulture))]
    public void A_job_from_reading_a_table_to_a_report_gives_the_same(string name)
    {
        var expected = Expected.Value;
        using var culture = new OtherCulture(name);
        var actual = Everything();
        actual.Keys.Should().Equal(expected.Keys);
        foreach (var (what, text) in expected)
            actual[what].Should().Be(text, what);
    }

    [Theory]
    [InlineData(typeof(TransferModel))]
    [InlineData(typeof(Predictor))]
    public void No_text_has_numbers_as_the_culture_of_the_thread_writes_them(Type member)
    {
        using var module = ModuleDefinition.ReadModule(member.Assembly.Location);
        CulturalTexts(module).Should().BeEmpty("FormattableString.Invariant and string.Create write them the same everywhere");
    }

    [Fact]
    public void A_text_with_numbers_as_the_culture_writes_them_is_found()
    {
        using var module = ModuleDefinition.ReadModule(Assembly.GetExecutingAssembly().Location);
        CulturalTexts(module).Should().Contain($"{nameof(CultureTests)}.{nameof(Cultural)}");
        CulturalTexts(module).Should().NotContain($"{nameof(CultureTests)}.{nameof(Invariant)}");
    }

    private static string Cultural(double? number) => $"a number: {number}";

    private static string Invariant(double number) => string.Create(null, $"a number: {number}") + FormattableString.Invariant($"{number}");

    /// <summary>Methods that interpolate numbers with decimals, or dates, without a word of the culture.</summary>
    private static IEnumerable<string> CulturalTexts(ModuleDefinition module)
    {
        string[] cultural = ["System.Single", "System.Double", "System.Decimal", "System.DateTime", "System.DateTimeOffset"];
        foreach (var method in module.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody))
        {
            var isPlain = false;
            foreach (var called in method.Body.Instructions.Select(instruction => instruction.Operand).OfType<MethodReference>()
                .Where(called => called.DeclaringType.Name == "DefaultInterpolatedStringHandler"))
            {
                if (called.Name == ".ctor")
                    isPlain = called.Parameters.Count == 2;
                var value = (called as GenericInstanceMethod)?.GenericArguments[0];
                if (value is GenericInstanceType { Name: "Nullable`1" } nullable)
                    value = nullable.GenericArguments[0];
                if (!isPlain || !cultural.Contains(value?.FullName))
                    continue;
                yield return $"{method.DeclaringType.Name}.{method.Name}";
                break;
            }
        }
    }

    /// <summary>Reads tables, trains, saves, takes up again, measures, exports, reports and predicts; gives all that came of it.</summary>
    private static Dictionary<string, string> Everything()
    {
        using var folder = new TemporaryFolder();
        string At(string name) => Path.Join(folder.Path, name);
        string[] pictures = ["rgb_97x61.png", "rgb_150x40.png", "rgb_13x17.png", "rgba.png", "palette.gif", "rgb.bmp"];
        File.WriteAllLines(At("ages.csv"), ["file,age,height", .. pictures.Select((file, i) => $"{Fixture.PathOf(file)},{i}.5,-1.2{i}e1")]);
        File.WriteAllLines(At("kinds.tsv"), ["file\tkind", .. pictures.Select((file, i) => $"{Fixture.PathOf(file)}\t{(i % 2 == 0 ? "even" : "odd")}")]);
        var ages = ImageList.RegressionFromCsv(At("ages.csv"), ["age", "height"]);
        var kinds = ImageList.FromCsv(At("kinds.tsv")).With(new ImageOptions
        {
            TrainTransforms = preprocessing => new([
                new ColorJitter { Brightness = 0.25 }, new RandomApply(new Rotate(-1.5), 0.75), .. Transforms.Train(preprocessing)]),
            EvaluateTransforms = preprocessing => new([new AdjustContrast(1.25), .. Transforms.Evaluate(preprocessing)]),
        });
        var options = new TrainingOptions
        {
            Epochs = 2, BatchSize = 3, Optimizer = Optimizer.AdamW(0.0125), Loss = Loss.CrossEntropy(0.15), ClipNorm = 0.5, Seed = -7,
            Mix = Mix.MixUp(0.4), Schedule = Schedule.Cosine(0.01).WithWarmUp(WarmUp.Epochs(0.5)), Average = WeightAverage.Ema(0.95),
            Strategy = TrainingStrategy.GradualUnfreezing(1), Checkpoints = new CheckpointOptions(At("run")),
            Observers = [new HistoryFile(At("history.csv")), new HistoryFile(At("history.jsonl"))],
        };
        using var run = SpotsNetwork.Plan.Train(kinds, kinds, options);
        run.Model.Temperature = 1.25;
        run.Model.Save(At("model.tkm"));
        run.Model.ExportOnnx(At("model.onnx"));
        run.WriteReport(At("report.html"), new ReportOptions { Title = "Report" });
        using var again = SpotsNetwork.Plan.Train(kinds, kinds, options with { Observers = [] });
        using var regression = SpotsNetwork.Plan.Train(ages, ages, new TrainingOptions { Epochs = 1, BatchSize = 3 });
        using var predictor = Predictor.Load(At("model.tkm"), new PredictorOptions { CustomBackbone = SpotsNetwork.Plan, Device = ComputeDevice.Cpu });

        return new()
        {
            ["targets"] = string.Join(" ", ages.Targets.Values.SelectMany(values => values).Select(value => $"{BitConverter.SingleToUInt32Bits(value):x8}")),
            ["history"] = string.Join('\n', File.ReadAllLines(At("history.csv")).Select(line => string.Join(',', line.Split(',').SkipLast(3)))),
            ["history, a line"] = Regex.Replace(File.ReadAllLines(At("history.jsonl"))[^1], "_(seconds|per_second)\":[^,}]*", ""),
            ["what is saved"] = ModelJson(At("model.tkm")),
            ["what is exported"] = Fixture.Sha256(File.ReadAllBytes(At("model.onnx"))),
            ["report"] = string.Join('\n', XDocument.Load(At("report.html")).Descendants("section")
                .Where(section => !$"{section.Element("h2")}".Contains("Speed")).Select(section => Regex.Replace($"{section}", @"\d+\.\d s\b", "a time"))),
            ["taken up again"] = string.Join('\n', again.History.Select(epoch => $"{BitConverter.DoubleToUInt64Bits(epoch.TrainLoss):x16}")),
            ["phases"] = string.Join('\n', run.Phases),
            ["options"] = $"{options with { Checkpoints = null }}",
            ["evaluation"] = $"{run.Model.Evaluation}\n{regression.Model.Evaluation}",
            ["summary"] = run.Model.Summary(),
            ["predictions"] = string.Join('\n', predictor.PredictMany(pictures.Select(Fixture.PathOf)).Select(one => $"{one}")),
            ["mistakes"] = FluentActions.Invoking(() => (options with { ValidationFraction = 1.5, ClipNorm = -0.5 }).Validate())
                .Should().Throw<ArgumentException>().Which.Message,
        };
    }

    private static string ModelJson(string path)
    {
        using var zip = ZipFile.OpenRead(path);
        using var text = new StreamReader(zip.GetEntry("model.json")!.Open());
        return text.ReadToEnd();
    }
}
