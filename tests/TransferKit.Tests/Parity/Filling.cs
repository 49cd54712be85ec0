namespace TransferKit.Tests.Parity;

/// <summary>How a golden's network was filled; see formula_weights.py.</summary>
/// <param name="Gain">The second moment that a linear layer gives its output, relative to its input's.</param>
/// <param name="Style"><c>smooth</c>, or <c>kinked</c>, which keeps the units of batch-norm and ReLU networks away from zero.</param>
public sealed record Filling(double Gain, string Style)
{
    public bool IsKinked => Style == "kinked";
}
