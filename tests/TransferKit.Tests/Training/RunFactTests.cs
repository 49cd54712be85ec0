using System.Reflection;
using System.Text.Json;

namespace TransferKit.Tests.Training;

public class RunFactTests
{
    /// <summary>Options that decide no number, or that a run may go on with another value of.</summary>
    private static readonly string[] NotDeciding =
    [
        nameof(TrainingOptions.Epochs), nameof(TrainingOptions.Checkpoints), nameof(TrainingOptions.ValidationFraction),
        nameof(TrainingOptions.Strategy), nameof(TrainingOptions.Workers), nameof(TrainingOptions.Logger),
        nameof(TrainingOptions.Observers), nameof(TrainingOptions.Distributed), nameof(TrainingOptions.RecomputeActivations),
    ];

    public static TheoryData<Type> Kinds =>
        [typeof(Optimizer), typeof(Schedule), typeof(LearningRates), typeof(Loss), typeof(WeightAverage), typeof(Sampling), typeof(Mix)];

    [Fact]
    public void All_options_but_a_few_are_facts()
    {
        var options = typeof(TrainingOptions).GetProperties().Select(option => option.Name).Except(NotDeciding);
        new TrainingOptions().Facts().Select(fact => fact.Name).Should().BeEquivalentTo(options);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_parameter_of_every_kind_is_in_the_data(Type kind)
    {
        var factories = kind.GetMethods(BindingFlags.Public | BindingFlags.Static)
            .Where(method => method.ReturnType == kind && !method.IsSpecialName && method.Name != nameof(Loss.DefaultFor)).ToList();
        var seen = new HashSet<string>();
        foreach (var factory in factories)
        {
            var plain = factory.GetParameters().Select(parameter => Value(parameter, other: false)).ToArray();
            seen.Add(Data(kind, factory.Invoke(null, plain)!)).Should().BeTrue($"{factory.Name} differs from all others");
            for (var i = 0; i < plain.Length; i++)
            {
                object?[] changed = [.. plain];
                changed[i] = Value(factory.GetParameters()[i], other: true);
                seen.Add(Data(kind, factory.Invoke(null, changed)!)).Should()
                    .BeTrue($"{factory.GetParameters()[i].Name} of {factory.Name} counts");
            }
        }
        foreach (var value in kind.GetProperties(BindingFlags.Public | BindingFlags.Static).Where(one => one.PropertyType == kind))
            seen.Add(Data(kind, value.GetValue(null)!)).Should().BeTrue($"{value.Name} differs from all others");
    }

    [Fact]
    public void Warm_up_weights_and_what_comes_on_top_are_in_the_data()
    {
        string[] data =
        [
            Data(typeof(Schedule), Schedule.Constant), Data(typeof(Schedule), Schedule.Constant.WithWarmUp(WarmUp.Steps(2))),
            Data(typeof(Schedule), Schedule.Constant.WithWarmUp(WarmUp.Epochs(2))),
            Data(typeof(Schedule), Schedule.Constant.WithWarmUp(WarmUp.Epochs(3))),
            Data(typeof(Schedule), Schedule.Cosine().WithWarmUp(WarmUp.Epochs(3))),
            Data(typeof(Loss), Loss.CrossEntropy(classWeights: ClassWeights.Of(1, 2))),
            Data(typeof(Loss), Loss.CrossEntropy(classWeights: ClassWeights.Of(1, 3))),
            Data(typeof(Optimizer), Optimizer.Sgd()), Data(typeof(Optimizer), Optimizer.Sgd() with { DecayEverything = true }),
        ];
        data.Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void A_plan_is_told_from_others()
    {
        var plan = Backbone.ResNet18(Pretrained.Default).ReplaceHead(2);
        TransferPlan[] plans =
        [
            plan, Backbone.ResNet34().ReplaceHead(2), Backbone.ResNet18(Pretrained.None).ReplaceHead(2),
            Backbone.ResNet18(Pretrained.FromFile("a.pth")).ReplaceHead(2), Backbone.ResNet18(Pretrained.FromFile("a.pth", "b")).ReplaceHead(2),
            plan.ReplaceHead(3), plan.ReplaceHead(Head.Mlp(2)), plan.ReplaceHead(Head.Mlp(2, probability: 0.25)), plan.Unfreeze("layer4"),
            plan.UnfreezeAll(), plan.WithBatchNorm(BatchNormMode.FollowTraining), plan.WithInputChannels(1),
        ];
        plans.Select(one => JsonSerializer.Serialize(one.Recipe, RunFactJson.Default.ModelRecipe)).Should().OnlyHaveUniqueItems();
        JsonSerializer.Serialize(plan.On(ComputeDevice.Cpu).WithPrecision(Precision.BFloat16).Recipe, RunFactJson.Default.ModelRecipe)
            .Should().Be(JsonSerializer.Serialize(plan.Recipe, RunFactJson.Default.ModelRecipe), "where it is computed is another fact");
    }

    [Theory]
    [MemberData(nameof(OtherCulture.Names), MemberType = typeof(OtherCulture))]
    public void Facts_and_what_people_read_of_them_are_the_same_in_every_culture(string name)
    {
        var options = new TrainingOptions
        {
            Optimizer = Optimizer.Lion(1.5e-4), Schedule = Schedule.OneCycle().WithWarmUp(WarmUp.Fraction(0.25)),
            LearningRates = LearningRates.LayerDecay(0.75), Loss = Loss.Focal(1.5, ClassWeights.Of(0.5, 1.5)), ClipNorm = 0.5,
            Average = WeightAverage.Ema(0.95), Sampling = Sampling.Weighted([0.5, 1.5]), Seed = -3,
            Mix = Mix.OneOf(Mix.MixUp(0.4), Mix.CutMix(1.5)), EarlyStopping = new EarlyStopping(2, 0.25), ValidationFraction = 0.25,
        };
        var (facts, words) = (InText(options), $"{options}");
        using var culture = new OtherCulture(name);
        InText(options).Should().Be(facts);
        $"{options}".Should().Be(words).And.Contain("Alpha = 0.4").And.Contain("Seed -3");
    }

    private static string InText(TrainingOptions options) =>
        string.Join('\n', options.Facts().Select(fact => $"{fact.Name} {fact.Data} {fact.Words}"));

    private static string Data(Type kind, object value) => JsonSerializer.Serialize(value, RunFactJson.Default.GetTypeInfo(kind)!);

    private static object? Value(ParameterInfo parameter, bool other) => parameter switch
    {
        { ParameterType: var type } when type == typeof(double) => other ? 0.375 : 0.25,
        { ParameterType: var type } when type == typeof(int) => other ? 3 : 2,
        { ParameterType: var type } when type == typeof(bool) => other,
        { ParameterType: var type } when type == typeof(bool?) => other ? true : null,
        { ParameterType: var type } when type == typeof(ClassWeights) => other ? ClassWeights.Balanced : null,
        { ParameterType: var type } when type == typeof(IReadOnlyList<int>) => other ? new[] { 1, 3 } : new[] { 1, 2 },
        { ParameterType: var type } when type == typeof(IReadOnlyList<double>) => other ? new[] { 1.0, 3 } : new[] { 1.0, 2 },
        { ParameterType: var type } when type == typeof(IReadOnlyList<Mix>) => other ? new[] { Mix.MixUp(3) } : new[] { Mix.MixUp(2) },
        _ => throw new NotSupportedException($"{parameter}: say what values it takes."),
    };
}
