namespace TransferKit.Vision;

/// <summary>What a model takes a picture for. A value.</summary>
public sealed class Prediction
{
    private readonly IReadOnlyList<string> _classNames;
    private readonly float[] _probabilities;
    private readonly int[] _ranking;

    internal Prediction(IReadOnlyList<string> classNames, float[] probabilities)
    {
        (_classNames, _probabilities) = (classNames, probabilities);
        _ranking = [.. Enumerable.Range(0, probabilities.Length).OrderByDescending(label => probabilities[label])];
    }

    /// <summary>The name of the likeliest class.</summary>
    public string Label => _classNames[_ranking[0]];

    /// <summary>The probability of the likeliest class, in 0..1.</summary>
    public float Confidence => _probabilities[_ranking[0]];

    /// <summary>The probability of every class, in the order of the model's class names; they sum to 1.</summary>
    public IReadOnlyList<float> Probabilities => _probabilities;

    /// <summary>The likeliest classes, best first.</summary>
    /// <param name="count">How many; fewer come where the model has fewer classes. At least 1.</param>
    public IReadOnlyList<(string Label, float Confidence)> Top(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return [.. _ranking.Take(count).Select(label => (_classNames[label], _probabilities[label]))];
    }

    /// <summary><c>daisy (98.5 %)</c></summary>
    public override string ToString() => FormattableString.Invariant($"{Label} ({100 * Confidence:F1} %)");
}
