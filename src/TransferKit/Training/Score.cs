namespace TransferKit;

/// <summary>
/// The score of a validation by which epochs are compared: for the best weights, early stopping, plateaus and checkpoints. A
/// value.
/// </summary>
public sealed record Score
{
    private readonly Func<EvaluationResult, double> _value;
    private readonly Func<TaskDefinition, bool> _fits;

    private Score(string name, bool higherIsBetter, Func<EvaluationResult, double> value,
        Func<TaskDefinition, bool>? fits = null) =>
        (Name, HigherIsBetter, _value, _fits) = (name, higherIsBetter, value, fits ?? (_ => true));

    /// <summary>The score's name: <c>accuracy</c>.</summary>
    public string Name { get; }

    /// <summary>Whether a higher score is the better one.</summary>
    public bool HigherIsBetter { get; }

    /// <summary>
    /// The mean loss; lower is better. While a model trains, it is the loss that is trained with, class weights, smoothing and
    /// all: <see cref="EpochResult.ValidationLoss"/>.
    /// </summary>
    public static Score Loss { get; } = new("loss", higherIsBetter: false, result => result.Loss);

    /// <summary>The share of samples classified right; with several labels, of samples with all labels right.</summary>
    public static Score Accuracy { get; } = new("accuracy", higherIsBetter: true, result => result.Accuracy,
        task => task.HasClasses);

    /// <summary>The mean recall of the classes, in which small classes count as much as large ones.</summary>
    public static Score BalancedAccuracy { get; } = new("balanced accuracy", higherIsBetter: true,
        result => result.BalancedAccuracy, task => task.HasOneClass);

    /// <summary>The mean F1 of the classes.</summary>
    public static Score MacroF1 { get; } = new("macro F1", higherIsBetter: true, result => result.Average(Averaging.Macro).F1,
        task => task.HasClasses);

    /// <summary>A score of your own. Two with the same name and direction are equal.</summary>
    /// <param name="name">Its name, for people and for checkpoints.</param>
    /// <param name="higherIsBetter">Whether a higher score is the better one.</param>
    /// <param name="value">Computes it; not a number counts as the worst.</param>
    public static Score Of(string name, bool higherIsBetter, Func<EvaluationResult, double> value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        return new Score(name, higherIsBetter, value);
    }

    /// <summary>All that have a name here.</summary>
    internal static IReadOnlyList<Score> Known => [Loss, Accuracy, BalancedAccuracy, MacroF1];

    /// <summary>Whether a task has the score; of one of the user's own nothing is known.</summary>
    internal bool Fits(LearningTask task) => _fits(TaskDefinition.Of(task));

    /// <summary>The score that is monitored by default: the accuracy, or the loss of a regression.</summary>
    internal static Score DefaultFor(LearningTask task) => Accuracy.Fits(task) ? Accuracy : Loss;

    /// <summary>The score of a validation.</summary>
    public double ValueOf(EvaluationResult result) => _value(result);

    /// <summary>Whether a score is better than another by more than a margin. Any number is better than none.</summary>
    internal bool IsBetter(double value, double than, double margin = 0) => !double.IsNaN(value)
        && (double.IsNaN(than) || (HigherIsBetter ? value > than + margin : value < than - margin));

    /// <inheritdoc/>
    public bool Equals(Score? other) => other is not null && Name == other.Name && HigherIsBetter == other.HigherIsBetter;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, HigherIsBetter);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
