using static TorchSharp.torch;

namespace TransferKit;

/// <inheritdoc cref="LearningTask.Classification"/>
internal sealed class ClassificationTask : TaskDefinition
{
    private const double Least = 1e-38;

    public override LearningTask Task => LearningTask.Classification;

    public override bool HasOneClass => true;

    public override Loss DefaultLoss => Loss.CrossEntropy();

    public override Tensor ToProbabilities(Tensor outputs) => outputs.softmax(1);

    // Probabilities of 0 and 1, which float32 makes of what is merely sure, have no finite outputs.
    public override Tensor ToOutputs(Tensor probabilities) => probabilities.ClampMin(Least).log();

    public override Tensor ToTargets(Tensor outputs) => outputs.argmax(1);

    public override Tensor CountCorrect(Tensor outputs, Tensor targets) =>
        outputs.argmax(1).eq(targets.dim() == 1 ? targets : targets.argmax(1)).sum();

    public override SoftmaxTerms Terms(ReadOnlySpan<float> outputs)
    {
        double largest = outputs[IndexOfLargest(outputs)], sum = 0;
        foreach (var output in outputs)
            sum += Math.Exp(output - largest);
        return new(largest, sum);
    }

    public override double Probability(float output, SoftmaxTerms terms) => Math.Exp(output - terms.Largest) / terms.Sum;

    public override double Output(double probability) => Math.Log(Math.Max(probability, Least));

    public override double LossOf(ReadOnlySpan<float> outputs, ReadOnlySpan<float> target, SoftmaxTerms terms) =>
        terms.Largest - outputs[(int)target[0]] + Math.Log(terms.Sum);

    public override bool IsCorrect(ReadOnlySpan<float> outputs, ReadOnlySpan<float> target) =>
        IndexOfLargest(outputs) == (int)target[0];

    /// <summary>The classes.</summary>
    public override (IReadOnlyList<int> Labels, int Count) Strata(Targets targets) => (targets.Labels, targets.Outputs);

    /// <summary>The class that outputs are for, the first of equals; what is not a number is less than any.</summary>
    public static int IndexOfLargest(ReadOnlySpan<float> outputs)
    {
        var largest = 0;
        for (var i = 1; i < outputs.Length; i++)
            if (outputs[i].CompareTo(outputs[largest]) > 0)
                largest = i;
        return largest;
    }
}
