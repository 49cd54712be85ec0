using static TorchSharp.torch;

namespace TransferKit;

/// <inheritdoc cref="LearningTask.Regression"/>
internal sealed class RegressionTask : TaskDefinition
{
    public override LearningTask Task => LearningTask.Regression;

    public override bool HasClasses => false;

    public override Loss DefaultLoss => Loss.MeanSquared;

    public override Tensor ToProbabilities(Tensor outputs) => outputs.alias();

    public override Tensor ToOutputs(Tensor probabilities) => probabilities.alias();

    public override Tensor ToTargets(Tensor outputs) => outputs;

    public override Tensor CountCorrect(Tensor outputs, Tensor targets) => zeros(1, device: outputs.device);

    public override double Probability(float output, SoftmaxTerms terms) =>
        throw new InvalidOperationException("A regression has no probabilities: ask Output.");

    public override double Output(double probability) =>
        throw new InvalidOperationException("A regression has no probabilities.");

    public override double LossOf(ReadOnlySpan<float> outputs, ReadOnlySpan<float> target, SoftmaxTerms terms)
    {
        var sum = 0.0;
        for (var i = 0; i < outputs.Length; i++)
            sum += Math.Pow((double)outputs[i] - target[i], 2);
        return sum / outputs.Length;
    }

    public override bool IsCorrect(ReadOnlySpan<float> outputs, ReadOnlySpan<float> target) => false;

    /// <summary>The tenths of the first number.</summary>
    public override (IReadOnlyList<int> Labels, int Count) Strata(Targets targets)
    {
        const int tenths = 10;
        var strata = new int[targets.Count];
        var ascending = Enumerable.Range(0, targets.Count).OrderBy(sample => targets.Rows[sample][0]).ToArray();
        for (var rank = 0; rank < targets.Count; rank++)
            strata[ascending[rank]] = (int)((long)rank * tenths / targets.Count);
        return (strata, tenths);
    }
}
