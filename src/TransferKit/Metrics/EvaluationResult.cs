namespace TransferKit;

/// <summary>How a model did on labelled samples.</summary>
public sealed record EvaluationResult
{
    /// <summary>The mean cross-entropy.</summary>
    public required double Loss { get; init; }

    /// <summary>The share of samples classified right, in 0..1.</summary>
    public required double Accuracy { get; init; }

    /// <summary>The number of samples.</summary>
    public required int Count { get; init; }

    /// <summary>How many samples of a class (row) were taken for each class (column).</summary>
    public required long[,] Confusion { get; init; }
}
