using System.IO.Compression;
using TorchSharp;
using TransferKit.Tests.Training;

namespace TransferKit.Tests.Checkpoints;

public sealed class ModelFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("transferkit-test-").FullName;

    private string File => Path.Combine(_folder, "model.tkm");

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
        loaded.Parameters.Should().Be(run.Model.Parameters);
        loaded.Evaluation.Should().BeEquivalentTo(run.Model.Evaluation, options => options
            .Excluding(result => result!.Samples).Excluding(result => result!.ClassNames).Excluding(result => result!.Classes));
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
        var save = () => AtomicFile.Write(File, stream =>
        {
            stream.Write(before.AsSpan(0, 100));
            throw new IOException("disk full");
        });
        save.Should().Throw<IOException>();
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
    public void A_newer_format_is_refused_with_the_cure()
    {
        using (var zip = ZipFile.Open(File, ZipArchiveMode.Create))
        using (var writer = new StreamWriter(zip.CreateEntry("model.json").Open()))
            writer.Write("""{ "formatVersion": 99 }""");
        var load = () => TransferModel.Load(File);
        load.Should().Throw<ModelFileException>().WithMessage("*format 99*Update TransferKit.");
    }
}
