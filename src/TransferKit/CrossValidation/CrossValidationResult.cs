namespace TransferKit;

/// <summary>How a plan did on every fold. Disposing it disposes the models that were kept.</summary>
public sealed class CrossValidationResult : IDisposable
{
    internal CrossValidationResult()
    {
    }

    /// <summary>Every fold, in order.</summary>
    public required IReadOnlyList<FoldResult> Folds { get; init; }

    /// <summary>
    /// Mean and spread of the scores: <c>loss</c>, and <c>accuracy</c>, <c>balanced accuracy</c> and <c>macro F1</c>, or of a
    /// regression <c>mean absolute error</c>, <c>root mean squared error</c> and <c>R²</c>; and what <see
    /// cref="TrainingOptions.Monitor"/> names.
    /// </summary>
    public required IReadOnlyList<ScoreSummary> Scores { get; init; }

    /// <summary>A score by its name.</summary>
    /// <exception cref="ArgumentException">There is none of that name; the message lists all.</exception>
    public ScoreSummary this[string name] => Scores.FirstOrDefault(score => score.Name == name)
        ?? throw new ArgumentException(
            $"There is no score '{name}', but {string.Join(", ", Scores.Select(score => score.Name))}.", nameof(name));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var fold in Folds)
            fold.Run.Dispose();
    }

    /// <summary>A line for each score.</summary>
    public override string ToString() => string.Join(Environment.NewLine, Scores);
}

/// <summary>One fold of a cross-validation.</summary>
/// <param name="Run">How the training went; its model is disposed unless models are kept.</param>
/// <param name="Evaluation">How the model did on the samples that it didn't train on.</param>
public sealed record FoldResult(TrainingResult Run, EvaluationResult Evaluation)
{
    /// <summary>A table of the classes and their averages; of a regression, its errors.</summary>
    public override string ToString() => $"{Evaluation}";
}
