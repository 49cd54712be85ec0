using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace TransferKit;

/// <summary>How a model is trained. A value; the defaults are the well-known transfer-learning tutorial's.</summary>
public sealed record TrainingOptions
{
    /// <summary>Passes over the training samples, at least 1. Default: 5.</summary>
    [JsonIgnore]
    public int Epochs { get; init; } = 5;

    /// <summary>Samples a step, at least 1; the last step of an epoch takes what is left. Default: 32.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>How weights follow gradients. Default: AdamW with rate 0.001.</summary>
    public Optimizer Optimizer { get; init; } = Optimizer.AdamW();

    /// <summary>How the learning rate changes from step to step. Default: it doesn't.</summary>
    public Schedule Schedule { get; init; } = Schedule.Constant;

    /// <summary>How learning rates differ between the stages of the network. Default: they don't.</summary>
    public LearningRates LearningRates { get; init; } = LearningRates.Uniform;

    /// <summary>
    /// The objective that training minimizes; null: cross-entropy, binary cross-entropy for several labels, the squared error for
    /// a regression. Default: null.
    /// </summary>
    public Loss? Loss { get; init; }

    /// <summary>
    /// The largest Euclidean norm of all gradients together, above 0, as PyTorch's <c>clip_grad_norm_</c>; null: any. Default:
    /// null.
    /// </summary>
    public double? ClipNorm { get; init; }

    /// <summary>
    /// The largest absolute value of a gradient, above 0, as PyTorch's <c>clip_grad_value_</c>; null: any. Default: null.
    /// </summary>
    public double? ClipValue { get; init; }

    /// <summary>
    /// Batches whose gradients are averaged into one step, at least 1: a large batch in the memory of a small one. Default: 1.
    /// </summary>
    public int AccumulateBatches { get; init; } = 1;

    /// <summary>
    /// Whether the backward pass computes anew what the layers of a block made, block by block, in place of keeping all of it
    /// (gradient checkpointing; Chen et al., 2016): the same numbers in less memory, for about one more forward pass. A block is
    /// what a residual connection bridges, or a stage without one. Default: no.
    /// </summary>
    [JsonIgnore]
    public bool RecomputeActivations { get; init; }

    /// <summary>A running average of the weights, which is measured and kept in their place; null: none. Default: null.</summary>
    public WeightAverage? Average { get; init; }

    /// <summary>Which samples an epoch trains on. Default: each once, in random order.</summary>
    public Sampling Sampling { get; init; } = Sampling.Shuffled;

    /// <summary>Whether the last batch of an epoch is left out where it isn't full. Default: no.</summary>
    public bool DropLast { get; init; }

    /// <summary>How samples of a batch are mixed with each other; null: they aren't. Default: null.</summary>
    public Mix? Mix { get; init; }

    /// <summary>
    /// The score of the validation by which epochs are compared; null: the accuracy, or the loss of a regression. Default: null.
    /// </summary>
    public Score? Monitor { get; init; }

    /// <summary>Ends training when <see cref="Monitor"/> no longer improves; null: all epochs are made. Default: null.</summary>
    public EarlyStopping? EarlyStopping { get; init; }

    /// <summary>Where the run is saved, to go on after it was killed; null: nowhere. Default: null.</summary>
    [JsonIgnore]
    public CheckpointOptions? Checkpoints { get; init; }

    /// <summary>
    /// The share of samples held out for validation where no validation set is given, between 0 and 1, both excluded.
    /// Default: 0.2.
    /// </summary>
    [JsonIgnore]
    public double ValidationFraction { get; init; } = 0.2;

    /// <summary>
    /// What is trained when, and how: in a single phase, the head first and then the rest, … Default: <see
    /// cref="TrainingStrategy.SinglePhase"/>.
    /// </summary>
    [JsonIgnore]
    public TrainingStrategy Strategy { get; init; } = TrainingStrategy.SinglePhase;

    /// <summary>Whether training samples are randomly augmented. Default: yes.</summary>
    public bool Augment { get; init; } = true;

    /// <summary>
    /// Room for the outputs of frozen layers, which are then computed once and not in every epoch: of validation samples, and of
    /// training samples where they are the same in every epoch (see <see cref="CachedViews"/>). Null: always compute them.
    /// </summary>
    public FeatureCacheOptions? FeatureCache { get; init; } = new();

    /// <summary>
    /// How many augmented views of a training sample are made; the epochs take them in turn, and the outputs of frozen layers for
    /// them are kept. 0: every epoch makes new ones, and nothing can be kept while <see cref="Augment"/> is on. Default: 0.
    /// </summary>
    public int CachedViews { get; init; }

    /// <summary>
    /// Whether the model ends with the weights of <see cref="TrainingResult.Best"/> and not with those of the last step.
    /// Default: yes.
    /// </summary>
    public bool RestoreBest { get; init; } = true;

    /// <summary>
    /// Decides the split, the new weights, the order of samples, augmentation and dropout. On the CPU, the same seed and the
    /// same number of threads give the same losses. Default: 0.
    /// </summary>
    public int Seed { get; init; }

    /// <summary>
    /// Processes that train the model together, each on its share of every batch: with the same seed they see the same batches
    /// however many they are. Default: this one alone.
    /// </summary>
    [JsonIgnore]
    public ProcessGroup Distributed { get; init; } = ProcessGroup.Alone;

    /// <summary>
    /// Whether batch norms that train normalize by what all processes have of a batch, as PyTorch's <c>SyncBatchNorm</c>: the
    /// numbers of one process, for two exchanges a norm. If not, each process normalizes by its own share. Default: no.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool SyncBatchNorm { get; init; }

    /// <summary>Threads that prepare batches ahead; 0 lets the dataset choose. Default: 0.</summary>
    [JsonIgnore]
    public int Workers { get; init; }

    /// <summary>Logs the start, every epoch and the end. Default: nothing is logged.</summary>
    [JsonIgnore]
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Observers of the run: TensorBoard, a file with the history, your own. Default: none.</summary>
    [JsonIgnore]
    public IReadOnlyList<ITrainingObserver> Observers { get; init; } = [];

    /// <summary>
    /// What decides the numbers that come out: all options but those that JSON leaves out. So a new option counts unless somebody
    /// says that it doesn't.
    /// </summary>
    internal IReadOnlyList<RunFact> Facts()
    {
        var data = JsonSerializer.SerializeToElement(this, RunFactJson.Default.TrainingOptions);
        return
        [
            .. from property in RunFactJson.Default.TrainingOptions.Properties
               where property.Get is not null
               select new RunFact(property.Name, data.TryGetProperty(property.Name, out var value) ? value : null,
                   InWords(property.Name, property.Get!(this))),
        ];
    }

    /// <summary>The same for people, of a run that begins: defaults that follow from the samples are said.</summary>
    /// <param name="train">The training samples.</param>
    /// <param name="preprocessing">What the network expects of them.</param>
    internal IReadOnlyDictionary<string, string> Settings(Dataset train, Preprocessing preprocessing)
    {
        var settings = new Dictionary<string, string> { [nameof(Epochs)] = $"{Epochs}" };
        foreach (var fact in Facts())
            settings[fact.Name] = fact.Words;
        settings[nameof(Loss)] = $"{Loss ?? Loss.DefaultFor(train.Targets.Task)}";
        settings[nameof(Monitor)] = $"{Monitor ?? Score.DefaultFor(train.Targets.Task)}";
        settings[nameof(Augment)] = Augment ? train.DescribeAugmentation(preprocessing) : "no";
        return settings;
    }

    /// <summary>What differs from the defaults: <c>Epochs 3; Optimizer AdamW, rate 0.001, …; Seed 1</c></summary>
    public override string ToString()
    {
        var defaults = new TrainingOptions();
        var changed = Words().Except(defaults.Words()).Where(setting => setting.Value.Length > 0)
            .Select(setting => $"{setting.Key} {setting.Value}").ToList();
        return changed.Count == 0 ? "the defaults" : string.Join("; ", changed);
    }

    /// <summary>All options under the names that they have in C#, in the order in which they are declared.</summary>
    internal IEnumerable<(string Name, object? Value)> All() =>
        typeof(TrainingOptions).GetProperties().Select(option => (option.Name, option.GetValue(this)));

    private IEnumerable<KeyValuePair<string, string>> Words() =>
        from option in All()
        where option.Name is not (nameof(Logger) or nameof(Observers))
        select KeyValuePair.Create(option.Name, InWords(option.Name, option.Value));

    private static string InWords(string option, object? value) => (option, value) switch
    {
        // How much is kept, and where, makes no difference.
        (nameof(FeatureCache), _) => value is null ? "off" : "on",
        (_, bool isOn) => isOn ? "yes" : "no",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    /// <summary>Checks all options.</summary>
    /// <exception cref="ArgumentException">Some are out of range; the message lists every one.</exception>
    public void Validate()
    {
        var errors = new List<string>();
        if (Epochs < 1)
            errors.Add($"Epochs is {Epochs}, but must be at least 1.");
        if (BatchSize < 1)
            errors.Add($"BatchSize is {BatchSize}, but must be at least 1.");
        if (Distributed is null)
            errors.Add("Distributed is null.");
        else if (BatchSize >= 1 && BatchSize < Distributed.Size)
            errors.Add($"BatchSize is {BatchSize}, but must be at least {Distributed.Size}, one for each rank.");
        if (ValidationFraction is not (> 0 and < 1))
            errors.Add(FormattableString.Invariant(
                $"ValidationFraction is {ValidationFraction}, but must lie between 0 and 1, both excluded."));
        if (CachedViews < 0)
            errors.Add($"CachedViews is {CachedViews}, but must be at least 0.");
        errors.AddRange(FeatureCache?.ValidationErrors() ?? []);
        if (Workers < 0)
            errors.Add($"Workers is {Workers}, but must be 0 (automatic) or more.");
        if (AccumulateBatches < 1)
            errors.Add($"AccumulateBatches is {AccumulateBatches}, but must be at least 1.");
        foreach (var (name, limit) in new[] { (nameof(ClipNorm), ClipNorm), (nameof(ClipValue), ClipValue) })
            if (limit is not null && !(limit > 0))
                errors.Add(FormattableString.Invariant($"{name} is {limit}, but must be above 0, or null."));
        foreach (var (name, value) in new (string, object?)[]
        {
            (nameof(Optimizer), Optimizer), (nameof(Schedule), Schedule), (nameof(LearningRates), LearningRates),
            (nameof(Sampling), Sampling), (nameof(Strategy), Strategy), (nameof(Observers), Observers),
        })
            if (value is null)
                errors.Add($"{name} is null.");
        errors.AddRange(Optimizer?.ValidationErrors() ?? []);
        errors.AddRange(Schedule?.ValidationErrors() ?? []);
        errors.AddRange(LearningRates?.ValidationErrors() ?? []);
        errors.AddRange(Strategy?.ValidationErrors(this) ?? []);
        if (Observers?.Contains(null!) == true)
            errors.Add("An observer is null.");
        errors.AddRange(Loss?.ValidationErrors() ?? []);
        errors.AddRange(Mix?.ValidationErrors() ?? []);
        errors.AddRange(Average?.ValidationErrors() ?? []);
        errors.AddRange(EarlyStopping?.ValidationErrors() ?? []);
        errors.AddRange(Checkpoints?.ValidationErrors() ?? []);
        if (Logger is null)
            errors.Add("Logger is null.");
        if (errors.Count > 0)
            throw new ArgumentException($"The training options are wrong: {string.Join(" ", errors)}");
    }
}
