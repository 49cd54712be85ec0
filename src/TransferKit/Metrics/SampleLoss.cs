using System.Globalization;

namespace TransferKit;

/// <summary>What a model said about one sample, and how wrong that is.</summary>
/// <param name="Index">The sample's position in its dataset.</param>
/// <param name="Loss">
/// Its cross-entropy, binary cross-entropy averaged over the classes, or squared error averaged over the numbers; without the
/// weights and the smoothing that the training's loss may have.
/// </param>
/// <param name="Expected">The class, where each sample has exactly one; else null.</param>
/// <param name="Predicted">The class that it was taken for, where each sample has exactly one; else null.</param>
/// <param name="Outputs">The probability of each class, or the numbers of a regression.</param>
public sealed record SampleLoss(int Index, double Loss, int? Expected, int? Predicted, IReadOnlyList<double> Outputs)
{
    /// <summary><c>sample 12: loss 2.3026, expected 0, predicted 1</c></summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"sample {Index}: loss {Loss:F4}")
        + (Expected is null ? "" : $", expected {Expected}, predicted {Predicted}");

    internal static SampleLoss Of(EvaluatedSamples samples, int sample, double loss)
    {
        var isClass = samples.Task == LearningTask.Classification;
        return new(samples.Indices[sample], loss,
            isClass ? samples.Labels[sample] : null, isClass ? samples.Predicted(sample) : null,
            [.. Enumerable.Range(0, samples.ClassNames.Count).Select(output => samples.Task == LearningTask.Regression
                ? samples.Output(sample, output) : samples.Probability(sample, output))]);
    }
}
