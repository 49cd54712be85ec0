using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit.Tests.Weights;

public sealed class StateDictLoaderTests : IDisposable
{
    private readonly List<Weight> _weights = [];

    public void Dispose() => _weights.ForEach(weight => weight.Dispose());

    [Theory]
    [InlineData("plain.pth")]
    [InlineData("checkpoint.pth")]
    [InlineData("compiled.pth")]
    public void Values_arrive_whatever_wraps_the_state_dict(string name)
    {
        var model = Model(("conv.weight", [4, 3, 2, 2]), ("conv.bias", [4]), ("fc.weight", [2, 4]));

        Load(name, model);

        Values(model, "fc.weight").Should().Equal(0, 1, 2, 3, 4, 5, 6, 7);
        Values(model, "conv.weight").Should().Equal(Enumerable.Range(0, 48).Select(i => (float)i));
    }

    [Fact]
    public void Missing_unexpected_and_mismatched_keys_are_reported_together_with_the_nearest_names()
    {
        var model = Model(("conv.weight", [4, 3, 2, 2]), ("conv.bais", [4]), ("fc.weight", [3, 4]));

        var error = FluentActions.Invoking(() => Load("plain.pth", model)).Should().Throw<WeightsException>().Which;

        error.Message.Should().EndWith(
            "plain.pth: the weights do not fit the model: 1 missing: conv.bais (nearest: conv.bias); "
            + "1 unexpected: conv.bias (nearest: conv.bais); "
            + "1 of another shape: fc.weight is [2, 4], the model has [3, 4]. Choose the model that the weights were made for.");
        error.MissingKeys.Should().Equal("conv.bais");
        error.UnexpectedKeys.Should().Equal("conv.bias");
        error.MismatchedKeys.Should().Equal("fc.weight");
    }

    [Fact]
    public void Nothing_is_copied_where_something_does_not_fit()
    {
        var model = Model(("conv.weight", [4, 3, 2, 2]), ("conv.bias", [4]), ("fc.weight", [3, 4]));

        FluentActions.Invoking(() => Load("plain.pth", model)).Should().Throw<WeightsException>();

        Values(model, "conv.bias").Should().OnlyContain(value => value == -1);
    }

    [Fact]
    public void The_head_that_is_being_replaced_is_left_alone_whatever_its_shape()
    {
        var model = Model(("conv.weight", [4, 3, 2, 2]), ("conv.bias", [4]), ("fc.0.weight", [9, 4]), ("fc.0.bias", [9]));

        Load("plain.pth", model, replaced: ["fc"]);

        Values(model, "conv.bias").Should().Equal(0, 1, 2, 3);
        Values(model, "fc.0.bias").Should().OnlyContain(value => value == -1);
    }

    [Fact]
    public void A_path_means_whole_segments()
    {
        var model = Model(("conv.weight", [4, 3, 2, 2]), ("conv.bias", [4]));

        FluentActions.Invoking(() => Load("plain.pth", model, replaced: ["f"])).Should().Throw<WeightsException>()
            .Which.UnexpectedKeys.Should().Equal("fc.weight");
        FluentActions.Invoking(() => Load("plain.pth", model, ignored: ["fc"])).Should().NotThrow();
    }

    [Fact]
    public void Counters_that_old_files_lack_start_at_their_initial_value()
    {
        var model = Model(
            ("conv.weight", [4, 3, 2, 2]), ("conv.bias", [4]), ("fc.weight", [2, 4]), ("bn.num_batches_tracked", []));

        Load("plain.pth", model);

        Values(model, "bn.num_batches_tracked").Should().Equal(42);
    }

    [Fact]
    public void A_file_for_another_architecture_is_called_so()
    {
        var model = Model(("features.0.weight", [1]), ("features.1.weight", [1]));

        FluentActions.Invoking(() => Load("plain.pth", model)).Should().Throw<WeightsException>()
            .WithMessage("*2 missing*3 unexpected*another architecture*");
    }

    [Fact]
    public void A_state_dict_in_memory_loads_like_a_file()
    {
        using var bias = arange(4).to(float16);
        using var file = WeightsFile.FromStateDict(new Dictionary<string, Tensor> { ["b"] = bias });
        var model = Model(("b", [4]));

        StateDictLoader.Load(file, model);

        Values(model, "b").Should().Equal(0, 1, 2, 3);
    }

    private static void Load(
        string name, List<(string, Weight)> model, string[]? replaced = null, string[]? ignored = null)
    {
        using var file = WeightsFile.Open(WeightsFixtures.Path(name));
        StateDictLoader.Load(file, model, replaced, ignored);
    }

    private static float[] Values(List<(string Name, Weight Weight)> model, string name) =>
        model.Single(found => found.Name == name).Weight.Value.detach().reshape(-1).data<float>().ToArray();

    private List<(string, Weight)> Model(params (string Name, long[] Shape)[] weights)
    {
        var model = new List<(string, Weight)>();
        foreach (var (name, shape) in weights)
        {
            var weight = new Weight(name, shape, value => value.fill_(42), isBuffer: false, ScalarType.Float32);
            weight.Allocate(CPU);
            using (no_grad())
                weight.Value.fill_(-1);
            _weights.Add(weight);
            model.Add((name, weight));
        }

        return model;
    }
}
