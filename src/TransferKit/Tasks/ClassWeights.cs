using System.Text.Json.Serialization;
using TorchSharp;

namespace TransferKit;

/// <summary>How much each class counts in a <see cref="Loss"/>. A value.</summary>
public sealed record ClassWeights
{
    private ClassWeights(double[]? values) => Values = values;

    /// <summary>One for each class; null: from how often each occurs.</summary>
    [JsonInclude]
    internal IReadOnlyList<double>? Values { get; }

    /// <summary>
    /// From how often the classes occur in the training samples. One class a sample: n / (classes · count), scikit-learn's
    /// <c>balanced</c>; a class that doesn't occur isn't counted among the classes and has the weight 0. Several classes a
    /// sample: the samples without a class over those with it, so that both sides of a class weigh the same; 1 for a class
    /// that all samples or none have.
    /// </summary>
    public static ClassWeights Balanced { get; } = new(values: null);

    /// <summary>Weights of your own.</summary>
    /// <param name="weights">One for each class, in the order of its labels; each at least 0, one of them above.</param>
    public static ClassWeights Of(params IReadOnlyList<double> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return new ClassWeights([.. weights]);
    }

    /// <summary>The weights for some training samples.</summary>
    /// <param name="targets">What the samples are.</param>
    /// <exception cref="ArgumentException">There isn't one weight a class, or the samples have no classes.</exception>
    public IReadOnlyList<double> For(Targets targets)
    {
        ArgumentNullException.ThrowIfNull(targets);
        if (!targets.Definition.HasClasses)
            throw new ArgumentException("Class weights need classes, and a regression has none.", nameof(targets));
        if (Values is null)
            return targets.Definition.HasOneClass ? BalancedClasses(targets) : BalancedLabels(targets);
        if (Values.Count != targets.Outputs)
            throw new ArgumentException(
                $"There are {Values.Count} class weights and {targets.Outputs} classes: give each class one.", nameof(targets));
        return Values;
    }

    internal torch.Tensor ToTensor(Targets targets, torch.Device device) =>
        torch.tensor([.. For(targets).Select(weight => (float)weight)], device: device);

    internal IEnumerable<string> ValidationErrors()
    {
        if (Values is null)
            yield break;
        if (!Values.All(weight => weight >= 0 && double.IsFinite(weight)))
            yield return $"The {this}, but each must be a number of at least 0.";
        else if (!Values.Any(weight => weight > 0))
            yield return $"The {this}, but one must be above 0.";
    }

    /// <inheritdoc/>
    public bool Equals(ClassWeights? other) => other is not null
        && (Values is null ? other.Values is null : other.Values is not null && Values.SequenceEqual(other.Values));

    /// <inheritdoc/>
    public override int GetHashCode() => Values?.Aggregate(0, HashCode.Combine) ?? 1;

    /// <summary>The weights in words: <c>class weights are balanced</c>.</summary>
    public override string ToString() => Values is null
        ? "class weights are balanced"
        : $"class weights are {string.Join(", ", Values.Select(weight => FormattableString.Invariant($"{weight}")))}";

    private static double[] BalancedClasses(Targets targets)
    {
        var counts = new int[targets.Outputs];
        foreach (var label in targets.Labels)
            counts[label]++;
        var occurring = counts.Count(count => count > 0);
        return [.. counts.Select(count => count == 0 ? 0 : (double)targets.Count / occurring / count)];
    }

    private static double[] BalancedLabels(Targets targets)
    {
        var counts = new int[targets.Outputs];
        foreach (var values in targets.Rows)
            for (var label = 0; label < counts.Length; label++)
                counts[label] += values[label] > 0.5f ? 1 : 0;
        return [.. counts.Select(count => count == 0 || count == targets.Count ? 1 : (double)(targets.Count - count) / count)];
    }
}
