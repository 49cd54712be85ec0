using TorchSharp;
using TransferKit.Tests.Training;
using static TorchSharp.torch.nn;

namespace TransferKit.Tests.Heads;

public sealed class CustomHeadTests : IDisposable
{
    private static readonly Head Custom = Head.Custom(2, features => Sequential(
        ("hidden", Linear(features, 8)), ("norm", BatchNorm1d(8)), ("out", Linear(8, 2))));

    private readonly string _folder = Directory.CreateTempSubdirectory("transferkit-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Its_parameters_train_under_the_modules_own_names()
    {
        using var run = Backbone.ResNet18().ReplaceHead(Custom).FreezeAll()
            .Train(SyntheticImages.Create(perClass: 10), new TrainingOptions { Epochs = 3, BatchSize = 4 });
        run.History[^1].TrainLoss.Should().BeLessThan(run.History[0].TrainLoss);
        run.Model.Network.NamedWeights().Where(found => found.Weight.Trains).Select(found => found.Name).Should().Equal(
            "fc.hidden.weight", "fc.hidden.bias", "fc.norm.weight", "fc.norm.bias", "fc.out.weight", "fc.out.bias");
    }

    [Fact]
    public void A_batch_of_one_that_its_norm_cannot_take_is_found_before_training()
    {
        var train = () => Backbone.ResNet18().ReplaceHead(Custom).FreezeAll()
            .Train(SyntheticImages.Create(perClass: 5), new TrainingOptions { BatchSize = 7 });
        train.Should().Throw<ArgumentException>().WithMessage("The last of 8 training samples*batch norm fc can't normalise*DropLast*");
    }

    [Fact]
    public void A_saved_model_takes_the_same_head_again_and_says_so_if_it_is_missing()
    {
        var path = Path.Combine(_folder, "custom.tkm");
        using var model = Backbone.SqueezeNet1_1().ReplaceHead(Custom).Build();
        model.Save(path);
        using var images = torch.randn(2, 3, 64, 64);
        using var expected = model.Forward(images);

        using var loaded = TransferModel.Load(path, ComputeDevice.Cpu, Custom);
        using var actual = loaded.Forward(images);
        actual.equal(expected).all().item<bool>().Should().BeTrue();

        var load = () => TransferModel.Load(path);
        load.Should().Throw<ModelFileException>().WithMessage("*custom head for 2 classes*pass the head*");
    }
}
