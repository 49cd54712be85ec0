using TorchSharp;
using TorchSharp.Modules;

namespace TransferKit.Tests.Training;

public class UpdateRuleTests
{
    private const double Decay = 0.1;

    public static TheoryData<string, Optimizer> Optimizers => new()
    {
        { "sgd", Optimizer.Sgd(0.05, momentum: 0) },
        { "sgd momentum decay", Optimizer.Sgd(0.05, 0.9, Decay) },
        { "sgd nesterov decay", Optimizer.Sgd(0.05, 0.9, Decay, nesterov: true) },
        { "adam decay", Optimizer.Adam(0.01, weightDecay: Decay) },
        { "adamw decay", Optimizer.AdamW(0.01, weightDecay: Decay) },
        { "rmsprop", Optimizer.RmsProp() },
        { "rmsprop momentum decay", Optimizer.RmsProp(0.01, 0.9, 0.03, 0.9, Decay) },
        { "lion decay", Optimizer.Lion(0.01, weightDecay: Decay) },
        { "lamb decay", Optimizer.Lamb(0.01, weightDecay: Decay) },
    };

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Twenty_updates_end_where_PyTorchs_do(string name, Optimizer optimizer)
    {
        using var scope = torch.NewDisposeScope();
        var (rule, weights) = Begin(optimizer);
        using (rule)
            Train(rule, weights, 0, TrainingGoldens.Optimizers.GetProperty("updates").GetInt32());
        foreach (var (key, weight) in weights)
        {
            var expected = torch.tensor(TrainingGoldens.Optimizers.GetProperty("values").GetProperty(name).Numbers(key));
            ((weight.flatten() - expected).abs() / expected.abs().clamp_min(1e-3)).max().item<double>()
                .Should().BeLessThan(1e-6, key);
        }
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void A_rule_that_was_saved_and_loaded_goes_on_bit_for_bit(string name, Optimizer optimizer)
    {
        using var scope = torch.NewDisposeScope();
        var (whole, expected) = Begin(optimizer);
        Train(whole, expected, 0, 6);

        var (first, before) = Begin(optimizer);
        Train(first, before, 0, 3);
        var saved = first.State.ToDictionary(state => state.Name, state => state.Value.clone());
        var (second, after) = Begin(optimizer);
        foreach (var (key, weight) in after)
            using (torch.no_grad())
                weight.copy_(before[key]);
        foreach (var (key, memory) in second.State)
            memory.copy_(saved[key]);
        second.Steps = first.Steps;
        Train(second, after, 3, 6);

        foreach (var (key, weight) in after)
            weight.bytes.ToArray().Should().Equal(expected[key].bytes.ToArray(), name);
        second.Steps.Should().Be(6);
        foreach (var rule in new[] { whole, first, second })
            rule.Dispose();
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void A_step_leaves_no_tensor_behind(string name, Optimizer optimizer)
    {
        using var scope = torch.NewDisposeScope();
        var (rule, weights) = Begin(optimizer);
        Train(rule, weights, 0, 1);
        var inside = torch.NewDisposeScope();
        rule.Step();
        rule.ClearGradients();
        inside.DisposablesCount.Should().Be(0, name);
        inside.Dispose();
        weights.Values.Count(weight => weight.grad is not null).Should().Be(0);
        var state = rule.State.ToList();
        rule.Dispose();
        state.Count(memory => !memory.Value.IsInvalid).Should().Be(0);
    }

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Every_rule_finds_a_line_through_points(string name, Optimizer optimizer)
    {
        using var scope = torch.NewDisposeScope();
        var (rule, weights) = Begin(optimizer with { WeightDecay = 0 });
        using var _ = rule;
        var inputs = TrainingGoldens.Wave(1.1, 0.3, 1, 30, 3);
        var targets = inputs.matmul(TrainingGoldens.Wave(2.3, 1, 1, 3, 4)) + 0.5;
        double Fit()
        {
            using var batch = torch.NewDisposeScope();
            rule.ClearGradients();
            var outputs = torch.nn.functional.linear(inputs, weights["weight"], weights["bias"]);
            var loss = torch.nn.functional.mse_loss(outputs, targets);
            loss.backward();
            rule.Step();
            return loss.item<double>();
        }
        var first = Fit();
        var last = first;
        for (var i = 0; i < 300; i++)
            last = Fit();
        last.Should().BeLessThan(first / 20, name);
    }

    [Fact]
    public void A_weight_without_gradient_stays_and_the_schedule_sets_rate_and_momentum()
    {
        using var scope = torch.NewDisposeScope();
        var (rule, weights) = Begin(Optimizer.Sgd(0.1, momentum: 0.9));
        using (rule)
        {
            using (torch.no_grad())
                weights["weight"].zero_();
            var bias = weights["bias"].clone();
            void Step(double factor, double momentum)
            {
                weights["weight"].grad = torch.ones(4, 3, torch.float64);
                rule.Step(factor, momentum);
            }
            Step(0.5, 0.9);
            Step(0.1, 0.2);
            weights["weight"][0, 0].item<double>().Should().BeApproximately(-0.05 - 0.01 * (1 + 0.2), 1e-12);
            weights["bias"].equal(bias).all().item<bool>().Should().BeTrue();
        }
    }

    [Fact]
    public void Gradients_are_clipped_as_PyTorch_does()
    {
        using var scope = torch.NewDisposeScope();
        var (rule, weights) = Begin(Optimizer.Sgd());
        using var _ = rule;
        double[] Values() => [.. weights.Values.SelectMany(weight => weight.grad!.data<double>().ToArray())];
        void Fill()
        {
            foreach (var weight in weights.Values)
                weight.grad = TrainingGoldens.Gradient(3, weight.shape);
        }
        var golden = TrainingGoldens.Clipping;
        Fill();
        Gradients.Norm(weights.Values).Should().BeApproximately(golden.GetProperty("norm").GetDouble(), 1e-6);
        ((double)Gradients.ClipNorm(weights.Values, 0.6).item<float>()).Should().BeApproximately(golden.GetProperty("norm").GetDouble(), 1e-6);
        Values().Zip(golden.Numbers("by_norm"), (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-6);
        var clipped = Values();
        ((double)Gradients.ClipNorm(weights.Values, 10).item<float>()).Should().BeApproximately(0.6, 1e-5);
        Values().Should().Equal(clipped);
        Fill();
        Gradients.ClipValue(weights.Values, 0.2);
        Values().Zip(golden.Numbers("by_value"), (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-12);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_gradient_that_is_no_number_is_found_and_left(double value)
    {
        using var scope = torch.NewDisposeScope();
        var (rule, weights) = Begin(Optimizer.Sgd());
        using var _ = rule;
        Gradients.Norm(weights.Values).Should().Be(0);
        weights["weight"].grad = torch.ones(4, 3, torch.float64);
        weights["weight"].grad![1, 2] = torch.tensor(value);
        double.IsFinite(Gradients.Norm(weights.Values)).Should().BeFalse();
        double.IsFinite(Gradients.ClipNorm(weights.Values, 1).item<float>()).Should().BeFalse();
        weights["weight"].grad![0, 0].item<double>().Should().Be(1);
    }

    [Fact]
    public void Optimizers_print_all_that_sets_them_apart()
    {
        Optimizer.Sgd(nesterov: true).ToString().Should().Be("SGD, rate 0.001, momentum 0.9 (Nesterov), weight decay 0");
        new[]
        {
            Optimizer.Sgd(), Optimizer.Sgd(0.1), Optimizer.Sgd(momentum: 0), Optimizer.Sgd(weightDecay: 0.1),
            Optimizer.Sgd(weightDecay: 0.1) with { DecayEverything = true }, Optimizer.Adam(), Optimizer.Adam(beta1: 0.8),
            Optimizer.Adam(beta2: 0.9), Optimizer.AdamW(weightDecay: 0), Optimizer.RmsProp(), Optimizer.RmsProp(alpha: 0.9),
            Optimizer.RmsProp(epsilon: 0.1), Optimizer.RmsProp(momentum: 0.9), Optimizer.Lion(), Optimizer.Lamb(),
        }.Select(optimizer => $"{optimizer}").Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void Optimizers_know_their_mistakes()
    {
        Optimizer.RmsProp(alpha: 1, epsilon: 0).ValidationErrors().Should().Equal(
            "Alpha is 1, but must lie in [0, 1).", "Epsilon is 0, but must be above 0.");
        Optimizer.Lion(beta1: -1, weightDecay: -1).ValidationErrors().Should().HaveCount(2);
        Optimizer.Lamb(learningRate: 0).ValidationErrors().Should().ContainSingle();
    }

    /// <summary>A weight that decays and a bias that doesn't, with the values that the script starts from.</summary>
    private static (UpdateRule Rule, Dictionary<string, torch.Tensor> Weights) Begin(Optimizer optimizer)
    {
        var weights = new Dictionary<string, torch.Tensor>
        {
            ["weight"] = new Parameter(TrainingGoldens.Wave(0.6, 1, 1, 4, 3)),
            ["bias"] = new Parameter(TrainingGoldens.Wave(0.6, 1, 1, 4)),
        };
        return (optimizer.Begin(
        [
            new([("weight", weights["weight"])], optimizer.LearningRate, optimizer.WeightDecay),
            new([("bias", weights["bias"])], optimizer.LearningRate, 0),
        ]), weights);
    }

    private static void Train(UpdateRule rule, Dictionary<string, torch.Tensor> weights, int from, int to)
    {
        for (var update = from; update < to; update++)
        {
            foreach (var weight in weights.Values)
                weight.grad = TrainingGoldens.Gradient(update, weight.shape);
            rule.Step();
        }
    }
}
