using System.Drawing;
using System.IO.Compression;
using System.Text.Json.Nodes;
using TransferKit.Tests.Backbones;

namespace TransferKit.Vision.Tests;

/// <summary>A saved model knows how its evaluation prepared pictures, and its users needn't.</summary>
[Trait("Lane", "Slow")]
public sealed class SavedPreparationTests : IDisposable
{
    private static readonly TransferPlan Plan = SpotsNetwork.Plan;

    private static readonly PredictorOptions Plain = new() { CustomBackbone = Plan, Device = ComputeDevice.Cpu };

    private static readonly ImageOptions Own = new()
    {
        ApplyOrientation = false,
        Background = Color.Red,
        EvaluateTransforms = preprocessing => new(
            new Resize(40) { Interpolation = Interpolation.Bicubic }, new CenterCrop(32), new AdjustContrast(1.5),
            new Normalize(preprocessing.Mean, preprocessing.Std)),
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static string[] Pictures { get; } =
        [.. new[] { "rgb_97x61.png", "rgb_150x40.png", "rgb_13x17.png", "rgba.png", "palette.gif", "rgb.bmp" }.Select(Fixture.PathOf)];

    [Fact]
    public void Pictures_are_prepared_as_in_evaluation_without_being_told()
    {
        var path = Trained(Own);
        using var told = Predictor.Load(path, Plain with { Images = Own });
        using var plain = Predictor.Load(path, Plain);
        using var german = new OtherCulture();
        using var untold = Predictor.Load(path, Plain with { Images = new ImageOptions { PixelLimit = 1_000_000 } });
        foreach (var picture in Pictures)
        {
            plain.Predict(picture).Logits.Should().Equal(told.Predict(picture).Logits);
            untold.Predict(picture).Logits.Should().Equal(told.Predict(picture).Logits);
        }

        FluentActions.Invoking(() => Predictor.Load(path, Plain with { Images = Own with { Background = Color.Blue } }))
            .Should().Throw<InvalidOperationException>().WithMessage("*on #ff0000*on #0000ff*PredictorOptions.Images*or leave*to the model.");
    }

    [Fact]
    public void A_loaded_model_lends_its_preparation_to_datasets_and_explanations()
    {
        using var model = TransferModel.Load(Trained(Own), new LoadOptions { Device = ComputeDevice.Cpu, CustomBackbone = Plan });
        var options = new ImageOptions { PixelLimit = 1_000_000 }.PreparedFor(model);
        (options.PixelLimit, options.ApplyOrientation, options.Background).Should().Be((1_000_000, false, Color.FromArgb(255, 0, 0)));
        options.EvaluateTransforms(model.Preprocessing).Should().Equal(Own.EvaluateTransforms(model.Preprocessing));
        options.PreparedFor(model).Should().Be(options);

        var source = ImageSource.FromFile(Pictures[3]);
        Heat(null).Should().Equal(Heat(Own)).And.NotEqual(Heat(new ImageOptions()));
        model.Save(Path.Join(_folder.Path, "again.tkm"));
        using var again = Predictor.Load(Path.Join(_folder.Path, "again.tkm"), Plain);
        again.Predict(source).Logits.ShouldBe(Predict(Trained(Own), source));

        float[] Heat(ImageOptions? images) => [.. model.Explain(source, ExplanationMethod.GradCam, "odd", images).Map.Values.Span];
    }

    [Fact]
    public void Code_of_the_users_own_has_to_be_passed_again()
    {
        var dark = new ImageOptions
        {
            EvaluateTransforms = preprocessing => new(Transforms.Evaluate(preprocessing).Prepend(
                new RandomApply(new Lambda("darken", (pixels, _) => Darken(pixels)), Probability: 1))),
        };
        var path = Trained(dark);
        FluentActions.Invoking(() => Predictor.Load(path, Plain)).Should().Throw<InvalidOperationException>()
            .WithMessage("*model.tkm: *the Lambda 'darken'*not in the file. Pass the ImageOptions*PredictorOptions.Images*");
        using var told = Predictor.Load(path, Plain with { Images = dark });
        using var model = TransferModel.Load(path, new LoadOptions { Device = ComputeDevice.Cpu, CustomBackbone = Plan });
        model.Invoking(one => one.Explain(Pictures[0])).Should().Throw<InvalidOperationException>().WithMessage("The model was *'darken'*");
        told.Predict(Pictures[0]).Logits.Should().NotEqual(Predict(Trained(new ImageOptions()), ImageSource.FromFile(Pictures[0])));
    }

    [Fact]
    public void What_training_did_to_pictures_is_kept_as_data()
    {
        var path = Trained(Own with { TrainTransforms = _ => new(new RandomResizedCrop(32) { Scale = (0.5, 1) }) });
        var phase = Read(path)["training"]![0]!;
        phase["augmentation"]!.ToJsonString().Should().Be(
            """{"applyOrientation":false,"background":"#ff0000","steps":[{"kind":"random-resized-crop","size":32,"""
            + "\"scale\":[0.5,1],\"ratio\":[0.75,1.3333333333333333],\"interpolation\":\"Bilinear\"}]}");
        phase["settings"]!["Augment"]!.GetValue<string>().Should().Contain("RandomResizedCrop(Size 32, Scale (0.5, 1)");
        using var model = TransferModel.Load(path, new LoadOptions { Device = ComputeDevice.Cpu, CustomBackbone = Plan });
        model.Save(Path.Join(_folder.Path, "again.tkm"));
        Read(Path.Join(_folder.Path, "again.tkm"))["training"]!.ToJsonString().Should().Be(Read(path)["training"]!.ToJsonString());
    }

    [Fact]
    public void Steps_of_a_newer_version_are_refused_by_name()
    {
        var path = Trained(Own);
        Edit(path, json => json["preparation"]!["steps"]![1]!["kind"] = "bend");
        FluentActions.Invoking(() => Predictor.Load(path, Plain)).Should().Throw<InvalidOperationException>()
            .WithMessage("*model.tkm: the model*newer version of TransferKit, to which to update*bend*");
        using (var model = TransferModel.Load(path, new LoadOptions { Device = ComputeDevice.Cpu, CustomBackbone = Plan }))
            model.ClassNames.Should().Equal("even", "odd");
        Edit(path, json => json["formatVersion"] = 3);
        FluentActions.Invoking(() => Predictor.Load(path, Plain)).Should().Throw<ModelFileException>()
            .WithMessage("*of format 3; this version of TransferKit reads formats 1 to 2. Update TransferKit.");
    }

    [Fact]
    public void Files_of_the_format_before_are_read_and_say_the_same_of_pictures()
    {
        using (var ordinary = Predictor.Load(Before("format-1.tkm"), Plain))
            ordinary.Predict(Pictures[0]).Probabilities.ShouldBe([0.42870477f, 0.57129526f], 1e-5f);
        using (var told = Predictor.Load(Before("format-1-prepared.tkm"), Plain with { Images = Own }))
        using (var german = new OtherCulture())
        {
            told.Predict(Pictures[0]).Probabilities.ShouldBe([0.41344783f, 0.58655214f], 1e-5f);
            told.Predict(Pictures[3]).Probabilities.ShouldBe([0.5546361f, 0.44536385f], 1e-5f);
        }
        FluentActions.Invoking(() => Predictor.Load(Before("format-1-prepared.tkm"), Plain)).Should().Throw<InvalidOperationException>()
            .WithMessage("*as 'not turned upright, on #ff0000, Resize*format 1 says it in words alone*PredictorOptions.Images*");
    }

    private string Trained(ImageOptions options)
    {
        var data = ImageList.Create(Pictures.Select((file, i) => (ImageSource.FromFile(file), i % 2 == 0 ? "even" : "odd"))).With(options);
        using var run = Plan.Train(data, data, new TrainingOptions { Epochs = 1, BatchSize = 2 });
        var path = Path.Join(_folder.Path, "model.tkm");
        run.Model.Save(path);
        return path;
    }

    private static IReadOnlyList<float> Predict(string path, ImageSource picture)
    {
        using var predictor = Predictor.Load(path, Plain);
        return predictor.Predict(picture).Logits;
    }

    private static void Darken(PixelRows pixels)
    {
        for (var y = 0; y < pixels.Height; y++)
        {
            var row = pixels[y];
            for (var x = 0; x < row.Length; x++)
                row[x].Red /= 2;
        }
    }

    private static string Before(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Join(folder.FullName, "TransferKit.sln")))
            folder = folder.Parent!;
        return Path.Join(folder.FullName, "tests", "TransferKit.Vision.Tests", "Prediction", "Fixtures", name);
    }

    private static JsonNode Read(string path)
    {
        using var zip = ZipFile.OpenRead(path);
        using var entry = zip.GetEntry("model.json")!.Open();
        return JsonNode.Parse(entry)!;
    }

    private static void Edit(string path, Action<JsonNode> change)
    {
        var json = Read(path);
        change(json);
        using var zip = ZipFile.Open(path, ZipArchiveMode.Update);
        zip.GetEntry("model.json")!.Delete();
        using var entry = zip.CreateEntry("model.json").Open();
        entry.Write(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()));
    }
}
