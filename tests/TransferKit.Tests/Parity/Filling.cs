namespace TransferKit.Tests.Parity;

/// <summary>How a golden's network was filled; see formula_weights.py.</summary>
/// <param name="Gain">The second moment that a linear layer gives its output, relative to its input's.</param>
/// <param name="Style">
/// <c>smooth</c>, or <c>kinked</c>, which keeps units away from zero, where ReLU bends, or <c>aligned</c>, which does so where
/// branches are added.
/// </param>
public sealed record Filling(double Gain, string Style)
{
    public bool IsKinked => Style != "smooth";
}
