using System.Globalization;
using System.Text;

namespace TransferKit;

/// <summary>Plans and options as the C# that makes them.</summary>
internal static class CSharpCode
{
    /// <summary>
    /// A plan, as an expression of several lines; one that can't be made without its user goes on from <c>plan</c>.
    /// </summary>
    /// <exception cref="InvalidOperationException">The head is code of the user's own.</exception>
    public static string Of(TransferPlan plan)
    {
        var isOwn = Architectures.TryFind(plan.Model) is null || plan.Weights.Kind == PretrainedKind.StateDict;
        var weights = plan.Weights == Pretrained.None ? "" : $", {Of(plan.Weights)}";
        var code = new StringBuilder(isOwn ? "plan" : $"Backbone.Create({Text(plan.Model)}{weights})");
        if (plan.InputChannels != 3)
            Verb($"WithInputChannels({plan.InputChannels})");
        if (plan.ImageSize is { } pixels)
            Verb($"WithImageSize({pixels})");
        if (plan.Head is { } head)
            Verb($"ReplaceHead({Of(head)})");
        if (plan.Freezing.AllTrain is { } all)
            Verb(all ? "UnfreezeAll()" : "FreezeAll()");
        foreach (var rule in plan.Freezing.Rules)
            Verb($"{(rule.Train ? "Unfreeze" : "Freeze")}({Text(rule.Pattern)})");
        if (plan.BatchNorm != BatchNormMode.AlwaysFrozen)
            Verb($"WithBatchNorm(BatchNormMode.{plan.BatchNorm})");
        if (plan.Precision != Precision.Auto)
            Verb($"WithPrecision(Precision.{plan.Precision})");
        if (plan.Device != ComputeDevice.Auto)
            Verb($"On(ComputeDevice.Parse({Text($"{plan.Device}")}))");
        return code.ToString();

        void Verb(string call) => code.Append("\n    .").Append(call);
    }

    /// <summary>
    /// Options, as an expression of several lines; who watches a run and who shares it, and where it is kept, is left out.
    /// </summary>
    /// <exception cref="InvalidOperationException">The score is code of the user's own.</exception>
    public static string Of(TrainingOptions options)
    {
        var lines = from option in options.All().Except(new TrainingOptions().All())
                    where option.Name is not (nameof(options.Checkpoints) or nameof(options.Distributed)
                        or nameof(options.Logger) or nameof(options.Observers))
                    select $"    {option.Name} = {Of(option.Value)},\n";
        return $"new TrainingOptions\n{{\n{string.Concat(lines)}}}";
    }

    private static string Of(object? option) => option switch
    {
        null => "null",
        bool value => Bool(value),
        int value => Number(value),
        double value => Number(value),
        Optimizer value => Of(value),
        Schedule value => Of(value),
        LearningRates value => Of(value),
        Loss value => Of(value),
        TrainingStrategy value => Of(value),
        WeightAverage value => Of(value),
        Sampling value => Of(value),
        Mix value => Of(value),
        Score value => Of(value),
        EarlyStopping value => $"new EarlyStopping({Number(value.Patience)}, {Number(value.MinimumDelta)})",
        FeatureCacheOptions value => $"new FeatureCacheOptions {{ MemoryBytes = {value.MemoryBytes}, "
            + $"FileBytes = {value.FileBytes}, Folder = {Text(value.Folder)} }}",
        _ => throw new InvalidOperationException($"There is no C# for a {option.GetType().Name}."),
    };

    private static string Of(Pretrained weights) => weights.Kind switch
    {
        PretrainedKind.Default => "Pretrained.Default",
        PretrainedKind.Packaged => "Pretrained.Packaged",
        PretrainedKind.Named => $"Pretrained.Named({Text($"{weights}")})",
        PretrainedKind.File when weights.Prefix is { } prefix => $"Pretrained.FromFile({Text($"{weights}")}, {Text(prefix)})",
        PretrainedKind.File => $"Pretrained.FromFile({Text($"{weights}")})",
        PretrainedKind.Url when weights.Sha256 is { } digits =>
            $"Pretrained.FromUrl(new Uri({Text($"{weights}")}), {Text(digits)})",
        PretrainedKind.Url => $"Pretrained.FromUrl(new Uri({Text($"{weights}")}))",
        PretrainedKind.Hub => $"Pretrained.FromHub({Text(weights.Repository!.Name)}, {Text(weights.Repository.Revision)})",
        _ => "Pretrained.None",
    };

    private static string Of(Head head) => head switch
    {
        LinearHead => $"Head.Linear({head.Classes})",
        DropoutHead one => $"Head.Dropout({one.Classes}, {Number(one.Probability)})",
        MlpHead one => $"Head.Mlp({one.Classes}, {one.Hidden}, {Number(one.Probability)})",
        ConcatPoolHead one => $"Head.ConcatPool({one.Classes}, {one.Hidden}, {Number(one.Probability)})",
        ClassAndPatchesHead one => $"Head.ClassAndPatches({one.Classes}, {one.Blocks})",
        _ => throw Own("head", head),
    };

    private static string Of(Optimizer optimizer) => optimizer switch
    {
        SgdOptimizer one => $"Optimizer.Sgd({Numbers(one.LearningRate, one.Momentum, one.WeightDecay)}, {Bool(one.Nesterov)})",
        AdamOptimizer one => $"Optimizer.{(one.Decoupled ? "AdamW" : "Adam")}("
            + $"{Numbers(one.LearningRate, one.Beta1, one.Beta2, one.WeightDecay)})",
        RmsPropOptimizer one =>
            $"Optimizer.RmsProp({Numbers(one.LearningRate, one.Alpha, one.Epsilon, one.Momentum, one.WeightDecay)})",
        LionOptimizer one => $"Optimizer.Lion({Numbers(one.LearningRate, one.Beta1, one.Beta2, one.WeightDecay)})",
        LambOptimizer one => $"Optimizer.Lamb({Numbers(one.LearningRate, one.Beta1, one.Beta2, one.WeightDecay)})",
        _ => throw Own("optimizer", optimizer),
    } + (optimizer.DecayEverything ? " with { DecayEverything = true }" : "");

    private static string Of(Schedule schedule) => schedule switch
    {
        ConstantSchedule => "Schedule.Constant",
        StepSchedule one => $"Schedule.Step({one.Every}, {Number(one.Gamma)})",
        MultiStepSchedule one => $"Schedule.MultiStep([{string.Join(", ", one.Milestones)}], {Number(one.Gamma)})",
        ExponentialSchedule one => $"Schedule.Exponential({Number(one.Gamma)})",
        CosineSchedule one => $"Schedule.Cosine({Number(one.Minimum)})",
        CosineRestartsSchedule one => $"Schedule.CosineRestarts({one.First}, {one.Multiplier}, {Number(one.Minimum)})",
        OneCycleSchedule one =>
            $"Schedule.OneCycle({Numbers(one.Rise, one.Start, one.End, one.MomentumLow, one.MomentumHigh)})",
        PolynomialSchedule one => $"Schedule.Polynomial({Number(one.Power)})",
        PlateauSchedule one => $"Schedule.ReduceOnPlateau({Number(one.Drop)}, {one.Patience}, {Number(one.Threshold)}, "
            + $"{one.Cooldown}, {Number(one.Minimum)}, {(one.HigherIsBetter is { } higher ? Bool(higher) : "null")}, "
            + $"{Number(one.Epsilon)})",
        WarmUpSchedule one => $"{Of(one.Then)}.WithWarmUp({Of(one.Length)}, {Number(one.Start)})",
        _ => throw Own("schedule", schedule),
    };

    private static string Of(WarmUp length)
    {
        var unit = length.Unit switch
        {
            WarmUpUnit.Steps => nameof(WarmUp.Steps),
            WarmUpUnit.Epochs => nameof(WarmUp.Epochs),
            _ => nameof(WarmUp.Fraction),
        };
        return $"WarmUp.{unit}({Number(length.Length)})";
    }

    private static string Of(LearningRates rates) => rates switch
    {
        UniformRates => "LearningRates.Uniform",
        SliceRates one => $"LearningRates.Slice({Numbers(one.Low, one.High)})",
        LayerDecayRates one => $"LearningRates.LayerDecay({Number(one.Decay)})",
        HeadMultiplierRates one => $"LearningRates.HeadMultiplier({Number(one.Multiple)})",
        _ => throw Own("way of learning rates", rates),
    };

    private static string Of(Loss loss) => loss switch
    {
        CrossEntropyLoss one => $"Loss.CrossEntropy({Number(one.LabelSmoothing)}, {Of(one.ClassWeights)})",
        FocalLoss one => $"Loss.Focal({Number(one.Gamma)}, {Of(one.ClassWeights)})",
        BinaryCrossEntropyLoss one => $"Loss.BinaryCrossEntropy({Number(one.LabelSmoothing)}, {Of(one.PositiveWeights)})",
        MeanSquaredLoss => "Loss.MeanSquared",
        MeanAbsoluteLoss => "Loss.MeanAbsolute",
        HuberLoss one => $"Loss.Huber({Number(one.Delta)})",
        _ => throw Own("loss", loss),
    };

    private static string Of(ClassWeights? weights) => weights is null ? "null"
        : weights.Values is { } values ? $"ClassWeights.Of({Numbers([.. values])})" : "ClassWeights.Balanced";

    private static string Of(TrainingStrategy strategy) => strategy switch
    {
        SinglePhaseStrategy => "TrainingStrategy.SinglePhase",
        FineTuneStrategy one => $"TrainingStrategy.FineTune({Number(one.Rate)}, {one.HeadEpochs})",
        GradualStrategy one => $"TrainingStrategy.GradualUnfreezing({one.EpochsPerStage})",
        ProgressiveStrategy one => $"TrainingStrategy.ProgressiveResizing({string.Join(", ", one.ImageSizes)})",
        LinearProbeStrategy one => $"TrainingStrategy.LinearProbe({Number(one.L2)})",
        LinearProbeGridStrategy one => $"TrainingStrategy.LinearProbeGrid({Numbers([.. one.LearningRates])})",
        _ => throw Own("strategy", strategy),
    };

    private static string Of(WeightAverage average) => average switch
    {
        EmaAverage one => $"WeightAverage.Ema({Number(one.Decay)}, {Bool(one.WarmUp)})",
        SwaAverage one => $"WeightAverage.Swa({one.FromEpoch})",
        _ => throw Own("average", average),
    };

    private static string Of(Sampling sampling) => sampling switch
    {
        ShuffledSampling => "Sampling.Shuffled",
        BalancedSampling => "Sampling.Balanced",
        WeightedSampling one => $"Sampling.Weighted([{Numbers(one.Weights)}])",
        _ => throw Own("sampling", sampling),
    };

    private static string Of(Mix mix) => mix switch
    {
        MixUp one => $"Mix.MixUp({Number(one.Alpha)})",
        CutMix one => $"Mix.CutMix({Number(one.Alpha)})",
        OneMixOf one => $"Mix.OneOf({string.Join(", ", one.Mixes.Select(Of))})",
        _ => throw Own("way of mixing", mix),
    };

    private static string Of(Score score) => score == Score.Loss ? "Score.Loss"
        : score == Score.Accuracy ? "Score.Accuracy"
        : score == Score.BalancedAccuracy ? "Score.BalancedAccuracy"
        : score == Score.MacroF1 ? "Score.MacroF1"
        : throw Own("score", score);

    private static string Numbers(params ReadOnlySpan<double> values)
    {
        var texts = new List<string>();
        foreach (var value in values)
            texts.Add(Number(value));
        return string.Join(", ", texts);
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Bool(bool value) => value ? "true" : "false";

    internal static string Text(string text) =>
        $"\"{text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static InvalidOperationException Own(string what, object value) =>
        new($"The {what} '{value}' is code of your own, which can't be written as C#: take the plan and the options as values.");
}
