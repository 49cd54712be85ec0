using System.Reflection;
using TransferKit.Vision.Tests.Docs;

namespace TransferKit.Vision.Tests.Tuning;

/// <summary>The C# that is written for plans and options makes the same plans and options.</summary>
[Trait("Lane", "Slow")]
public sealed class CSharpCodeTests
{
    private static readonly Type[] Kinds =
    [
        typeof(Optimizer), typeof(Schedule), typeof(LearningRates), typeof(Loss), typeof(WeightAverage), typeof(Sampling),
        typeof(Mix), typeof(TrainingStrategy), typeof(Score),
    ];

    /// <summary>Who watches a run and who shares it, and where it is kept.</summary>
    private static readonly string[] LeftOut =
    [
        nameof(TrainingOptions.Checkpoints), nameof(TrainingOptions.Distributed), nameof(TrainingOptions.Logger),
        nameof(TrainingOptions.Observers),
    ];

    [Fact]
    public void All_kinds_of_all_options_come_back()
    {
        List<TrainingOptions> options =
        [
            new(), .. Kinds.SelectMany(Values),
            new() { Optimizer = Optimizer.Sgd() with { DecayEverything = true } },
            new() { Schedule = Schedule.Cosine(0.1).WithWarmUp(WarmUp.Steps(3)) },
            new() { Schedule = Schedule.Constant.WithWarmUp(WarmUp.Fraction(0.25), 0.5) },
            new() { Schedule = Schedule.Constant.WithWarmUp(WarmUp.Epochs(1.5)) },
            new()
            {
                Epochs = 3, BatchSize = 7, ClipNorm = 0.5, ClipValue = 1e-7, AccumulateBatches = 2, DropLast = true,
                EarlyStopping = new EarlyStopping(2, 0.25), ValidationFraction = 0.3, Augment = false, CachedViews = 3,
                FeatureCache = null, RestoreBest = false, Seed = -3, SyncBatchNorm = true,
                Workers = 2, RecomputeActivations = true,
            },
            new() { FeatureCache = new FeatureCacheOptions { MemoryBytes = 5, Folder = Path.GetTempPath() } },
        ];
        options.Count.Should().BeGreaterThan(40);
        options.SelectMany(one => one.All().Except(new TrainingOptions().All())).Select(option => option.Name).Distinct()
            .Should().BeEquivalentTo(new TrainingOptions().All().Select(option => option.Name).Except(LeftOut));
        var made = Make<TrainingOptions>(options.Select(CSharpCode.Of));
        made.Select(Words).Should().Equal(options.Select(Words));
    }

    [Fact]
    public void All_kinds_of_plans_come_back()
    {
        var plan = Backbone.ResNet18(Pretrained.Default);
        TransferPlan[] plans =
        [
            plan, Backbone.ResNet18(), Backbone.ResNet20(Pretrained.Packaged),
            Backbone.ResNet50(Pretrained.Named("IMAGENET1K_V1")), Backbone.ResNet18(Pretrained.FromHub("a/b", "c")),
            Backbone.ResNet18(Pretrained.FromFile("a \"b\"\\c.pth")), Backbone.ResNet18(Pretrained.FromFile("a.pth", "teacher")),
            Backbone.ResNet18(Pretrained.FromUrl(new Uri("https://a.b/c.pth"))),
            Backbone.ResNet18(Pretrained.FromUrl(new Uri("https://a.b/c.pth"), "0123456789abcdef")),
            Backbone.Create("resnet50.a1_in1k", Pretrained.Default), Backbone.Create("resnet50", Zoo.Timm),
            plan.ReplaceHead(2), plan.ReplaceHead(Head.Dropout(2, 0.25)), plan.ReplaceHead(Head.Mlp(2, 8)),
            plan.ReplaceHead(Head.ConcatPool(2)), plan.UnfreezeAll(), plan.FreezeAll().UnfreezeLast(2),
            plan.WithBatchNorm(BatchNormMode.FollowTraining).WithPrecision(Precision.BFloat16).On(ComputeDevice.Cuda(1)),
            plan.WithImageSize(96).WithInputChannels(1),
            Backbone.Create("vit_small_patch14_reg4_dinov2.lvd142m", Pretrained.Default).WithImageSize(224)
                .ReplaceHead(Head.ClassAndPatches(2, 4)),
            plan.ReplaceHead(2).Unfreeze("layer4", "layer3.0").Freeze("layer4.0"),
        ];
        var made = Make<TransferPlan>(plans.Select(CSharpCode.Of));
        made.Select(Words).Should().Equal(plans.Select(Words));
        CSharpCode.Of(plans[^1]).Should().Be("""
            Backbone.Create("resnet18", Pretrained.Default)
                .ReplaceHead(Head.Linear(2))
                .Unfreeze("layer4")
                .Unfreeze("layer3.0")
                .Freeze("layer4.0")
            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void What_is_code_of_its_user_is_said()
    {
        var plan = Backbone.ResNet18().ReplaceHead(Head.Custom(2, features => TorchSharp.torch.nn.Linear(features, 2)));
        FluentActions.Invoking(() => CSharpCode.Of(plan)).Should().Throw<InvalidOperationException>()
            .WithMessage("The head 'custom, 2 classes' is code of your own, which can't be written as C#*");
        FluentActions.Invoking(() => CSharpCode.Of(new TrainingOptions { Monitor = Score.Of("own", true, _ => 1) }))
            .Should().Throw<InvalidOperationException>().WithMessage("The score 'own' is code of your own*");
    }

    private static string Words(TransferPlan plan) =>
        $"{plan}, {plan.ImageSize}, {plan.InputChannels}, {plan.Weights.Prefix}, {plan.Weights.Sha256}";

    private static string Words(TrainingOptions options) =>
        $"{options}, {options.FeatureCache}; {string.Join(' ', options.Facts().Select(fact => $"{fact.Data}"))}";

    /// <summary>Options of each factory and constant of a kind, with other arguments than the usual ones.</summary>
    private static IEnumerable<TrainingOptions> Values(Type kind)
    {
        var option = typeof(TrainingOptions).GetProperties().Single(property => property.PropertyType == kind);
        var made = kind.GetMethods(BindingFlags.Public | BindingFlags.Static)
            .Where(method => method.ReturnType == kind && !method.IsSpecialName)
            .Where(method => method.Name is not (nameof(Loss.DefaultFor) or nameof(Score.Of)))
            .Select(method => method.Invoke(null, [.. method.GetParameters().Select(Argument)]));
        var constants = kind.GetProperties(BindingFlags.Public | BindingFlags.Static)
            .Where(one => one.PropertyType == kind).Select(one => one.GetValue(null));
        foreach (var value in made.Concat(constants))
        {
            var options = new TrainingOptions();
            option.SetValue(options, value);
            yield return options;
        }
    }

    private static object? Argument(ParameterInfo parameter) => parameter.ParameterType switch
    {
        var type when type == typeof(double) => 0.375,
        var type when type == typeof(int) => 3,
        var type when type == typeof(bool) || type == typeof(bool?) => true,
        var type when type == typeof(ClassWeights) => ClassWeights.Of(0.5, 2),
        var type when type == typeof(IReadOnlyList<int>) => new[] { 1, 3 },
        var type when type == typeof(IReadOnlyList<double>) => new[] { 1.5, 3 },
        var type when type == typeof(IReadOnlyList<Mix>) => new[] { Mix.MixUp(3), Mix.CutMix(0.5) },
        var type => throw new NotSupportedException($"{type}: say what values it takes."),
    };

    private static T[] Make<T>(IEnumerable<string> expressions)
    {
        using var assembly = new MemoryStream();
        DocumentedProgram.Of($$"""
            using TransferKit;
            static class Program
            {
                public static readonly {{typeof(T).Name}}[] Made = [
            {{string.Join(",\n", expressions)}}];
                static void Main() { }
            }
            """).Compile(assembly).Should().BeEmpty();
        return (T[])Assembly.Load(assembly.ToArray()).GetType("Program")!.GetField("Made")!.GetValue(null)!;
    }
}
