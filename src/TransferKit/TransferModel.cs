using System.Text.Json;
using TorchSharp;

namespace TransferKit;

/// <summary>
/// A live model: a backbone with its head, the names of its classes and what it expects of its input. Owns native memory.
/// Not safe for several threads at once.
/// </summary>
/// <remarks>
/// Callbacks and observers of a training may use the model meanwhile: <see cref="Forward"/>, <see cref="Evaluate"/>,
/// <see cref="Explain"/>, <see cref="ExtractFeatures(torch.Tensor)"/> and saving compute in evaluation mode and leave the training
/// as it was. What would change it is refused until the training has ended.
/// </remarks>
public sealed class TransferModel : IDisposable
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
    /// <exception cref="ArgumentException">There are more or fewer names than outputs, or one is empty or there twice.</exception>
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
    /// What the model learnt to say about an image, and so what its outputs mean; one class an image until it has seen data.
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
    /// Gives the model a head for other classes. Those that it knows keep what it has learnt of them: the rows of the last layer
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

    /// <summary>Trains the model further, holding out <see cref="TrainingOptions.ValidationFraction"/> of the data.</summary>
    /// <inheritdoc cref="TransferPlan.Train"/>
    /// <returns>How the training went. The model stays the caller's.</returns>
    public TrainingResult Train(Dataset data, TrainingOptions? options = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        TrainOn(TrainingRequest.Of(data, options), progress, cancellationToken);

    /// <inheritdoc cref="TransferModelExtensions.Train"/>
    internal TrainingResult TrainOn(
        TrainingRequest request, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var (train, validation, options) = (request.Train, request.Validation, request.Options);
        using var training = BeginTraining();
        var order = _classNames;
        FollowClasses(train);
        options.Logger.Weights(WeightsReport, Plan.Weights);
        var before = (_classNames, _task, Temperature, DescribePreparation, Live.Recipe, Preprocessing);
        (_classNames, _task, Temperature) = ([.. train.ClassNames], train.Targets.Task, null);
        DescribePreparation = validation.DescribePreparation;
        var watch = new TrainingWatch(options, progress) { Warnings = [.. TrainingChecks.Doubts(train, validation)] };
        foreach (var warning in watch.Warnings)
            options.Logger.DataDoubtful(warning);
        try
        {
            var outcome = LargeBlockThread.Run(
                () => options.Strategy.Run(Live, request, watch, cancellationToken));
            Training = [.. Training, .. watch.Phases];
            return new TrainingResult
            {
                Model = this, History = outcome.History, StopReason = outcome.StopReason, BestEpoch = outcome.BestEpoch,
                FrozenLayers = outcome.FrozenLayers, Train = train, Validation = validation, Options = options,
                ObserverErrors = watch.Errors, Warnings = watch.Warnings, Phases = watch.Phases, Skipped = [.. watch.Skipped],
            };
        }
        catch (Exception error) when (error.TrainingHistory().Count == 0)
        {
            // It has learnt nothing: its weights are what they were, and so is the rest.
            (_classNames, _task, Temperature, DescribePreparation, var recipe, var preprocessing) = before;
            Live.Follow(recipe, preprocessing);
            if (order is not null)
                OrderOutputs(order);
            throw;
        }
        catch
        {
            Live.Follow(Live.Recipe with { Freezing = before.Recipe.Freezing });
            Training = [.. Training, .. watch.Phases];
            throw;
        }
    }

    /// <summary>
    /// Sweeps over learning rates, from too low to too high, to find a good one (Smith, 2017; fastai's <c>lr_find</c>). The model
    /// is then as it was.
    /// </summary>
    /// <param name="data">The samples to train on.</param>
    /// <param name="options">
    /// How to train; the rate, the schedule, epochs and checkpoints don't matter. Null: the defaults.
    /// </param>
    /// <param name="low">The first rate, above 0.</param>
    /// <param name="high">The last rate, above <paramref name="low"/>.</param>
    /// <param name="steps">Steps to make, at least 10; fewer are made where the loss explodes.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    public LearningRateSweep FindLearningRate(Dataset data, TrainingOptions? options = null, double low = 1e-7, double high = 10,
        int steps = 100, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var request = TrainingRequest.Of(data, data, (options ?? new TrainingOptions()) with
        {
            Checkpoints = null,
            Average = null,
            RestoreBest = false,
            FeatureCache = null,
            Monitor = null,
            Strategy = TrainingStrategy.SinglePhase,
        });
        using var training = BeginTraining();
        var before = _classNames;
        FollowClasses(data);
        try
        {
            return LargeBlockThread.Run(() => RateSweep.Run(Live, request, low, high, steps, cancellationToken));
        }
        finally
        {
            if (before is not null)
                OrderOutputs(before);
        }
    }

    /// <summary>Computes the scores of a batch, in evaluation mode and without gradients.</summary>
    /// <param name="images"><c>[N, 3, H, W]</c> float32, normalised as <see cref="Preprocessing"/> says; on any device.</param>
    /// <returns>Logits <c>[N, classes]</c> on the model's device; the caller disposes them.</returns>
    public torch.Tensor Forward(torch.Tensor images) => Infer(images, Network.Forward);

    /// <summary>Computes what the head sees, in evaluation mode and without gradients.</summary>
    /// <param name="images"><c>[N, 3, H, W]</c> float32, normalised as <see cref="Preprocessing"/> says; on any device.</param>
    /// <returns><c>[N, features]</c> on the model's device; the caller disposes it.</returns>
    public torch.Tensor ExtractFeatures(torch.Tensor images) => Infer(images, Network.Features);

    /// <summary>Computes what the head sees of every sample, with all layers compiled for inference.</summary>
    /// <param name="data">The samples, read in their own order, without augmentation.</param>
    /// <param name="batchSize">Samples at a time, at least 1.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <returns>A vector a sample, in managed memory; samples that were skipped have none.</returns>
    public FeatureVectors ExtractFeatures(Dataset data, int batchSize = 32, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        ObjectDisposedException.ThrowIf(_disposed, this);
        return LargeBlockThread.Run(() => FeatureVectors.Extract(Live, data, batchSize, cancellationToken));
    }

    /// <summary>Finds out which parts of an image decide.</summary>
    /// <param name="image">
    /// <c>[C, H, W]</c> or <c>[1, C, H, W]</c> float32, normalised as <see cref="Preprocessing"/> says.
    /// </param>
    /// <param name="method">How; null: attention rollout for vision transformers, Grad-CAM for all others.</param>
    /// <param name="className">
    /// What speaks for this class, one of <see cref="ClassNames"/>; null: for the one with the highest score.
    /// </param>
    /// <exception cref="ArgumentException">There is no such class; the message has the nearest names.</exception>
    /// <exception cref="NotSupportedException">The method doesn't fit the network; the message names one that does.</exception>
    public HeatMap Explain(torch.Tensor image, ExplanationMethod? method = null, string? className = null) =>
        ExplainLabel(image, method,
            className is null ? null : ClassOrder.LabelOf(className, ClassNames, nameof(className)));

    /// <inheritdoc cref="Explain"/>
    /// <param name="image">As there.</param>
    /// <param name="method">As there.</param>
    /// <param name="label">The class's position; null: the one with the highest score.</param>
    internal HeatMap ExplainLabel(torch.Tensor image, ExplanationMethod? method, int? label)
    {
        ArgumentNullException.ThrowIfNull(image);
        ObjectDisposedException.ThrowIf(_disposed, this);
        using var scope = torch.NewDisposeScope();
        if (image.dim() == 3)
            image = image.unsqueeze(0);
        if (image.dim() != 4 || image.shape[0] != 1)
            throw new ArgumentException(
                $"One image at a time: [C, H, W], not [{string.Join(", ", image.shape)}].", nameof(image));
        using var mode = Network.InMode(training: false);
        method ??= ExplanationMethod.For(Network);
        var explained = label ?? (int)Forward(image).argmax(1).item<long>();
        var map = method.Map(Live, Live.PrepareInput(image.detach()), explained);
        var heat = HeatMap.Of(map, image.shape[2], image.shape[3], explained, ClassNames[explained], method);
        GC.KeepAlive(image);
        return heat;
    }

    /// <summary>Measures the model on labelled samples, which are not augmented.</summary>
    /// <param name="data">The samples; their classes are the model's, in any order, which is then that of the scores.</param>
    /// <param name="options">How; null: the defaults.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">
    /// The data has other classes than the model, or another task, or no samples; or the model's classes have no names; or an
    /// option is out of range.
    /// </exception>
    public EvaluationResult Evaluate(
        Dataset data, EvaluationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        options ??= new EvaluationOptions();
        options.Validate();
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_task is { } task && task != data.Targets.Task)
            throw new ArgumentException(
                $"The model has learnt {task}, and the data has {data.Targets.Task} targets.", nameof(data));
        if (ClassOrder.Of(data.ClassNames, ClassNames) is null)
            throw new ArgumentException(_classNames is null
                ? $"The model doesn't know yet what its {Network.Classes} outputs are: train it, or set ClassNames. The data has "
                    + $"{ClassOrder.Show(data.ClassNames)}."
                : $"The model knows the classes {ClassOrder.Show(_classNames)}; the data has {ClassOrder.Show(data.ClassNames)}. "
                    + "Open the data with the model's classes, as in ImageFolder.Open(root, classes: model.ClassNames); or set ClassNames "
                    + "where they are only called otherwise.", nameof(data));
        return LargeBlockThread.Run(() => Evaluator.Run(Live, data, ClassNames, options, cancellationToken));
    }

    /// <summary>
    /// Measures the network's features, whatever its head says: each sample gets the class that the most similar samples of known
    /// class vote for, each with <c>exp(cosine / temperature)</c> (Wu et al., 2018; with these defaults, Caron et al., 2021). It
    /// needs no training, and is the usual measure of self-supervised weights beside a linear probe.
    /// </summary>
    /// <param name="train">The samples whose classes vote.</param>
    /// <param name="data">
    /// The samples to classify, of the same classes in any order; the same object as <paramref name="train"/>: each sample is
    /// classified by the others.
    /// </param>
    /// <param name="neighbors">
    /// How many vote, at least 1; fewer where there are no more. The paper tries 10, 20, 100 and 200.
    /// </param>
    /// <param name="temperature">Above 0; the lower, the more the nearest count.</param>
    /// <param name="batchSize">Samples at a time in the network, at least 1.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The scores; probabilities are the classes' shares of the votes.</returns>
    /// <exception cref="ArgumentException">The samples don't have one class each, or the data has other classes.</exception>
    public EvaluationResult EvaluateNeighbors(Dataset train, Dataset data, int neighbors = 20, double temperature = 0.07,
        int batchSize = 32, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(neighbors, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        if (!(temperature > 0) || !double.IsFinite(temperature))
            throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "A temperature is a number above 0.");
        ObjectDisposedException.ThrowIf(_disposed, this);
        foreach (var (set, name) in new[] { (train, nameof(train)), (data, nameof(data)) })
            if (!set.Targets.Definition.HasOneClass)
                throw new ArgumentException(
                    $"Neighbors vote for one class a sample, and these samples have {set.Targets.Task} targets.", name);
        if (ClassOrder.Of(train.ClassNames, data.ClassNames) is null)
            throw new ArgumentException($"The samples that vote have the classes {ClassOrder.Show(train.ClassNames)}, and the data "
                + $"has {ClassOrder.Show(data.ClassNames)}.", nameof(data));
        return LargeBlockThread.Run(
            () => NeighborEvaluation.Run(Live, train, data, neighbors, temperature, batchSize, cancellationToken));
    }

    /// <summary>
    /// Makes the model as sure as it is right, by temperature scaling ("On calibration of modern neural networks", Guo et al.,
    /// 2017): finds the one number, kept as <see cref="Temperature"/> and saved with the model, that logits have to be divided by
    /// for the lowest log loss. What the model takes for likeliest stays the same. Training further ends the calibration.
    /// </summary>
    /// <param name="validation">Labelled samples that the model wasn't trained on, a few hundred at least.</param>
    /// <param name="options">
    /// How; null: the defaults. Without views: predictors divide the logits of each view, before they average probabilities.
    /// </param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The temperature, and how sure the model was before and is now.</returns>
    /// <exception cref="ArgumentException">
    /// The data has another task or other classes than the model, or no samples; or the model is a regression, which has no
    /// probabilities; or the options are out of range, or ask for views.
    /// </exception>
    public Calibration Calibrate(
        Dataset validation, EvaluationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(validation);
        RequireRest();
        if (!TaskDefinition.Of(Task).HasClasses)
            throw new ArgumentException("A regression gives numbers and no probabilities, so there is nothing to calibrate.",
                nameof(validation));
        if (options?.TestTimeAugmentation is { } views)
            throw new ArgumentException($"A model is calibrated on the samples themselves, not on {views} views: leave "
                + $"{nameof(EvaluationOptions.TestTimeAugmentation)} out. The temperature holds for predictions with views too.",
                nameof(options));
        var before = Evaluate(validation, options, cancellationToken);
        var calibration = Calibration.Fit(before);
        Temperature = calibration.Temperature;
        return calibration;
    }

    /// <summary>A table of the layers, as torchinfo's: output shape, parameters, whether they train, and multiply-adds.</summary>
    /// <param name="imageSize">Height and width of the images, in pixels; null: the model's own.</param>
    /// <exception cref="ArgumentException">The network can't take images of that size.</exception>
    public string Summary(int? imageSize = null) =>
        NetworkSummary.Of(Network, Plan.Model, imageSize ?? Preprocessing.CropSize);

    /// <summary>
    /// Saves the model as one zip file: <c>weights.safetensors</c> under torchvision's names, and <c>model.json</c>.
    /// The file appears whole or not at all.
    /// </summary>
    /// <param name="path">The file, by convention ending in <c>.tkm</c>; one that is there is replaced.</param>
    /// <exception cref="ModelFileException">The file can't be written.</exception>
    public void Save(string path)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ModelFile.Save(path, Describe(), NamedTensors());
    }

    /// <summary>
    /// Writes the model as an ONNX graph (opset 17), for ONNX Runtime, ML.NET and others: input <c>images</c>
    /// <c>[batch, C, H, W]</c> in float32, output <c>logits</c> <c>[batch, classes]</c>, unless the options say otherwise.
    /// Batches may be of any length. The file's metadata hold the names of the classes and the preprocessing, as JSON, the task,
    /// and the <see cref="Temperature"/>, for <c>OnnxPredictor</c> of the package TransferKit.Onnx. It appears whole or not at all; above 2 GB, which is all that an ONNX file can hold, the weights go into a second
    /// file beside it, <c>….onnx.data</c>.
    /// </summary>
    /// <param name="path">The file, by convention ending in <c>.onnx</c>; one that is there is replaced.</param>
    /// <param name="options">What goes into the graph; null: the defaults.</param>
    /// <exception cref="ModelFileException">The file can't be written.</exception>
    /// <exception cref="NotSupportedException">The network has a TorchSharp module, such as a custom head.</exception>
    /// <exception cref="ArgumentException">
    /// The network can't take images of the size in the options; or they ask for the probabilities of a regression.
    /// </exception>
    public void ExportOnnx(string path, OnnxOptions? options = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        OnnxExport.Write(Live, Facts, path, options ?? new OnnxOptions());
    }

    /// <summary>
    /// Writes the weights as PyTorch does with <c>torch.save(model.state_dict(), path)</c>, under torchvision's names:
    /// <c>model.load_state_dict(torch.load(path, weights_only=True))</c> takes them. The file appears whole or not at all.
    /// </summary>
    /// <param name="path">The file, by convention ending in <c>.pth</c>; one that is there is replaced.</param>
    /// <exception cref="ModelFileException">The file can't be written.</exception>
    public void ExportStateDict(string path)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ExportFile.Write(path, stream => StateDictWriter.Write(stream, NamedTensors()));
    }

    /// <summary>
    /// Writes the weights in the safetensors format, under torchvision's names, for Python's <c>safetensors.torch.load_file</c>
    /// and others. The file appears whole or not at all.
    /// </summary>
    /// <param name="path">The file, by convention ending in <c>.safetensors</c>; one that is there is replaced.</param>
    /// <exception cref="ModelFileException">The file can't be written.</exception>
    public void ExportSafeTensors(string path)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        // Hugging Face's libraries refuse files that don't say which framework's layout they have.
        var metadata = new Dictionary<string, string> { ["format"] = "pt" };
        ExportFile.Write(path, stream => SafeTensorsWriter.Write(stream, NamedTensors(), metadata));
    }

    /// <summary>Loads a model that <see cref="Save"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Where it shall live, and what a file can't hold; a device alone stands for itself. Null: the defaults.</param>
    /// <exception cref="ModelFileException">The file is not there, damaged, or of a newer format.</exception>
    /// <exception cref="ArgumentException">The device can't compute with such numbers.</exception>
    public static TransferModel Load(string path, LoadOptions? options = null)
    {
        options ??= new LoadOptions();
        var (model, facts) = ModelFile.Load(
            path, options.Device, options.Precision, options.CustomHead, options.CustomBackbone?.Recipe.Blueprint);
        return new TransferModel(model, facts);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        Live.Dispose();
    }

    internal static TransferModel Build(TransferPlan plan, CancellationToken cancellationToken)
    {
        var device = plan.Device.Resolve();
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

    /// <summary>Begins with a new head where that of the weights is for other classes than the data's, or another task.</summary>
    internal void RenewHeadFor(Dataset data, Head head)
    {
        if ((_task is { } task && task != data.Targets.Task)
            || (_classNames is { } names && ClassOrder.Of(data.ClassNames, names) is null))
            ReplaceHead(head);
    }

    /// <summary>
    /// Lets the new head of a regression begin at the means of the targets: from zero, most of a short training would go into
    /// getting there.
    /// </summary>
    internal void StartAtMean(Targets targets)
    {
        if (_task is not null || targets.Definition.HasClasses
            || Biases() is not { Count: > 0 } biases || biases[0].Count != targets.Outputs)
            return;
        var means = Enumerable.Range(0, targets.Outputs).Select(output => targets.Rows.Average(values => values[output]));
        using var noGradient = torch.no_grad();
        using var values = torch.tensor(means.ToArray());
        foreach (var bias in biases)
            bias.Value.copy_(values);

        List<Weight> Biases() =>
            [.. Network.OutputLayers.SelectMany(layer => layer.Weights).Where(weight => weight.Name == "bias")];
    }

    /// <summary>Brings the outputs into the order of the classes of the data, which the model is to be trained on.</summary>
    /// <exception cref="ArgumentException">The model has learnt other classes, or another task.</exception>
    private void FollowClasses(Dataset data)
    {
        if (_task is { } task && task != data.Targets.Task)
            throw new ArgumentException($"The model has learnt {task}, and the data has {data.Targets.Task} targets: "
                + $"ReplaceHead(Head.Linear({data.ClassNames.Count})) gives it a new head for them.", nameof(data));
        if (_classNames is null)
            TrainingChecks.RequireOutputs(data, Network.Classes);
        else if (ClassOrder.Of(data.ClassNames, _classNames) is null)
            throw new ArgumentException(
                $"The model knows the classes {ClassOrder.Show(_classNames)}; the data has {ClassOrder.Show(data.ClassNames)}. "
                + "ReplaceHead(data.ClassNames) keeps what it has learnt of those that it knows, and adds the others; set "
                + "ClassNames first where they are only called otherwise.", nameof(data));
        else
            OrderOutputs(data.ClassNames);
    }

    /// <summary>Brings the outputs into another order of their names.</summary>
    private void OrderOutputs(IReadOnlyList<string> names)
    {
        if (names.SequenceEqual(_classNames!))
            return;
        if (Network.OutputLayers.Count == 0)
            throw new ArgumentException("The head is a module of your own, whose outputs can't be put into another order: open "
                + "the data with the model's classes, as in ImageFolder.Open(root, classes: model.ClassNames).", nameof(names));
        Network.OrderOutputs(ClassOrder.Of(names, _classNames!)!);
        _classNames = [.. names];
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

    private IEnumerable<(string Name, torch.Tensor Value)> NamedTensors() =>
        Network.NamedWeights().Select(found => (found.Name, found.Weight.Value));

    /// <summary>What is known of the model beside its network.</summary>
    internal ModelFacts Facts =>
        new() { ClassNames = ClassNames, Task = Task, Temperature = Temperature, Preparation = Preparation };

    /// <summary>What a saved file says of the model.</summary>
    private ModelDescription Describe() => new()
    {
        FormatVersion = ModelDescription.CurrentVersion,
        Library = ModelDescription.CurrentLibrary,
        Model = Plan.Model,
        Head = Plan.Head,
        Classes = ClassNames,
        Task = _task,
        Temperature = Temperature,
        Preprocessing = Preprocessing,
        Preparation = Preparation,
        InputChannels = Plan.InputChannels,
        TransformsInput = Network.TransformsInput,
        PretrainedOn = Plan.Weights.ToString(),
        // Said outright, for the loaded model has weights whether this one began with some or not.
        Freezing = Plan.Freezing with { AllTrain = Plan.Freezing.AllTrain ?? Plan.Weights == Pretrained.None },
        BatchNorm = Plan.BatchNorm,
        Metrics = ModelMetrics.Of(Evaluation),
        Training = Training,
    };

    /// <exception cref="InvalidOperationException">It is trained already.</exception>
    private TrainingGuard BeginTraining()
    {
        RequireRest();
        return new TrainingGuard(this);
    }

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

    private torch.Tensor Infer(torch.Tensor images, Func<torch.Tensor, torch.Tensor> run)
    {
        ArgumentNullException.ThrowIfNull(images);
        ObjectDisposedException.ThrowIf(_disposed, this);
        using var mode = Network.InMode(training: false);
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var outputs = run(Live.PrepareInput(images)).MoveToOuterDisposeScope();
        // Who calls may hold the images nowhere else, and then they could be finalized while libtorch reads them.
        GC.KeepAlive(images);
        return outputs;
    }

    /// <summary>The time in which the model is trained.</summary>
    private sealed class TrainingGuard : IDisposable
    {
        private readonly TransferModel _model;

        public TrainingGuard(TransferModel model)
        {
            _model = model;
            model._isTraining = true;
        }

        public void Dispose() => _model._isTraining = false;
    }
}
