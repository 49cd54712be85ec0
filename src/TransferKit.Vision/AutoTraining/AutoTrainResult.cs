namespace TransferKit.Vision;

/// <summary>A model that <see cref="AutoTrain"/> made, and all that led to it. Disposing it disposes the model.</summary>
public sealed class AutoTrainResult : IDisposable
{
    internal const string ModelFile = "model.tkm", ReportFile = "report.html";

    private readonly ImageDataset _data;
    private readonly string? _folder;

    internal AutoTrainResult(ImageDataset data, string? folder) => (_data, _folder) = (data, folder);

    /// <summary>The model, calibrated.</summary>
    public TransferModel Model => Run.Model;

    /// <summary>How it was trained, on which pictures.</summary>
    public required TrainingResult Run { get; init; }

    /// <summary>What was decided, and why, in order.</summary>
    public required IReadOnlyList<AutoTrainDecision> Decisions { get; init; }

    /// <summary>What is odd about the pictures; null: there was no time to look at all.</summary>
    public required InspectionReport? Inspection { get; init; }

    /// <summary>The positions of the pictures that were left out.</summary>
    public required IReadOnlyList<int> LeftOut { get; init; }

    /// <summary>The backbones beside each other; null: there was but one, or no time.</summary>
    public required BackboneComparison? Comparison { get; init; }

    /// <summary>The trials.</summary>
    public required TuningResult Tuning { get; init; }

    /// <summary>How sure the model was before and after calibration; null for a regression.</summary>
    public required Calibration? Calibration { get; init; }

    /// <summary>Where the model was saved; null: nowhere.</summary>
    public string? ModelPath => _folder is null ? null : Path.Join(_folder, ModelFile);

    /// <summary>Where the report was written; null: nowhere.</summary>
    public string? ReportPath => _folder is null ? null : Path.Join(_folder, ReportFile);

    /// <summary>
    /// C# that trains the same model: from the folder of pictures, where they lie in one, else from <c>data</c>.
    /// </summary>
    /// <remarks>The folder is opened without options; a backbone of your own goes on from a <c>plan</c>.</remarks>
    /// <exception cref="InvalidOperationException">The head or the score is code of your own; the message says which.</exception>
    public string ToCSharp()
    {
        var source = _data is ImageFolder folder ? $"ImageFolder.Open({CSharpCode.Text(folder.Root)})" : "data";
        var without = LeftOut.Count == 0 ? "" : $".Without([{string.Join(", ", LeftOut)}])";
        return $"""
            using TransferKit.Vision;
            {Tuning.ToCSharp()}
            var pictures = {source}{without};
            using var run = tuned.Train(pictures, options);
            {(Calibration is null ? "" : "run.Model.Calibrate(run.Validation);\n")}run.Model.Save({CSharpCode.Text(ModelFile)});

            """;
    }

    /// <summary>
    /// Writes one HTML file that needs nothing else, no network and no scripts: the decisions, the backbones, the trials, the
    /// recipe as C#, and the report on the model's training.
    /// </summary>
    /// <param name="path">
    /// The file, by convention ending in <c>.html</c>; one that is there is replaced, a folder that isn't is made.
    /// </param>
    /// <param name="options">What goes into the report on the training; null: the defaults.</param>
    /// <exception cref="ArgumentException">The options are wrong, or the test samples don't fit the model.</exception>
    /// <exception cref="IOException">The file can't be written.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public void WriteReport(string path, ReportOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new ReportOptions();
        options.Validate(Run.Train.Targets.Task);
        AtomicFile.Write(path, AutoTrainPage.Of(this, options).ToString());
    }

    /// <summary>The decisions, one a line, and how the model did.</summary>
    public override string ToString() => $"{string.Join('\n', Decisions)}\n{Run}";

    /// <inheritdoc/>
    public void Dispose() => Run.Dispose();
}
