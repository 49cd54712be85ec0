using System.Reflection;

namespace TransferKit.Vision.Tests.Docs;

/// <summary>What people write compiles beside the namespaces that such programs commonly use.</summary>
[Trait("Lane", "Slow")]
public sealed class UserCodeTests
{
    [Theory]
    [InlineData]
    [InlineData("TorchSharp")]
    [InlineData("TorchSharp", "static TorchSharp.torch")]
    [InlineData("TorchSharp", "static TorchSharp.torch", "TorchSharp.Modules")]
    [InlineData("SkiaSharp", "Spectre.Console", "Microsoft.Extensions.Logging", "System.Diagnostics", "System.Text")]
    public void It_compiles_beside_other_namespaces(params string[] usings) =>
        string.Join('\n', UserCode.Compile(["TransferKit", "TransferKit.Vision", .. usings])).Should().BeEmpty();

    [Fact]
    public void The_documentation_compiles_beside_TorchSharp() => string.Join('\n', DocumentedProgram.All.SelectMany(
        program => program.Compile(Stream.Null, "TorchSharp", "static TorchSharp.torch", "TorchSharp.Modules")
            .Select(error => $"{program}: {error}"))).Should().BeEmpty();

    [Fact]
    public void There_is_a_snippet_for_every_verb_and_option()
    {
        var code = string.Concat(UserCode.Snippets.Select(snippet => snippet.Code));
        UserCode.Snippets.Count.Should().BeGreaterThanOrEqualTo(60);
        Type[] options =
        [
            typeof(TrainingOptions), typeof(CheckpointOptions), typeof(FeatureCacheOptions), typeof(OnnxOptions), typeof(ImageOptions),
            typeof(PixelCacheOptions), typeof(PredictorOptions), typeof(OnnxPredictorOptions), typeof(ReportOptions),
            typeof(EvaluationOptions), typeof(NeighborOptions),
            typeof(ComparisonOptions), typeof(LearningCurveOptions), typeof(LabelErrorOptions), typeof(LabelingOptions),
            typeof(MapOptions),
            typeof(TuningOptions), typeof(AutoTrainOptions),
        ];
        options.SelectMany(type => type.GetProperties().Where(property => property.SetMethod?.IsPublic == true))
            .Should().OnlyContain(property => code.Contains(property.Name + " ="));
        Type[] verbs =
        [
            typeof(TransferPlan), typeof(TransferModel), typeof(Dataset), typeof(ImageDataset), typeof(ImageFolder), typeof(ImageList), typeof(ImageSource),
            typeof(Predictor), typeof(Pretrained), typeof(Head), typeof(Optimizer), typeof(Schedule), typeof(Loss), typeof(Mix), typeof(LearningRates),
            typeof(Sampling), typeof(TrainingStrategy), typeof(WeightAverage), typeof(ExplanationMethod), typeof(TestTimeAugmentation), typeof(FeatureVectors),
        ];
        verbs.SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            .Where(method => !method.IsSpecialName && method.GetBaseDefinition().DeclaringType == method.DeclaringType
                && !method.Name.StartsWith('<') && method.Name is not ("Equals" or "Dispose" or "ToArray" or "Factor" or "Momentum" or "Rate"))
            .Should().OnlyContain(method => code.Contains("." + method.Name + "("));
    }
}
