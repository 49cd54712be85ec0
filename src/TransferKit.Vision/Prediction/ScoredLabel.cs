namespace TransferKit.Vision;

/// <summary>A class with its probability.</summary>
/// <param name="Label">The name of the class.</param>
/// <param name="Confidence">Its probability, in 0..1.</param>
public readonly record struct ScoredLabel(string Label, float Confidence)
{
    /// <summary><c>daisy (98.5 %)</c></summary>
    public override string ToString() => FormattableString.Invariant($"{Label} ({100 * Confidence:F1} %)");
}
