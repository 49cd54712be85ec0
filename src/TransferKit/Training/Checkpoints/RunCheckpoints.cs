using System.Text.Json;
using TorchSharp;

namespace TransferKit;

/// <summary>What makes a run the same run as another, and how it is saved and taken up again.</summary>
internal sealed class RunCheckpoints
{
    private const string DeviceFact = "The device", ThreadsFact = "The number of threads";

    private readonly LiveModel _model;
    private readonly Dataset _train, _validation;
    private readonly TrainingOptions _options;
    private readonly TrainingStep _step;
    private readonly RunSchedule _schedule;
    private readonly ModelSnapshot _kept;
    private readonly ProcessGroup _group;
    private readonly CheckpointFolder? _folder;

    /// <param name="model">The model.</param>
    /// <param name="request">What the run was asked for.</param>
    /// <param name="schedule">The rates of its steps.</param>
    /// <param name="step">The state of the optimizer, and of the average.</param>
    /// <param name="kept">The model as it was after its best epoch, or its last where that isn't asked for.</param>
    public RunCheckpoints(
        LiveModel model, TrainingRequest request, RunSchedule schedule, TrainingStep step, ModelSnapshot kept)
    {
        (_model, _train, _validation, _options) = (model, request.Train, request.Validation, request.Options);
        (_schedule, _step, _kept) = (schedule, step, kept);
        _group = _options.Distributed;
        // Of several processes, the first saves; the others are sent what it finds.
        _folder = _group.Rank == 0 && _options.Checkpoints is { } checkpoints
            ? new CheckpointFolder(checkpoints, request.Score, _options.Logger) : null;
    }

    /// <summary>
    /// Where the run stands: at its start, or where its newest checkpoint was written, whose tensors and scores then are the
    /// run's.
    /// </summary>
    /// <exception cref="CheckpointException">The checkpoints in the folder belong to another run.</exception>
    public RunState Begin()
    {
        if (_folder is null && _group.Size == 1)
            return new RunState { Run = new Dictionary<string, JsonElement>() };
        var identity = Identity();
        var start = new RunState { Run = identity.Data, Circumstances = Circumstances(), Epochs = _options.Epochs };
        RequireSame(start);
        var state = Read(identity) ?? start;
        foreach (var (_, tensor) in Tensors())
            _group.Broadcast(tensor);
        if (ReferenceEquals(state, start))
            return start;
        _step.Optimizer.Steps = state.Steps;
        if (_step.Average is { } average)
            average.UpdateCount = state.Averaged;
        _step.Scaler.State = (state.LossScale, state.StepsSinceScaling);
        RestoreScores(state);
        Warn(state, start);
        return state with
        {
            FormatVersion = start.FormatVersion,
            Run = start.Run,
            Circumstances = start.Circumstances,
            Epochs = start.Epochs,
        };
    }

    /// <summary>Reads the newest checkpoint and takes its tensors over; null: there is none.</summary>
    /// <returns>What the first process has read.</returns>
    private RunState? Read(RunIdentity identity)
    {
        RunState? state = null;
        if (_folder?.Newest(identity) is var (found, tensors))
        {
            try
            {
                NamedTensors.Copy(tensors, Tensors());
            }
            finally
            {
                foreach (var tensor in tensors.Values)
                    tensor.Dispose();
            }
            state = found;
        }
        if (_group.Size == 1)
            return state;
        var json = _group.Broadcast(JsonSerializer.SerializeToUtf8Bytes(state, RunStateJson.Default.RunState!));
        return _group.Rank == 0 ? state : JsonSerializer.Deserialize(json, RunStateJson.Default.RunState);
    }

    /// <summary>Checks that all processes are about to make the same run.</summary>
    /// <exception cref="DistributedException">One isn't; the message says which, and what differs.</exception>
    private void RequireSame(RunState own) => RankAgreement.Require(_group,
    [
        .. own.Run, .. own.Circumstances.Where(fact => fact.Key is not (ThreadsFact or DeviceFact)),
        new("Epochs", Text($"{_options.Epochs}")),
        new("Steps between checkpoints", Text($"{_options.Checkpoints?.EverySteps}")),
        new("Epochs between checkpoints", Text($"{_options.Checkpoints?.EveryEpochs}")),
    ]);

    /// <summary>
    /// How the weights did that the checkpoint has: those of the best epoch where they are kept, else of the last.
    /// </summary>
    private void RestoreScores(RunState state)
    {
        if (state.History.Count == 0)
            return;
        var known = _options.RestoreBest && state.BestEpoch > 0 ? state.BestMetrics : state.LastMetrics;
        _model.Evaluation = known?.ToResult(_train.ClassNames);
        if (_options.RestoreBest)
            _kept.Evaluation = _model.Evaluation;
        else
            _kept.Take();
    }

    /// <summary>Writes a checkpoint, where that is wanted.</summary>
    /// <exception cref="CheckpointException">It can't be written.</exception>
    public void Save(RunState state) => _folder?.Write(state with
    {
        Steps = _step.Optimizer.Steps,
        Averaged = _step.Average?.UpdateCount ?? 0,
        LossScale = _step.Scaler.State.Scale,
        StepsSinceScaling = _step.Scaler.State.Steps,
    }, Tensors());

    /// <summary>
    /// What decides which numbers come out, as it is and not as it was asked for: a device or a precision that was found by
    /// itself is the same as one that was named.
    /// </summary>
    private RunIdentity Identity() => new(
    [
        .. _options.Facts(),
        new RunFact("Plan", JsonSerializer.SerializeToElement(_model.Recipe, RunFactJson.Default.ModelRecipe),
            $"{_model.Recipe with { Device = ComputeDevice.Auto, Precision = Precision.Auto }}"),
        RunFact.Of("Image size", $"{_model.Preprocessing.CropSize}"),
        RunFact.Of(CheckpointFolder.ComputesIn, $"{_model.ComputeType}"),
        RunFact.Of("Training samples", $"{_train.Count}, {_train.Targets.Checksum:x8}"),
        RunFact.Of("Validation samples", $"{_validation.Count}, {_validation.Targets.Checksum:x8}"),
        new RunFact("Classes", JsonSerializer.SerializeToElement(_train.ClassNames, RunFactJson.Default.IReadOnlyListString),
            string.Join(", ", _train.ClassNames)),
    ]);

    /// <summary>What else the numbers depend on, but a run may go on without.</summary>
    private Dictionary<string, JsonElement> Circumstances() => new()
    {
        [DeviceFact] = Text($"{_model.Device.type}"),
        // On a CPU sums are rounded otherwise with another number of them.
        [ThreadsFact] = Text(_model.Device.type == DeviceType.CPU ? $"{TorchRuntime.Threads}" : "any"),
        // Sums, and batch norms where each rank has its own.
        ["The number of ranks"] = Text($"{_group.Size}"),
        ["The training pictures"] = _train.Fingerprint(_model.Preprocessing, _options.Augment),
        ["The validation pictures"] = _validation.Fingerprint(_model.Preprocessing, augment: false),
    };

    private static JsonElement Text(string text) => JsonSerializer.SerializeToElement(text, RunFactJson.Default.String);

    /// <summary>Says what isn't as it was, where going on is allowed but may not be what was meant.</summary>
    private void Warn(RunState state, RunState start)
    {
        foreach (var (what, now) in start.Circumstances)
            // Words of an earlier version can't be compared with data.
            if (state.Circumstances.TryGetValue(what, out var then) && then.ValueKind == now.ValueKind)
                foreach (var difference in JsonDifference.Between(what, now, then))
                    _options.Logger.CircumstancesChanged(difference.Path, difference.There, difference.Here);
        var (step, total) = (state.Steps, (long)_schedule.StepsPerEpoch * _options.Epochs);
        if (state.Epochs is not { } epochs || epochs == _options.Epochs || step == 0 || step >= total)
            return;
        var last = _schedule.RateAt(step - 1, state.History, epochs);
        if (last != _schedule.RateAt(step - 1, state.History))
            _options.Logger.ScheduleStretched(
                $"{_options.Schedule}", epochs, _options.Epochs, last, _schedule.RateAt(step, state.History));
    }

    /// <summary>All live tensors that a run consists of.</summary>
    private IEnumerable<(string Name, torch.Tensor Value)> Tensors() =>
    [
        .. _model.Network.NamedWeights().Select(found => ($"model.{found.Name}", found.Weight.Value)),
        .. _step.Optimizer.State.Select(found => ($"optimizer.{found.Name}", found.Value)),
        .. _step.Average?.State.Select(found => ($"average.{found.Name}", found.Value)) ?? [],
        .. _options.RestoreBest ? _kept.Weights.State.Select(found => ($"best.{found.Name}", found.Value)) : [],
    ];
}
