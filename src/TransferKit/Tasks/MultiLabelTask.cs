using static TorchSharp.torch;

namespace TransferKit;

/// <inheritdoc cref="LearningTask.MultiLabel"/>
internal sealed class MultiLabelTask : TaskDefinition
{
    private const double Least = 1e-7;

    public override LearningTask Task => LearningTask.MultiLabel;

    public override double? Threshold => 0.5;

    public override Loss DefaultLoss => Loss.BinaryCrossEntropy();

    public override Tensor ToProbabilities(Tensor outputs) => outputs.sigmoid();

    public override Tensor ToOutputs(Tensor probabilities) => probabilities.Clamp(Least, 1 - Least).logit();

    public override Tensor ToTargets(Tensor outputs) => outputs.GreaterThan(0).to_type(ScalarType.Float32);

    public override Tensor CountCorrect(Tensor outputs, Tensor targets) =>
        outputs.GreaterThan(0).eq(targets.GreaterThan(0.5)).all(1).sum();

    public override double Probability(float output, SoftmaxTerms terms) => 1 / (1 + Math.Exp(-(double)output));

    public override double Output(double probability)
    {
        var share = Math.Clamp(probability, Least, 1 - Least);
        return Math.Log(share / (1 - share));
    }

    public override double LossOf(ReadOnlySpan<float> outputs, ReadOnlySpan<float> target, SoftmaxTerms terms)
    {
        var sum = 0.0;
        for (var i = 0; i < outputs.Length; i++)
            sum += SoftPlus(outputs[i]) - (double)target[i] * outputs[i];
        return sum / outputs.Length;
    }

    public override bool IsCorrect(ReadOnlySpan<float> outputs, ReadOnlySpan<float> target)
    {
        for (var i = 0; i < outputs.Length; i++)
            if (outputs[i] > 0 != target[i] > 0.5f)
                return false;
        return true;
    }

    /// <summary>The rarest class of each sample, or none as one more.</summary>
    public override (IReadOnlyList<int> Labels, int Count) Strata(Targets targets)
    {
        var (counts, none) = (targets.CountOfEach(), targets.Outputs);
        return ([.. targets.Rows.Select(values => Targets.Present(values).DefaultIfEmpty(none)
            .MinBy(label => label == none ? 0 : counts[label]))], none + 1);
    }

    private static double SoftPlus(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));
}
