using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace TransferKit;

/// <summary>
/// Tells an MLflow server of a run by its REST interface: all settings as parameters; loss, accuracy and learning rate of every
/// training batch and of every epoch as metrics, by the names that <see cref="TensorBoardLog"/> has. It is sent aside while
/// training goes on. While the server is away, or refuses, it is kept, and sent when the server takes it. Several phases are one
/// run.
/// </summary>
/// <remarks>
/// <see cref="TrainingOptions.Logger"/> is warned once. That something isn't sent when the run ends, and why, stands in
/// <see cref="TrainingResult.ObserverErrors"/>; training goes on in any case.
/// </remarks>
public sealed class MlflowLog : ITrainingObserver
{
    private const int LongestValue = 6000, LongestKey = 250, MostParams = 100;

    /// <summary>How long entries are gathered, and how long a server that can't be reached is left alone.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromSeconds(1), Pause = TimeSpan.FromSeconds(10);

    private readonly string? _file;
    private MlflowOutbox? _outbox;
    private TrainingStart? _start;
    private Task _sending = Task.CompletedTask;
    private DateTime _notBefore;
    private bool _isAway, _isOver;

    /// <summary>Logs into an experiment.</summary>
    /// <param name="experiment">Its name; made on the server if it isn't there.</param>
    /// <param name="file">
    /// Keeps which run it is, so that a training that goes on from a checkpoint goes on in it, and what isn't sent yet, so that
    /// it isn't lost with the process; by convention ending in <c>.jsonl</c>, one file for each run. Null: nothing is kept.
    /// </param>
    /// <exception cref="ArgumentException"><c>MLFLOW_TRACKING_URI</c> is no address of a server.</exception>
    public MlflowLog(string experiment, string? file = null)
        : this(experiment, file, Environment.GetEnvironmentVariable)
    {
    }

    /// <param name="experiment">As there.</param>
    /// <param name="file">As there.</param>
    /// <param name="variable">Gives environment variables.</param>
    internal MlflowLog(string experiment, string? file, Func<string, string?> variable)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(experiment);
        Experiment = experiment;
        _file = file is null ? null : Path.GetFullPath(file);
        var address = variable("MLFLOW_TRACKING_URI") is { Length: > 0 } given ? given : "http://localhost:5000";
        TrackingUri = Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri
            : throw new ArgumentException($"MLFLOW_TRACKING_URI is '{address}', and not the address of a server.");
        var (user, password) = (variable("MLFLOW_TRACKING_USERNAME"), variable("MLFLOW_TRACKING_PASSWORD"));
        if (user is { Length: > 0 } && password is { Length: > 0 })
            Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
        else if (variable("MLFLOW_TRACKING_TOKEN") is { Length: > 0 } token)
            Authorization = new("Bearer", token);
    }

    /// <summary>The experiment.</summary>
    public string Experiment { get; }

    /// <summary>
    /// The server's address, with <c>http</c> or <c>https</c>. Default: <c>MLFLOW_TRACKING_URI</c>, or
    /// <c>http://localhost:5000</c>, where <c>mlflow server</c> is by itself.
    /// </summary>
    /// <exception cref="ArgumentException">It is something else, such as a folder.</exception>
    public Uri TrackingUri
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value.IsAbsoluteUri && value.Scheme is "http" or "https" ? value : throw new ArgumentException(
                $"'{value}' is not the address of an MLflow server, http://… or https://…: folders and databases are written by "
                + "MLflow alone. mlflow server gives them an address.", nameof(value));
        }
    }

    /// <summary>
    /// Who asks. Default: <c>MLFLOW_TRACKING_USERNAME</c> and <c>MLFLOW_TRACKING_PASSWORD</c>, or else
    /// <c>MLFLOW_TRACKING_TOKEN</c>, or else none.
    /// </summary>
    public AuthenticationHeaderValue? Authorization { get; init; }

    /// <summary>What the run is called. Null: the server gives it a name. Default: null.</summary>
    public string? RunName { get; init; }

    /// <summary>What the server calls the run that was logged last; null: it doesn't know it yet.</summary>
    public string? RunId => _outbox?.Run.Id;

    private MlflowServer Server => field ??= new MlflowServer(TrackingUri, Authorization);

    /// <inheritdoc/>
    public void Started(TrainingStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        _start = start;
        var known = _outbox ?? Read();
        if (start.Phase == 1 && start.History.Count == 0)
        {
            SetAside(known);
            known = null;
        }
        var goesOn = known is not null && (_isOver || _outbox is null);
        _outbox = known ?? new MlflowOutbox(_file, new MlflowRun { StartTime = Now() });
        (_isAway, _isOver) = (false, false);
        if (goesOn)
            Add(new MlflowEntry { Status = "RUNNING" });
        foreach (var epoch in start.History)
            EpochFinished(epoch);
        if (start.Phase > _outbox.Run.Phases)
            foreach (var some in Params(start).Chunk(MostParams))
                Add(new MlflowEntry { Phase = start.Phase, Params = some });
    }

    /// <inheritdoc/>
    public void Progressed(TrainingProgress progress)
    {
        ArgumentNullException.ThrowIfNull(progress);
        var batch = (progress.Epoch - 1L) * progress.Steps + progress.Step;
        if (progress.Phase == TrainingPhase.Training && progress.Finished is null && batch > _outbox!.Run.Batches)
            Add(new MlflowEntry
            {
                Batch = batch,
                Metrics = Metrics(batch, ("batch/loss", progress.Loss), ("batch/accuracy", progress.Accuracy),
                    ("batch/learning_rate", progress.LearningRate)),
            });
    }

    /// <inheritdoc/>
    public void EpochFinished(EpochResult epoch)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        // What comes again after a resume is the same.
        if (epoch.Epoch > _outbox!.Run.Epochs)
            Add(new MlflowEntry
            {
                Epoch = epoch.Epoch,
                Metrics = Metrics(epoch.Epoch, ("loss/train", epoch.TrainLoss), ("loss/validation", epoch.ValidationLoss),
                    ("accuracy/train", epoch.TrainAccuracy), ("accuracy/validation", epoch.ValidationAccuracy),
                    ("learning_rate", epoch.LearningRate)),
            });
    }

    /// <inheritdoc/>
    public void Ended(TrainingEnd outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        var status = outcome.Reason switch
        {
            null => "FAILED",
            StopReason.Cancelled => "KILLED",
            _ => "FINISHED",
        };
        // Another phase follows.
        if (status == "FINISHED" && _start!.Phase < _start.Phases)
            return;
        _isOver = true;
        Add(new MlflowEntry { Status = status, EndTime = Now() });
        Flush();
    }

    /// <summary>
    /// Sends what isn't sent yet, and waits for that: after the server was away, also in another process, from the file.
    /// </summary>
    /// <exception cref="MlflowException">The server can't be reached, or refuses; the message says what isn't sent.</exception>
    public void Flush()
    {
        _outbox ??= Read();
        if (_outbox is null)
            return;
        try
        {
            _sending.GetAwaiter().GetResult();
            SendAllAsync().GetAwaiter().GetResult();
        }
        catch (MlflowException error)
        {
            throw new MlflowException(TrackingUri, $"{error.Reason} {_outbox.Count} entries aren't sent, " + (_file is null
                ? $"and will be lost with the program: call {nameof(Flush)} when the server is back."
                : $"and are kept in {_file}: {nameof(Flush)} sends them when the server is back."), error)
            {
                ErrorCode = error.ErrorCode,
            };
        }
    }

    /// <summary>Uploads a file, such as a saved model or a report, to the run that was logged last.</summary>
    /// <param name="path">The file.</param>
    /// <param name="folder">The folder among the run's files that it goes into; null: none.</param>
    /// <exception cref="InvalidOperationException">No run was logged.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    /// <exception cref="MlflowException">
    /// The server can't be reached, refuses, or doesn't take files: it has to be started with <c>--serve-artifacts</c>, which is
    /// its default.
    /// </exception>
    public void LogArtifact(string path, string? folder = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Flush();
        var run = RunId ?? throw new InvalidOperationException("No run was logged to which a file could be added.");
        var root = Server.ArtifactUriAsync(run).GetAwaiter().GetResult();
        const string scheme = "mlflow-artifacts:";
        if (!root.StartsWith(scheme, StringComparison.Ordinal) || root.StartsWith($"{scheme}//", StringComparison.Ordinal))
            throw new MlflowException(TrackingUri, $"the run's files go to '{root}', and not through the server: start it with "
                + "--serve-artifacts, or copy them there.");
        using var file = File.OpenRead(path);
        var place = string.Join('/', new[] { root[scheme.Length..], folder ?? "", Path.GetFileName(path) }
            .Select(part => part.Replace('\\', '/').Trim('/')).Where(part => part.Length > 0));
        Server.UploadAsync(place, file).GetAwaiter().GetResult();
    }

    /// <summary>An earlier run's, which nobody sends any more, are sent, or moved out of the way of a new run's.</summary>
    private void SetAside(MlflowOutbox? earlier)
    {
        if (earlier is not { Count: > 0 })
            return;
        try
        {
            _outbox = earlier;
            Flush();
        }
        catch (MlflowException)
        {
            // Without a file they are lost, as was said when that run ended.
            if (_file is null)
                return;
            var aside = string.Create(CultureInfo.InvariantCulture, $"{_file}.{DateTime.UtcNow:yyyyMMdd'T'HHmmss}.jsonl");
            File.Move(_file, aside);
            _start!.Options.Logger.MlflowSetAside(earlier.Count, aside);
        }
    }

    private MlflowOutbox? Read()
    {
        try
        {
            return _file is null ? null : MlflowOutbox.Read(_file);
        }
        catch (JsonException error)
        {
            throw new MlflowException(
                TrackingUri, $"{_file} is not what a run has left there ({error.Message}). Name another file.", error);
        }
    }

    private void Add(MlflowEntry entry)
    {
        _outbox!.Add(entry);
        if (!_sending.IsCompleted || DateTime.UtcNow < _notBefore)
            return;
        _notBefore = DateTime.UtcNow + Gathering;
        _sending = Task.Run(SendAsideAsync);
    }

    /// <summary>Sends what there is. What goes wrong may pass: it is tried again, and at the end of the run at last.</summary>
    private async Task SendAsideAsync()
    {
        try
        {
            await SendAllAsync().ConfigureAwait(false);
            if (_isAway)
                _start!.Options.Logger.MlflowIsBack(TrackingUri);
            _isAway = false;
        }
        catch (MlflowException error)
        {
            _notBefore = DateTime.UtcNow + Pause;
            if (!_isAway)
                _start!.Options.Logger.MlflowIsAway(error.Message);
            _isAway = true;
        }
    }

    private async Task SendAllAsync()
    {
        var outbox = _outbox!;
        while (outbox.Next() is { Count: > 0 } entries)
        {
            if (outbox.Run.Id is not { } run)
            {
                run = await CreateRunAsync(outbox.Run.StartTime).ConfigureAwait(false);
                outbox.Name(run);
            }
            await (entries[0].Status is { } status
                ? Server.UpdateAsync(new(run, status, entries[0].EndTime))
                : Server.LogAsync(new(run, [.. entries.SelectMany(entry => entry.Metrics)],
                    [.. entries.SelectMany(entry => entry.Params)]))).ConfigureAwait(false);
            outbox.Remove(entries.Count);
        }
    }

    private async Task<string> CreateRunAsync(long startTime)
    {
        var experiment = await Server.FindExperimentAsync(Experiment).ConfigureAwait(false);
        return await Server.CreateRunAsync(new(experiment, RunName, startTime,
        [
            new("mlflow.user", Environment.UserName), new("mlflow.source.type", "LOCAL"),
            new("mlflow.source.name", Environment.ProcessPath ?? "TransferKit"),
        ])).ConfigureAwait(false);
    }

    /// <summary>What decides the numbers that come out; of several phases, the settings of each.</summary>
    private static IEnumerable<MlflowText> Params(TrainingStart start)
    {
        var prefix = start.Phases == 1 ? "" : $"phase {start.Phase}/";
        IEnumerable<(string Name, string Value)> all =
        [
            ("model", start.Model), ("plan", start.Plan), ("layers", start.Layers), ("parameters", $"{start.Parameters}"),
            ("training samples", $"{start.TrainSamples}"), ("validation samples", $"{start.ValidationSamples}"),
            .. start.Settings.Select(setting => (setting.Key, setting.Value)),
        ];
        return all.Where(one => one.Value.Length > 0).Select(one => new MlflowText(
            Cut($"{prefix}{one.Name}", LongestKey), Cut(one.Value, LongestValue)));
    }

    /// <summary>The longest beginning of a text that has no more bytes in UTF-8.</summary>
    private static string Cut(string text, int bytes)
    {
        if (Encoding.UTF8.GetByteCount(text) <= bytes)
            return text;
        var letters = Math.Min(text.Length, bytes);
        while (Encoding.UTF8.GetByteCount(text.AsSpan(0, letters)) > bytes - 3)
            letters--;
        return $"{text[..(char.IsHighSurrogate(text[letters - 1]) ? letters - 1 : letters)]}…";
    }

    private static MlflowMetric[] Metrics(long step, params ReadOnlySpan<(string Key, double Value)> metrics)
    {
        var (found, now) = (new List<MlflowMetric>(), Now());
        foreach (var (key, value) in metrics)
            if (double.IsFinite(value))
                found.Add(new(key, value, now, step));
        return [.. found];
    }

    private static long Now() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
}
