using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;
using static TransferKit.Layers;

namespace TransferKit.Tests.Weights.Structure;

/// <summary>Weights whose names mean nothing, against the logits of the network that they were written from.</summary>
public class StructureMatchTests
{
    private static readonly Dictionary<string, float[]> Logits =
        JsonSerializer.Deserialize<Dictionary<string, float[]>>(File.ReadAllText(InFolder("logits.json")))!;

    [Theory]
    [InlineData("folded.onnx", nameof(WeightsMatch.Graph))]
    [InlineData("parameters.onnx", nameof(WeightsMatch.Graph))]
    [InlineData("keras.onnx", nameof(WeightsMatch.Graph))]
    [InlineData("foreign.pth", nameof(WeightsMatch.Order))]
    public void Files_of_other_programs_give_the_logits_of_the_network_they_were_written_from(string name, string match)
    {
        using var network = Load(Residual, name, classes: 5, replacesHead: false, out var used);
        Values(network.Forward).Should().Equal(Logits["net"], AreClose);
        used.ToString().Should().Be(match);
    }

    [Theory]
    [InlineData("keras.onnx", WeightsMatch.Graph)]
    [InlineData("foreign.pth", WeightsMatch.Order)]
    public void A_model_takes_the_head_of_such_a_file_and_says_how_it_was_matched(string name, WeightsMatch match)
    {
        var plan = Backbone.Custom("net", Residual, weights: Pretrained.FromFile(InFolder(name)));
        using var model = plan.On(ComputeDevice.Cpu).WithPrecision(Precision.Float32).Build();
        Values(model.Forward).Should().Equal(Logits["net"], AreClose);
        model.WeightsReport!.Match.Should().Be(match);
        model.WeightsReport.HasHead.Should().BeTrue();
        model.WeightsReport.LeftOut.Should().BeEmpty();
    }

    [Fact]
    public void A_graph_without_a_classifier_and_with_another_epsilon_gives_its_features()
    {
        using var network = Load(Residual, "headless.onnx", classes: 3, replacesHead: true, out _);
        Values(network.Features).Should().Equal(Logits["headless"], AreClose);
    }

    [Theory]
    [InlineData("folded.onnx")]
    [InlineData("keras.onnx")]
    [InlineData("foreign.pth")]
    public void A_new_head_takes_the_place_of_one_for_other_classes(string name)
    {
        using var whole = Load(Residual, name, classes: 5, replacesHead: false, out _);
        using var network = Load(Residual, name, classes: 3, replacesHead: true, out _);
        Values(network.Features).Should().Equal(Values(whole.Features));
    }

    [Fact]
    public void Depthwise_convolutions_and_gates_are_found() =>
        Run(Inverted, "inverted.onnx").Should().Equal(Logits["inverted"], AreClose);

    [Fact]
    public void A_pooling_tells_parallel_branches_apart() =>
        Run(() => Branches(pool: true), "pool.onnx").Should().Equal(Logits["pool"], AreClose);

    [Fact]
    public void What_could_be_either_of_two_layers_is_refused() =>
        Refusal(() => Branches(pool: false), "ambiguous.onnx").Should().Match(
            "*By the graph, Parameter* [4, 4, 1, 1] and Parameter* [4, 4, 1, 1] stand in the same place, and either could be *.weight*");

    [Theory]
    [InlineData("longer.onnx", "*By the graph, the file has Parameter* [16, 16, 3, 3], for which the network has no place.*")]
    [InlineData("stride.onnx", "*By the graph, where the network has stem.0.weight [8, 3, 3, 3], the file has Parameter* [8, 3, 3, 3] "
        + "(Conv stride 1 1 *instead of Conv stride 2 2*")]
    [InlineData("foreign_longer.pth", "*By their order they part where the network has nothing more, and the file has "
        + "stages.2.a.kernel [[]16, 16, 3, 3].*")]
    public void A_network_that_only_begins_alike_is_refused_where_they_part(string name, string message) =>
        Refusal(Residual, name).Should().Match(message.Replace("[[]", "["));

    [Fact]
    public void A_layer_that_the_file_lacks_is_named() =>
        Refusal(() => Residual(blocks: 3), "folded.onnx").Should()
            .Match("*By the graph, the network has body.2.a.0.weight [16, 16, 3, 3], and the file has no such layer.*");

    private static string Refusal(Func<Blueprint> network, string name) => FluentActions
        .Invoking(() => Load(network, name, classes: 3, replacesHead: true, out _)).Should().Throw<WeightsException>().Which.Message;

    private static float[] Run(Func<Blueprint> blueprint, string name)
    {
        using var network = Load(blueprint, name, classes: 5, replacesHead: false, out _);
        return Values(network.Forward);
    }

    private static float[] Values(Func<Tensor, Tensor> compute)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        return compute(Images()).data<float>().ToArray();
    }

    private static Network Load(Func<Blueprint> blueprint, string name, int classes, bool replacesHead, out WeightsMatch match)
    {
        using var file = WeightsFile.Open(InFolder(name));
        var network = new Network(blueprint, Head.Linear(classes));
        network.Allocate(CPU);
        network.Initialize(_ => true);
        StructureMatch.Name(file, network, replacesHead);
        StateDictLoader.Load(file, network.NamedWeights(), replacesHead ? network.HeadPaths : []);
        match = file.Match;
        network.SetTraining(false);
        return network;
    }

    private static bool AreClose(float left, float right) => Math.Abs(left - right) < 1e-5f * Math.Max(1, Math.Abs(right));

    private static Tensor Images() =>
        arange(3 * 32 * 32).reshape(1, 3, 32, 32).to(float32).mul(tensor(0.37f)).sin();

    private static string InFolder(string name) => Path.Join(WeightsFixtures.Path(".."), "Structure", name);

    private static Blueprint Residual() => Residual(blocks: 2);

    private static Blueprint Residual(int blocks) => new(
        [
            ("stem", Sequential(Conv(3, 8, 3, 2), BatchNorm(8), Relu, MaxPool(2, 2))),
            ("body", Sequential([Block(8, 16, 2), .. Enumerable.Range(1, blocks - 1).Select(_ => Block(16, 16, 1))])),
        ],
        output => [GlobalAveragePool, Flatten(), ("head", output.Vector(16))]);

    private static Layer Block(int from, int to, int stride) => Layers.Residual(
        Chain(("a", Sequential(Conv(from, to, 3, stride), BatchNorm(to))), Relu, ("b", Sequential(Conv(to, to, 3), BatchNorm(to)))),
        from == to ? null : ("down", Sequential(Conv(from, to, 1, stride), BatchNorm(to))), Relu);

    private static Blueprint Inverted() => new(
        [
            ("a", Sequential(Conv(3, 12, 1), BatchNorm(12))), Relu,
            ("b", Sequential(new Conv(12, 12, new Kernel2d(3, 2), groups: 12), BatchNorm(12))), Relu,
            ("gate", SqueezeExcitation(12, 4, Relu, Sigmoid)),
        ],
        output => [GlobalAveragePool, Flatten(), ("head", output.Vector(12))]);

    private static Blueprint Branches(bool pool) => new(
        [
            ("stem", new Conv(3, 4, new Kernel2d(1), bias: true)), Relu,
            Concat(("left", new Conv(4, 4, new Kernel2d(1), bias: true)),
                Chain(pool ? AveragePool(3, 1, 1) : new Identity(), ("right", new Conv(4, 4, new Kernel2d(1), bias: true)))),
        ],
        output => [GlobalAveragePool, Flatten(), ("head", output.Vector(8))]);

    private static Layer Conv(int from, int to, int kernel, int stride = 1) => new Conv(from, to, new Kernel2d(kernel, stride));
}
