namespace TransferKit;

/// <summary>Two classes of which one is taken for the other.</summary>
/// <param name="Expected">The name of the class that the samples are of.</param>
/// <param name="Predicted">The name of the class that they were taken for.</param>
/// <param name="Count">How many they are.</param>
public sealed record ConfusedPair(string Expected, string Predicted, long Count)
{
    /// <summary><c>daisy taken for tulip: 3</c></summary>
    public override string ToString() => $"{Expected} taken for {Predicted}: {Count}";
}
