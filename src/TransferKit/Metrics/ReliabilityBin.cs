namespace TransferKit;

/// <summary>Samples of which a model is about equally sure.</summary>
/// <param name="Lower">The confidence that theirs lies above.</param>
/// <param name="Upper">The confidence that theirs is at most.</param>
/// <param name="Count">How many they are.</param>
/// <param name="Confidence">The mean probability of the class that they were taken for; not a number where there are none.</param>
/// <param name="Accuracy">The share of them that was taken for the right class; not a number where there are none.</param>
public sealed record ReliabilityBin(double Lower, double Upper, int Count, double Confidence, double Accuracy);
