using System.Globalization;
using System.Text;

namespace TransferKit;

/// <summary>What a search for settings found. Immutable.</summary>
public sealed class TuningResult
{
    private readonly TrainingRequest _request;

    internal TuningResult(TrainingRequest request) => _request = request;

    /// <summary>All trials by their number; the first are the defaults.</summary>
    public required IReadOnlyList<TuningTrial> Trials { get; init; }

    /// <summary>
    /// The best of the trials that were trained to the end; of equal scores the one with the lower loss, then the earlier one.
    /// </summary>
    public required TuningTrial Best { get; init; }

    /// <summary>The first trial: the plan and the options as they were given.</summary>
    public TuningTrial Defaults => Trials[0];

    /// <summary>The best plan.</summary>
    public TransferPlan Plan => Best.Plan;

    /// <summary>How the best plan was trained.</summary>
    public TrainingOptions Options => Best.Options;

    /// <summary>By which score trials were compared.</summary>
    public Score Score => _request.Score;

    /// <summary>The samples that all trials learned from.</summary>
    public Dataset Train => _request.Train;

    /// <summary>
    /// The samples that all trials were measured on. As the best was chosen by them, it does a little worse on others.
    /// </summary>
    public Dataset Validation => _request.Validation;

    /// <summary>
    /// Whether the intervals of the best and of the defaults overlap: then chance alone could make the difference.
    /// </summary>
    public bool IsWithinChance => Best == Defaults || Best.AccuracyInterval is not { } best
        || Defaults.AccuracyInterval is not { } defaults || best.Low <= defaults.High;

    /// <summary>
    /// Trains the best plan as its trial was trained, on the same samples. Where the search was given a <see
    /// cref="TuningOptions.Folder"/> that is still there, the model is read from it, without further training.
    /// </summary>
    /// <param name="progress">Told after each batch, on the thread that trains, while the caller waits.</param>
    /// <param name="cancellationToken">Ends training after the batch; what has been learned is kept in the result.</param>
    public TrainingResult TrainBest(
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) => Plan.TrainOn(
            _request with { Options = Options with { Checkpoints = Best.Checkpoints } }, progress, cancellationToken);

    /// <summary>
    /// C# that makes the best plan and options, <c>tuned</c> and <c>options</c>: <c>tuned.Train(data, options)</c>.
    /// </summary>
    /// <remarks>A backbone of your own, or weights in memory, can't be written: the code goes on from a <c>plan</c>.</remarks>
    /// <exception cref="InvalidOperationException">The head or the score is code of your own; the message says which.</exception>
    public string ToCSharp() => $"""
        using TransferKit;

        var tuned = {CSharpCode.Of(Plan)};
        var options = {CSharpCode.Of(Options)};

        """;

    /// <summary>
    /// Writes all trials as a table: trial, finished, epochs, score, accuracy_low, accuracy_high, loss, seconds, settings, error.
    /// UTF-8, separated by commas, with quotation marks where a text needs them.
    /// </summary>
    /// <param name="path">
    /// The file, by convention ending in <c>.csv</c>; one that is there is replaced, a folder that isn't is made.
    /// </param>
    /// <exception cref="IOException">The file can't be written.</exception>
    public void SaveCsv(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var text = new StringBuilder("trial,finished,epochs,score,accuracy_low,accuracy_high,loss,seconds,settings,error\n");
        foreach (var trial in Trials)
            text.Append(CultureInfo.InvariantCulture, $"{trial.Number},{(trial.IsFinished ? "yes" : "no")},{trial.Epochs},")
                .Append(CultureInfo.InvariantCulture, $"{trial.Score:F6},{trial.AccuracyInterval?.Low:F6},")
                .Append(CultureInfo.InvariantCulture, $"{trial.AccuracyInterval?.High:F6},{trial.Loss:F6},")
                .Append(CultureInfo.InvariantCulture, $"{trial.Measure.Seconds:F1},")
                .Append(CultureInfo.InvariantCulture, $"{CsvCell.Of(trial.Settings)},{CsvCell.Of(trial.Error ?? "")}\n");
        AtomicFile.Write(path, text.ToString());
    }

    /// <summary>Draws the score of every trial over the epochs that it was trained for.</summary>
    public LineChart Chart() => new()
    {
        Title = $"{Trials.Count} trials", XLabel = "epochs", YLabel = $"{Score}", WholeX = true,
        Lines =
        [
            .. Trials.Where(trial => trial.Error is null).GroupBy(trial => trial.IsFinished).Select(some => new ChartLine(
                some.Key ? "trained to the end" : "ended early", [.. some.Select(trial => ((double)trial.Epochs, trial.Score))])
            {
                IsScatter = true,
            }),
        ],
        Markers = [($"the best: trial {Best.Number}", Best.Epochs, Best.Score)],
    };

    /// <summary>A table, the best first; an asterisk marks it. Below it, how sure it is.</summary>
    public override string ToString()
    {
        var interval = Score == Score.Accuracy ? "95 %" : "95 % of accuracy";
        var rows = new List<string[]> { (string[])["", "trial", "epochs", $"{Score}", interval, "loss", "s", "settings"] };
        rows.AddRange(Ranked.Select(trial => (string[])
        [
            trial == Best ? "*" : "", $"{trial.Number}", $"{trial.Epochs}", Number(trial.Score, "F4"),
            $"{trial.AccuracyInterval}", Number(trial.Loss, "F4"), Number(trial.Measure.Seconds, "F1"),
            trial.Error is { } error ? $"{trial.Settings}; failed: {error}" : trial.Settings,
        ]));
        return $"{TextTable.Of(rows, leftColumns: 1)}\n{Verdict}";

        static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>The trials that were trained furthest first, and of these the best.</summary>
    internal IReadOnlyList<TuningTrial> Ranked => [.. Trials.OrderByDescending(trial => trial.IsFinished)
        .ThenByDescending(trial => trial.Epochs).ThenBy(trial => trial.Measure, TrialMeasure.Order(Score))];

    /// <summary>What the search comes to, in a sentence or two.</summary>
    internal string Verdict => Best == Defaults
        ? $"None of {Trials.Count} trials is better than the defaults."
        : string.Create(CultureInfo.InvariantCulture, $"Trial {Best.Number} has {Best.Score:F4}, the defaults ")
            + string.Create(CultureInfo.InvariantCulture, $"have {Defaults.Score:F4}, ")
            + $"on the same {Validation.Count} validation samples."
            + (IsWithinChance ? " So few can't tell for sure which is better: the intervals overlap." : "");
}
