using System.Text.Json;
using TorchSharp;

namespace TransferKit;

/// <summary>
/// A live model: a backbone with its head, the names of its classes and what it expects of its input. Owns native memory.
/// Not safe for several threads at once.
/// </summary>
/// <remarks>
/// Callbacks and observers of a training may use the model meanwhile: <see cref="Forward"/>, <see cref="Evaluate"/>,
/// <see cref="Explain"/>, <see cref="ExtractFeatures(torch.Tensor)"/> and saving compute in evaluation mode and leave the
/// training as it was. What would change it is refused until the training has ended.
/// </remarks>
public sealed partial class TransferModel : IDisposable
{
    private IReadOnlyList<string>? _classNames;
    private LearningTask? _task;
    private bool _disposed, _isTraining;

    internal TransferModel(LiveModel live, ModelFacts? facts = null)
    {
        facts ??= new ModelFacts();
        (Live, _classNames, _task, Temperature) = (live, facts.ClassNames, facts.Task, facts.Temperature);
        (WeightsReport, DescribePreparation, Training) = (facts.Weights, _ => facts.Preparation, facts.Training);
        live.Evaluation = facts.Evaluation;
    }

    /// <summary>The recipe that the model follows now; the freezing verbs change it.</summary>
    public TransferPlan Plan => new(Live.Recipe);

    /// <summary>
    /// The names of the classes, in the order of the logits; ImageNet's for published weights with their own head; numbers until
    /// the model has seen data or is told them here. Training and measuring go by these names.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// There are more or fewer names than outputs, or one is empty or there twice.
    /// </exception>
    public IReadOnlyList<string> ClassNames
    {
        get => _classNames ?? ModelFacts.Numbers(Network.Classes);
        set
        {
            RequireRest();
            ClassOrder.RequireNames(value, nameof(value));
            if (value.Count != Network.Classes)
                throw new ArgumentException(
                    $"The model has {Network.Classes} outputs, which need as many names, not {value.Count}.", nameof(value));
            _classNames = [.. value];
        }
    }

    /// <summary>
    /// What the model learned to say about an image, and so what its outputs mean; one class an image until it has seen data.
    /// </summary>
    public LearningTask Task
    {
        get => _task ?? LearningTask.Classification;
        internal set => _task = value;
    }

    /// <summary>What the model took from the file of its pretrained weights; null where there was none.</summary>
    public WeightsReport? WeightsReport { get; private set; }

    /// <summary>
    /// What logits are divided by before they become probabilities, found by <see cref="Calibrate"/>; null: nothing, for the
    /// model isn't calibrated. Predictors apply it; <see cref="Forward"/>, <see cref="Evaluate"/> and exports give logits as they
    /// are.
    /// </summary>
    public double? Temperature { get; internal set; }

    /// <summary>What the weights expect of their input.</summary>
    public Preprocessing Preprocessing => Live.Preprocessing;

    /// <summary>
    /// How validation samples were prepared when the model was last trained, in words; null: as <see cref="Preprocessing"/> says,
    /// or it isn't known.
    /// </summary>
    internal JsonElement? Preparation => DescribePreparation(Preprocessing);

    /// <summary>Gives those words when they are asked for, as strategies change the preprocessing while they train.</summary>
    internal Func<Preprocessing, JsonElement?> DescribePreparation { get; set; } = static _ => null;

    /// <summary>How the model did on the validation samples when it was last trained or evaluated; null: not yet.</summary>
    public EvaluationResult? Evaluation => Live.Evaluation;

    /// <summary>
    /// How the model was trained: every phase of every training, first to last, those before it was saved too. Empty where it
    /// wasn't.
    /// </summary>
    public IReadOnlyList<TrainedPhase> Training { get; internal set; } = [];

    /// <summary>Counts the parameters that train, and all parameters.</summary>
    public ParameterCount CountParameters() => Live.CountParameters();

    /// <summary>The network with all that running it needs.</summary>
    internal LiveModel Live { get; }

    internal Network Network => Live.Network;

    /// <inheritdoc cref="TransferPlan.Freeze"/>
    public TransferModel Freeze(params string[] layers) => Refreeze(Plan.Freeze(layers));

    /// <inheritdoc cref="TransferPlan.Unfreeze"/>
    public TransferModel Unfreeze(params string[] layers) => Refreeze(Plan.Unfreeze(layers));

    /// <inheritdoc cref="TransferPlan.FreezeAll"/>
    public TransferModel FreezeAll() => Refreeze(Plan.FreezeAll());

    /// <inheritdoc cref="TransferPlan.UnfreezeAll"/>
    public TransferModel UnfreezeAll() => Refreeze(Plan.UnfreezeAll());

    /// <inheritdoc cref="TransferPlan.UnfreezeLast"/>
    public TransferModel UnfreezeLast(int stages) => Refreeze(Plan.UnfreezeLast(stages));

    /// <summary>
    /// Gives the model a head for other classes. Those that it knows keep what it has learned of them: the rows of the last layer
    /// go with their names. Others get new rows, which start afresh; layers of the head in front of the last stay as they are.
    /// </summary>
    /// <param name="classNames">The classes from now on, such as <see cref="Dataset.ClassNames"/> of the data to come.</param>
    /// <returns>This model; its evaluation and calibration are gone.</returns>
    /// <exception cref="ArgumentException">There are no names, or one is empty or there twice.</exception>
    /// <exception cref="InvalidOperationException">The head is a <see cref="Head.Custom"/> one.</exception>
    public TransferModel ReplaceHead(IReadOnlyList<string> classNames)
    {
        ClassOrder.RequireNames(classNames, nameof(classNames));
        var head = (Plan.Head ?? Head.Linear(Network.Classes)).WithClasses(classNames.Count);
        Rebuild(head, ClassOrder.Positions(classNames, _classNames ?? []));
        _classNames = [.. classNames];
        return this;
    }

    /// <summary>
    /// Replaces the head by another one, which knows nothing: for another task, or another kind of head.
    /// </summary>
    /// <param name="head">The new head: <see cref="Head.Linear"/>, <see cref="Head.Mlp"/>, …</param>
    /// <returns>This model; its classes, task, evaluation and calibration are gone.</returns>
    /// <exception cref="InvalidOperationException">
    /// The head needs layers of the network that the one before has taken the place of.
    /// </exception>
    public TransferModel ReplaceHead(Head head)
    {
        ArgumentNullException.ThrowIfNull(head);
        Rebuild(head, rows: null);
        (_classNames, _task) = (null, null);
        return this;
    }

    /// <summary>Replaces the head by a linear one, which knows nothing.</summary>
    /// <param name="classes">The number of classes, at least 1.</param>
    /// <inheritdoc cref="ReplaceHead(Head)"/>
    public TransferModel ReplaceHead(int classes) => ReplaceHead(Head.Linear(classes));

    /// <summary>A table of the layers, as torchinfo's: output shape, parameters, whether they train, and multiply-adds.</summary>
    /// <param name="imageSize">Height and width of the images, in pixels; null: the model's own.</param>
    /// <exception cref="ArgumentException">The network can't take images of that size.</exception>
    public string Summary(int? imageSize = null) =>
        NetworkSummary.Of(Network, Plan.Model, imageSize ?? Preprocessing.CropSize);

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        Live.Dispose();
    }

    /// <param name="plan">What it is made of.</param>
    /// <param name="localRank">Which process of its host makes it.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    internal static TransferModel Build(TransferPlan plan, int localRank, CancellationToken cancellationToken)
    {
        var device = plan.Device.Resolve(localRank);
        using var weights = new PretrainedWeights(plan.Recipe, cancellationToken);
        var network = weights.Recipe.Describe();
        try
        {
            // Loaded on the CPU and moved once: weights files are read straight into the tensors' memory.
            network.Allocate(torch.CPU);
            var facts = weights.Fill(network);
            var preprocessing = weights.Preprocessing;
            if ((weights.Recipe.ImageSize ?? network.ImageSize) is { } pixels)
                preprocessing = preprocessing.ForCrop(pixels);
            if (device.type != DeviceType.CPU)
                network.MoveTo(device);
            return new TransferModel(new LiveModel(weights.Recipe, network, preprocessing), facts);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Puts another head on the network; see <see cref="LiveModel.ReplaceHead"/>.</summary>
    private void Rebuild(Head head, IReadOnlyList<int>? rows)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        RequireRest();
        Live.ReplaceHead(head, rows);
        if (rows is null && WeightsReport is { HasHead: true } report)
            WeightsReport = new(report.Source, hasHead: false, [.. report.LeftOut, .. HeadKeys()]);
        Temperature = null;
    }

    private IEnumerable<string> HeadKeys() =>
        Network.NamedWeights().Select(found => found.Name).Where(Network.IsInHead);

    private void RequireRest()
    {
        if (_isTraining)
            throw new InvalidOperationException("The model is being trained: until that has ended it can be looked at (Forward, "
                + "Evaluate, Explain, ExtractFeatures, Save), but not changed.");
    }

    private TransferModel Refreeze(TransferPlan plan)
    {
        RequireRest();
        Live.Follow(plan.Recipe);
        return this;
    }
}
