namespace TransferKit;

/// <summary>
/// What is kept of an <see cref="EvaluationResult"/>: all but its samples. Null stands for what isn't a finite number, which
/// JSON can't say.
/// </summary>
internal sealed record ModelMetrics(double? Loss, double? Accuracy, int Count, IReadOnlyList<IReadOnlyList<long>> Confusion,
    LearningTask Task = LearningTask.Classification)
{
    public static ModelMetrics? Of(EvaluationResult? evaluation)
    {
        if (evaluation is null)
            return null;
        var classes = Enumerable.Range(0, evaluation.Confusion.GetLength(0)).ToList();
        return new(Finite(evaluation.Loss), Finite(evaluation.Accuracy), evaluation.Count,
            [.. classes.Select(row => (IReadOnlyList<long>)[.. classes.Select(column => evaluation.Confusion[row, column])])],
            evaluation.Task);
    }

    /// <param name="classNames">Those of the model.</param>
    public EvaluationResult ToResult(IReadOnlyList<string> classNames)
    {
        var confusion = new long[Confusion.Count, Confusion.Count];
        for (var row = 0; row < Confusion.Count; row++)
            for (var column = 0; column < Confusion.Count; column++)
                confusion[row, column] = Confusion[row][column];
        return new()
        {
            Loss = Loss ?? double.NaN,
            Accuracy = Accuracy ?? double.NaN,
            Count = Count,
            Confusion = confusion,
            Classes = ClassReport.Of(confusion, classNames),
            Task = Task,
            ClassNames = classNames,
        };
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
