using TorchSharp;
using TransferKit.Tests.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TransferKit.Tests.Backbones.Heads;

public sealed class CustomHeadTests : IDisposable
{
    private static readonly int[] Numbers = [1, 2];

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
        run.Model.Network.NamedWeights().Where(found => found.Weight.IsTrainable).Select(found => found.Name).Should().Equal(
            "fc.hidden.weight", "fc.hidden.bias", "fc.norm.weight", "fc.norm.bias", "fc.out.weight", "fc.out.bias");
    }

    [Fact]
    public void A_batch_of_one_that_its_norm_cannot_take_is_found_before_training()
    {
        var train = () => Backbone.ResNet18().ReplaceHead(Custom).FreezeAll()
            .Train(SyntheticImages.Create(perClass: 5), new TrainingOptions { BatchSize = 7 });
        train.Should().Throw<ArgumentException>().WithMessage("The last of 8 training samples*batch norm fc can't normalize*DropLast*");
    }

    [Fact]
    public void A_saved_model_takes_the_same_head_again_and_says_so_if_it_is_missing()
    {
        var path = Path.Join(_folder, "custom.tkm");
        using var model = Backbone.SqueezeNet1_1().ReplaceHead(Custom).Build();
        model.Save(path);
        using var images = torch.randn(2, 3, 64, 64);
        using var expected = model.Forward(images);

        using var loaded = TransferModel.Load(path, new LoadOptions { Device = ComputeDevice.Cpu, CustomHead = Custom });
        using var actual = loaded.Forward(images);
        actual.equal(expected).all().item<bool>().Should().BeTrue();

        var load = () => TransferModel.Load(path);
        load.Should().Throw<ModelFileException>().WithMessage("*custom head for 2 classes*pass the head*");
    }

    [Fact]
    public void Modules_that_TorchSharp_would_not_find_are_refused()
    {
        Refused(new Hoarder(one => new List<Module<Tensor, Tensor>> { one })).Should().Contain("the modules in the List _held of Hoarder").And.Contain("ModuleList");
        Refused(new Hoarder(one => new[] { one })).Should().Contain("_held of Hoarder");
        Refused(new Hoarder(one => new Dictionary<string, Module<Tensor, Tensor>> { ["a"] = one })).Should().Contain("_held of Hoarder");
        Refused(new Hoarder(one => (1, one))).Should().Contain("_held of Hoarder");
        Refused(new Hoarder(one => one)).Should().Contain("call RegisterComponents()");
        Refused(Sequential(("inner", new Hoarder(one => new[] { one })))).Should().Contain("_held of Hoarder");
        new Hoarder(_ => Numbers).Invoking(module => new ModuleLayer(module, new Shape(2)).Dispose()).Should().NotThrow();

        static string Refused(Module<Tensor, Tensor> module)
        {
            using (module)
                return module.Invoking(one => new ModuleLayer(one, new Shape(2))).Should().Throw<ArgumentException>().Which.Message;
        }
    }

    [Fact]
    public void A_list_that_TorchSharp_knows_follows_into_evaluation()
    {
        using var model = Backbone.SqueezeNet1_1().ReplaceHead(Head.Custom(2, features => new Stack(features))).On(ComputeDevice.Cpu).Build();
        model.Network.NamedWeights().Select(found => found.Name).Where(name => name.StartsWith("classifier", StringComparison.Ordinal))
            .Should().Equal("classifier.2.Blocks.0.weight", "classifier.2.Blocks.0.bias", "classifier.2.Blocks.2.weight", "classifier.2.Blocks.2.bias");
        using var images = torch.randn(2, 3, 64, 64);
        using Tensor first = model.Forward(images), second = model.Forward(images);
        second.equal(first).all().item<bool>().Should().BeTrue("its dropout is off");
    }

    [Fact]
    public void Files_from_before_auto_properties_had_their_names_are_read()
    {
        using var scope = torch.NewDisposeScope();
        var plan = Backbone.SqueezeNet1_1().ReplaceHead(Head.Custom(2, features => new Stack(features))).On(ComputeDevice.Cpu);
        using var model = plan.Build();
        var older = model.Network.NamedWeights().ToDictionary(
            found => found.Name.Replace("Blocks", "<Blocks>k__BackingField", StringComparison.Ordinal), found => found.Weight.Value);

        using var file = WeightsFile.FromStateDict(older);
        using var again = plan.Build();
        StateDictLoader.Load(file, again.Network.NamedWeights());

        using var images = torch.randn(2, 3, 64, 64);
        again.Forward(images).equal(model.Forward(images)).all().item<bool>().Should().BeTrue();
    }

    /// <summary>Keeps a layer in a field that TorchSharp isn't told of.</summary>
    private sealed class Hoarder : Module<Tensor, Tensor>
    {
        private readonly object _held;

        public Hoarder(Func<Module<Tensor, Tensor>, object> keep)
            : base(nameof(Hoarder)) => _held = keep(Linear(2, 2));

        public override Tensor forward(Tensor input) => _held is null ? input : input.alias();
    }

    /// <summary>Layers in an auto-property.</summary>
    private sealed class Stack : Module<Tensor, Tensor>
    {
        public Stack(int features)
            : base(nameof(Stack))
        {
            Blocks = ModuleList<Module<Tensor, Tensor>>(Linear(features, 8), Dropout(0.5), Linear(8, 2));
            RegisterComponents();
        }

        private TorchSharp.Modules.ModuleList<Module<Tensor, Tensor>> Blocks { get; }

        public override Tensor forward(Tensor input) => Blocks.Aggregate(input, (values, block) => block.call(values));
    }
}
