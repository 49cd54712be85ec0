namespace TransferKit;

/// <summary>How far an answer has come.</summary>
/// <param name="Step">What is being done: <c>resnet18: features</c>.</param>
/// <param name="Done">How much of it is done.</param>
/// <param name="Total">How much there is; 0: it is done in one go.</param>
public readonly record struct ProbeProgress(string Step, int Done, int Total)
{
    /// <summary><c>resnet18: features, 320 of 900</c></summary>
    public override string ToString() => Total == 0 ? Step : $"{Step}, {Done} of {Total}";
}
