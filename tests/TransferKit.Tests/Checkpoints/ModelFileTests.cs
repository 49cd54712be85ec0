using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;
using TransferKit.Tests.Training;

namespace TransferKit.Tests.Checkpoints;

[Trait("Lane", "Slow")]
public sealed class ModelFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("transferkit-test-").FullName;

    private string File => Path.Join(_folder, "model.tkm");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("linear")]
    [InlineData("concat-pool")]
    public void A_loaded_model_gives_the_same_logits_and_facts(string head)
    {
        var data = SyntheticImages.Create(perClass: 8);
        using var run = Backbone.ResNet18().ReplaceHead(head == "linear" ? Head.Linear(2) : Head.ConcatPool(2, 16, 0.25))
            .Unfreeze("layer4").WithImageSize(32).Train(data, new TrainingOptions { Epochs = 1, BatchSize = 8 });
        run.Model.Save(File);

        using var loaded = TransferModel.Load(File, ComputeDevice.Cpu);
        using var images = torch.randn(3, 3, 32, 32);
        using var expected = run.Model.Forward(images);
        using var actual = loaded.Forward(images);
        actual.equal(expected).all().item<bool>().Should().BeTrue();
        loaded.ClassNames.Should().Equal(run.Model.ClassNames);
        loaded.Preprocessing.Should().Be(run.Model.Preprocessing);
        loaded.Plan.Head.Should().Be(run.Model.Plan.Head);
        loaded.CountParameters().Should().Be(run.Model.CountParameters());
        loaded.Evaluation.Should().BeEquivalentTo(run.Model.Evaluation, options => options
            .Excluding(result => result!.Samples).Excluding(result => result!.ClassNames).Excluding(result => result!.Classes)
            // These need the samples, or are of another task.
            .Excluding(result => result!.RocAuc).Excluding(result => result!.AveragePrecision)
            .Excluding(result => result!.LogLoss).Excluding(result => result!.CalibrationError)
            .Excluding(result => result!.R2).Excluding(result => result!.MeanAbsoluteError)
            .Excluding(result => result!.RootMeanSquaredError));
        loaded.Training.Should().BeEquivalentTo(run.Model.Training, options => options.WithStrictOrdering());
    }

    [Fact]
    public void The_file_holds_safetensors_and_json_for_other_tools()
    {
        using (var model = Backbone.SqueezeNet1_1().ReplaceHead(2).Build())
            model.Save(File);
        using var zip = ZipFile.OpenRead(File);
        zip.Entries.Select(entry => entry.FullName).Should().Equal("model.json", "weights.safetensors");
        zip.GetEntry("weights.safetensors")!.CompressedLength.Should().Be(zip.GetEntry("weights.safetensors")!.Length);
        Directory.GetFiles(_folder).Should().ContainSingle("no temporary file stays behind");
    }

    [Fact]
    public void A_failed_save_leaves_the_old_file_alone()
    {
        using var model = Backbone.SqueezeNet1_1().ReplaceHead(2).Build();
        model.Save(File);
        var before = System.IO.File.ReadAllBytes(File);
        model.Network.NamedWeights().Last().Weight.Value.Dispose();
        var save = () => model.Save(File);
        save.Should().Throw<Exception>("the last weight can't be read");
        System.IO.File.ReadAllBytes(File).Should().Equal(before);
        Directory.GetFiles(_folder).Should().ContainSingle();
    }

    [Fact]
    public void Files_that_are_no_models_are_refused_with_their_path()
    {
        var load = () => TransferModel.Load(File);
        load.Should().Throw<ModelFileException>().WithMessage($"{File}: there is no such file.");

        System.IO.File.WriteAllText(File, "not a zip");
        load.Should().Throw<ModelFileException>().WithMessage($"{File}: it is not a saved model, or it is damaged*");

        using (var model = Backbone.SqueezeNet1_1().ReplaceHead(2).Build())
            model.Save(File);
        var whole = System.IO.File.ReadAllBytes(File);
        System.IO.File.WriteAllBytes(File, whole[..(whole.Length / 2)]);
        load.Should().Throw<ModelFileException>();
    }

    [Fact]
    public void What_the_outputs_mean_and_the_temperature_come_back()
    {
        using (var model = Backbone.SqueezeNet1_1().ReplaceHead(2).Build())
        {
            model.Task.Should().Be(LearningTask.Classification);
            model.Temperature.Should().BeNull();
            (model.Task, model.Temperature) = (LearningTask.MultiLabel, 1.5);
            model.Save(File);
        }
        using (var loaded = TransferModel.Load(File))
            (loaded.Task, loaded.Temperature).Should().Be((LearningTask.MultiLabel, 1.5));

        Edit(json => json["temperature"] = 0);
        var load = () => TransferModel.Load(File);
        load.Should().Throw<ModelFileException>().WithMessage("*temperature*damaged*");
    }

    [Fact]
    public void How_evaluation_prepared_pictures_comes_back_and_older_files_do_not_know()
    {
        using (var model = Backbone.SqueezeNet1_1().ReplaceHead(2).Build())
        {
            model.Save(File);
            using (var ordinary = TransferModel.Load(File))
                ordinary.Preparation.Should().BeNull();
            model.DescribePreparation = preprocessing =>
                JsonSerializer.SerializeToElement(new { CutTo = preprocessing.CropSize });
            model.Save(File);
        }
        using (var loaded = TransferModel.Load(File))
            loaded.Preparation!.Value.GetProperty("CutTo").GetInt32().Should().Be(224);

        Edit(json => json.Remove("preparation").Should().BeTrue());
        using var older = TransferModel.Load(File);
        older.Preparation.Should().BeNull();
    }

    [Fact]
    public void Files_from_before_the_task_was_written_have_that_of_their_metrics()
    {
        using (var model = Backbone.SqueezeNet1_1().ReplaceHead(2).Build())
            model.Save(File);
        LearningTask Without(string? metrics)
        {
            Edit(json =>
            {
                json.Remove("task");
                json.Remove("temperature");
                json["metrics"] = metrics is null ? null : JsonNode.Parse(metrics);
            });
            using var loaded = TransferModel.Load(File);
            loaded.Temperature.Should().BeNull();
            return loaded.Task;
        }

        Without(metrics: null).Should().Be(LearningTask.Classification);
        Without("""{ "loss": 1, "accuracy": null, "count": 3, "confusion": [], "task": "Regression" }""").Should().Be(LearningTask.Regression);
        Without("""{ "loss": 1, "accuracy": 1, "count": 3, "confusion": [[2, 0], [0, 1]] }""").Should().Be(LearningTask.Classification);
    }

    [Fact]
    public void A_model_can_be_loaded_for_other_numbers()
    {
        using (var model = Backbone.SqueezeNet1_1().ReplaceHead(2).Build())
            model.Save(File);
        using var loaded = TransferModel.Load(File, new LoadOptions { Device = ComputeDevice.Cpu, Precision = Precision.BFloat16 });
        loaded.Live.ComputeType.Should().Be(torch.ScalarType.BFloat16);
        var load = () => TransferModel.Load(File, new LoadOptions { Device = ComputeDevice.Cpu, Precision = Precision.Float16 });
        load.Should().Throw<ArgumentException>().WithMessage("*needs a GPU*");
    }

    [Fact]
    public void A_newer_format_is_refused_with_the_cure()
    {
        using (var zip = ZipFile.Open(File, ZipArchiveMode.Create))
        using (var writer = new StreamWriter(zip.CreateEntry("model.json").Open()))
            writer.Write("""{ "formatVersion": 99 }""");
        var load = () => TransferModel.Load(File);
        load.Should().Throw<ModelFileException>().WithMessage("*format 99*Update TransferKit.");
    }

    /// <summary>Changes model.json within the file.</summary>
    private void Edit(Action<JsonObject> change)
    {
        using var zip = ZipFile.Open(File, ZipArchiveMode.Update);
        using var entry = zip.GetEntry("model.json")!.Open();
        var json = JsonNode.Parse(entry)!.AsObject();
        change(json);
        entry.SetLength(0);
        entry.Write(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()));
    }
}
