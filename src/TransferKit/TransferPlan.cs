namespace TransferKit;

/// <summary>
/// The recipe for a model: which backbone and weights, which head, what trains, where. An immutable value: every verb returns
/// a new plan, so plans can be kept, branched, compared and printed. Holds no native memory and downloads nothing before
/// <see cref="Build"/>. Safe to share between threads.
/// </summary>
/// <remarks>
/// With pretrained weights everything starts frozen, without weights everything trains; a new head always trains.
/// Where <c>Freeze</c> and <c>Unfreeze</c> touch the same layer, the later one wins.
/// </remarks>
public sealed record TransferPlan
{
    internal TransferPlan(ModelRecipe recipe) => Recipe = recipe;

    /// <summary>What the plan says, as data.</summary>
    internal ModelRecipe Recipe { get; }

    /// <summary>
    /// The name of the backbone: torchvision's, such as <c>resnet50</c>, or that of <see cref="Backbone.Custom"/>.
    /// </summary>
    public string Model => Recipe.Model;

    /// <summary>Where the backbone's weights come from.</summary>
    public Pretrained Weights => Recipe.Weights;

    /// <summary>The new head; null while the network keeps that of its weights, for ImageNet's 1000 classes in most.</summary>
    public Head? Head => Recipe.Head;

    /// <summary>What frozen batch norms do while the rest trains. Default: <see cref="BatchNormMode.AlwaysFrozen"/>.</summary>
    public BatchNormMode BatchNorm => Recipe.BatchNorm;

    /// <summary>Where the model lives. Default: <see cref="ComputeDevice.Auto"/>.</summary>
    public ComputeDevice Device => Recipe.Device;

    /// <summary>The floating-point type used for computation. Default: <see cref="Precision.Auto"/>.</summary>
    public Precision Precision => Recipe.Precision;

    /// <summary>Height and width of the images, in pixels; null: as the weights were trained on.</summary>
    public int? ImageSize => Recipe.ImageSize;

    /// <summary>Channels of the images. Default: 3, or those of a saved model that the weights come from.</summary>
    public int InputChannels => Recipe.InputChannels;

    internal FreezePlan Freezing => Recipe.Freezing;

    /// <summary>Replaces the network's last layer by a linear one with as many outputs as there are classes.</summary>
    /// <param name="classes">The number of classes, at least 1.</param>
    public TransferPlan ReplaceHead(int classes) => ReplaceHead(Head.Linear(classes));

    /// <summary>
    /// Replaces the network's last layer. Of weights that were trained further (<see cref="Pretrained.FromFile(string)"/>) the
    /// head is kept where it has the same layers and sizes; published weights lend none.
    /// </summary>
    /// <param name="head">The new head: <see cref="Head.Linear"/>, <see cref="Head.Mlp"/>, …</param>
    public TransferPlan ReplaceHead(Head head)
    {
        ArgumentNullException.ThrowIfNull(head);
        return new(Recipe with { Head = head });
    }

    /// <summary>Freezes layers: they keep their weights.</summary>
    /// <param name="layers">
    /// Dotted paths, such as <c>layer4</c> or <c>layer4.0.conv1</c>; <c>*</c> stands for one segment.
    /// </param>
    /// <exception cref="ArgumentException">A path names no layer; the message has the nearest names and the stages.</exception>
    public TransferPlan Freeze(params string[] layers) => WithRules(train: false, layers);

    /// <summary>Lets layers train.</summary>
    /// <param name="layers">
    /// Dotted paths, such as <c>layer4</c> or <c>layer4.0.conv1</c>; <c>*</c> stands for one segment.
    /// </param>
    /// <exception cref="ArgumentException">A path names no layer; the message has the nearest names and the stages.</exception>
    public TransferPlan Unfreeze(params string[] layers) => WithRules(train: true, layers);

    /// <summary>Freezes everything but a new head, whatever was said before.</summary>
    public TransferPlan FreezeAll() => With(new FreezePlan { AllTrain = false });

    /// <summary>Lets everything train, whatever was said before.</summary>
    public TransferPlan UnfreezeAll() => With(new FreezePlan { AllTrain = true });

    /// <summary>Lets the last stages of the backbone train; the head counts apart.</summary>
    /// <param name="stages">How many stages, counted from the end; from 0 to the number of stages.</param>
    /// <exception cref="ArgumentOutOfRangeException">The network has fewer stages; the message lists them.</exception>
    public TransferPlan UnfreezeLast(int stages)
    {
        using var network = Describe();
        return With(Freezing.With(train: true, network.LastStages(stages)));
    }

    /// <summary>Sets what frozen batch norms do while the rest trains.</summary>
    public TransferPlan WithBatchNorm(BatchNormMode mode) => new(Recipe with { BatchNorm = mode });

    /// <summary>
    /// Feeds the network images of another size than its weights were trained on: smaller ones are quicker, larger ones show
    /// more. The size before the crop keeps its proportion to it.
    /// </summary>
    /// <param name="pixels">Height and width of the images, in pixels.</param>
    /// <exception cref="ArgumentException">The network can't take images of that size.</exception>
    public TransferPlan WithImageSize(int pixels) => new(Recipe.WithImageSize(pixels));

    /// <summary>
    /// Takes images of another number of channels than 3. Pretrained weights of the first convolution are summed for one
    /// channel, and repeated and scaled for more.
    /// </summary>
    /// <param name="channels">Channels of the images, at least 1.</param>
    public TransferPlan WithInputChannels(int channels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        return new(Recipe with { InputChannels = channels });
    }

    /// <summary>Sets where the model lives.</summary>
    public TransferPlan On(ComputeDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return new(Recipe with { Device = device });
    }

    /// <summary>Sets the floating-point type that the model computes in.</summary>
    public TransferPlan WithPrecision(Precision precision) => new(Recipe with { Precision = precision });

    /// <summary>
    /// Downloads the weights into PyTorch's cache folder, or the hub's, if they are not there yet, as <see cref="Build"/> does by
    /// itself; for programs that want to show how far it is.
    /// </summary>
    /// <param name="progress">Told about each piece that arrives; not at all for a file that is there.</param>
    /// <param name="cancellationToken">Ends the download; the next one goes on from what has arrived.</param>
    /// <returns>The file's path; null for a plan whose weights are in no file.</returns>
    /// <exception cref="WeightsException">The weights can't be had; the message names address, file and folder.</exception>
    public Task<string?> DownloadWeightsAsync(
        IProgress<DownloadProgress>? progress = null, CancellationToken cancellationToken = default) =>
        WeightsSource.FetchAsync(Model, Weights, progress, cancellationToken);

    /// <inheritdoc cref="DownloadWeightsAsync"/>
    public string? DownloadWeights(
        IProgress<DownloadProgress>? progress = null, CancellationToken cancellationToken = default) =>
        WeightsSource.Fetch(Model, Weights, progress, cancellationToken);

    /// <summary>
    /// Makes the model: takes memory, fetches the weights (from the cache, or the network where they are not there yet),
    /// and initializes what has none, from libtorch's global random generator.
    /// </summary>
    /// <exception cref="WeightsException">The weights can't be had, or don't fit.</exception>
    /// <exception cref="DeviceException">The device is not there.</exception>
    public TransferModel Build(CancellationToken cancellationToken = default) => TransferModel.Build(this, 0, cancellationToken);

    /// <summary>
    /// Builds the model and trains it, holding out <see cref="TrainingOptions.ValidationFraction"/> of the data to measure it on.
    /// </summary>
    /// <inheritdoc cref="TransferPlanExtensions.Train" path="/returns|/exception"/>
    /// <param name="data">The samples to train on and to measure on.</param>
    /// <param name="options">How to train; null: the defaults.</param>
    /// <param name="progress">Told after each batch, on the thread that trains, while the caller waits.</param>
    /// <param name="cancellationToken">Ends training after the batch; what has been learned is kept in the result.</param>
    public TrainingResult Train(Dataset data, TrainingOptions? options = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        TrainOn(TrainingRequest.Of(data, options), progress, cancellationToken);

    /// <inheritdoc cref="TransferPlanExtensions.Train"/>
    internal TrainingResult TrainOn(
        TrainingRequest request, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        RequireOutputs(request.Train);
        TransferModel model;
        using (RandomSource.Seeded(request.Options.Seed))
            model = TransferModel.Build(this, request.Options.Distributed.LocalRank, cancellationToken);
        try
        {
            if (Head is not null)
            {
                model.RenewHeadFor(request.Train, Head);
                model.StartAtMean(request.Train.Targets);
            }
            var result = model.TrainOn(request, progress, cancellationToken);
            result.OwnsModel = true;
            return result;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Checks as far as can be said before the weights are there that there are as many classes as outputs.</summary>
    /// <exception cref="ArgumentException">There aren't.</exception>
    internal void RequireOutputs(Dataset train)
    {
        if (Head is not null || Weights.HasImageNetHead)
            TrainingChecks.RequireOutputs(train, Head?.Classes ?? Recipe.Blueprint.Classes);
    }

    /// <summary>The plan with a head for samples: its own, or a linear one where it has none.</summary>
    /// <exception cref="ArgumentException">Its own has another number of outputs.</exception>
    internal TransferPlan WithHeadFor(Dataset data)
    {
        var plan = Head is null ? ReplaceHead(data.ClassNames.Count) : this;
        plan.RequireOutputs(data);
        return plan;
    }

    /// <inheritdoc cref="ModelRecipe.Describe"/>
    internal Network Describe() => Recipe.Describe();

    private TransferPlan WithRules(bool train, string[] layers)
    {
        using var network = Describe();
        network.RequireLayers(layers);
        return With(Freezing.With(train, layers));
    }

    private TransferPlan With(FreezePlan freezing) => new(Recipe with { Freezing = freezing });

    /// <summary>One line a person can read: model, weights, head, freezing, device.</summary>
    public override string ToString() => Recipe.ToString();
}
