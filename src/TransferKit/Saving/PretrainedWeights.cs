namespace TransferKit;

/// <summary>
/// The weights that a plan asks for, opened: they say what the plan leaves open, and fill its network. Without any, the network
/// begins as for training from scratch.
/// </summary>
internal sealed class PretrainedWeights : IDisposable
{
    /// <summary>Branches that torchvision's files have for training alone (GoogLeNet, Inception V3).</summary>
    private static readonly string[] AuxiliaryHeads = ["aux1", "aux2", "AuxLogits"];

    private readonly WeightsFile? _file;
    private readonly WeightsInfo? _known;
    private readonly ModelDescription? _saved;
    private readonly bool _replacesHead;

    /// <exception cref="WeightsException">The weights can't be had.</exception>
    public PretrainedWeights(TransferPlan plan, CancellationToken cancellationToken)
    {
        (Plan, _replacesHead) = (plan, plan.Head is not null);
        if (plan.Weights.Kind == PretrainedKind.None)
            return;
        _file = plan.Weights.StateDict is { } inMemory
            ? WeightsFile.FromStateDict(inMemory)
            : WeightsFile.Open(plan.DownloadWeights(progress: null, cancellationToken)!);
        try
        {
            _known = Known(plan.Model, plan.Weights) ?? KnownWeights.Recognise(plan.Model, _file.Path);
            _saved = _known is null && plan.Weights.StateDict is null ? SavedModel(_file.Path) : null;
            Plan = _saved is null ? WithHeadOfFile(plan) : WithFactsOf(_saved, plan);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>The plan, with what it left open as the weights say.</summary>
    public TransferPlan Plan { get; }

    /// <summary>How images are to be prepared for these weights.</summary>
    public Preprocessing Preprocessing =>
        _saved?.Preprocessing ?? _known?.Preprocessing ?? _file?.Preprocessing ?? Usual(Plan.Blueprint);

    /// <summary>Gives every weight of the plan's network its value, and the model what else the weights know.</summary>
    /// <exception cref="WeightsException">The weights don't fit.</exception>
    public ModelFacts Fill(Network network)
    {
        if (_file is null)
        {
            network.Initialize(_ => true);
            return new ModelFacts();
        }

        network.Initialize(name => _replacesHead && LayerPattern.IsWithin(name, network.HeadPath));
        var report = Load(_file, network);
        network.TransformsInput = (_saved?.TransformsInput ?? _known is not null) && network.Channels == 3;
        var facts = (_saved, _known) switch
        {
            ({ } saved, _) when report.HasHead => ModelFacts.Of(saved) with { Evaluation = null },
            (_, not null) when report.HasHead =>
                new ModelFacts { ClassNames = KnownWeights.ClassNames, Task = LearningTask.Classification },
            _ => new ModelFacts { Preparation = _saved?.Preparation },
        };
        return facts with { Weights = report };
    }

    public void Dispose() => _file?.Dispose();

    /// <summary>Checks that a model has the known weights that are asked for. Touches no disk.</summary>
    /// <exception cref="ArgumentException">It hasn't; the message lists those it has.</exception>
    public static void RequireKnown(string model, Pretrained weights) => Known(model, weights);

    /// <summary>Height and width of the images that weights were trained on, in pixels; null where that isn't known.</summary>
    public static int? ImageSize(string model, Pretrained weights) =>
        (Known(model, weights) ?? (weights.Kind is PretrainedKind.File or PretrainedKind.Url
            ? KnownWeights.Recognise(model, weights.Description) : null))?.Preprocessing.CropSize;

    /// <summary>The path of the weights' file, downloaded first if it is not there yet; null where there is none.</summary>
    public static async Task<string?> FetchAsync(
        string model, Pretrained weights, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken) =>
        weights.Kind switch
        {
            PretrainedKind.None or PretrainedKind.StateDict => null,
            PretrainedKind.File => weights.Description,
            PretrainedKind.Packaged => PackagedWeights.Find(model),
            PretrainedKind.Url => await WeightsCache.Shared.GetAsync(
                new Uri(weights.Description), weights.Sha256, progress, cancellationToken).ConfigureAwait(false),
            _ => await WeightsCache.Shared.GetAsync(Known(model, weights)!, progress, cancellationToken).ConfigureAwait(false),
        };

    private static WeightsInfo? Known(string model, Pretrained weights) => weights.Kind switch
    {
        PretrainedKind.Default => KnownWeights.Default(model),
        PretrainedKind.Named => KnownWeights.Find(model, weights.Description),
        _ => null,
    };

    private static ModelDescription? SavedModel(string path)
    {
        try
        {
            return ModelFile.DescriptionIn(path);
        }
        catch (ModelFileException error)
        {
            throw new WeightsException(path, error.Reason, error);
        }
    }

    private static TransferPlan WithFactsOf(ModelDescription saved, TransferPlan plan) => plan with
    {
        Head = plan.Head ?? (saved.Head is CustomHead ? null : saved.Head),
        ImageSize = plan.ImageSize ?? saved.Preprocessing.CropSize,
        InputChannels = plan.InputChannels == 3 ? saved.InputChannels : plan.InputChannels,
    };

    /// <summary>
    /// A network that was trained further in another program has as many classes as the rows of its last layer, which are found
    /// once the file's tensors have the network's names.
    /// </summary>
    private TransferPlan WithHeadOfFile(TransferPlan plan)
    {
        using var network = plan.Describe();
        StructureMatch.Name(_file!, network, _replacesHead, plan.Weights.Prefix);
        if (_replacesHead || _known is not null || network.OutputLayer is not { } outputs)
            return plan;
        var names = network.NamedWeights().Select(found => found.Name).Where(name => !StateDictLoader.IsOptional(name))
            .ToHashSet(StringComparer.Ordinal);
        var matrix = network.NamedWeights().First(found => found.Weight == outputs.Weights[0]).Name;
        return KeyNames.Align(_file!, names, plan.Weights.Prefix).GetValueOrDefault(matrix)?.Shape is [var classes and > 0, ..]
            && classes != network.Classes && classes <= int.MaxValue ? plan.ReplaceHead((int)classes) : plan;
    }

    private WeightsReport Load(WeightsFile file, Network network)
    {
        try
        {
            // The head of published weights is for ImageNet: whoever wants another one doesn't mean it, whatever its size.
            return _replacesHead
                ? StateDictLoader.Load(file, network.NamedWeights(), [network.HeadPath], [.. AuxiliaryHeads, .. OtherHeads()],
                    takeFitting: _known is null, Plan.Weights.Prefix)
                : StateDictLoader.Load(file, network.NamedWeights(), [], AuxiliaryHeads, prefix: Plan.Weights.Prefix);
        }
        catch (WeightsException error) when (error.MissingKeys.Concat(error.MisshapedKeys).ToList() is { Count: > 0 } keys
            && keys.TrueForAll(key => LayerPattern.IsWithin(key, network.HeadPath)))
        {
            throw new WeightsException(file.Path, "everything fits but the head: "
                + $"{string.Join(", ", keys)} {(keys.Count == 1 ? "is" : "are")} missing, or of another shape"
                + (error.UnexpectedKeys.Count == 0 ? "" : $", and it has {string.Join(", ", error.UnexpectedKeys.Take(4))}")
                + ". Say with ReplaceHead which head the file has, as in Head.Dropout(classes) for one of two layers, or which one "
                + "shall take its place.", error)
            {
                MissingKeys = error.MissingKeys,
                MisshapedKeys = error.MisshapedKeys,
                UnexpectedKeys = error.UnexpectedKeys,
            };
        }
    }

    /// <summary>Where the file's head may stand: some networks have a place of its own for each kind.</summary>
    private IEnumerable<string> OtherHeads()
    {
        foreach (var head in new[] { null, _saved?.Head is CustomHead ? null : _saved?.Head }.Distinct())
        {
            using var network = (Plan with { Head = head }).Describe();
            yield return network.HeadPath;
        }
    }

    /// <summary>What a network of the user's own says, else what most weights were trained with: torchvision's first.</summary>
    private static Preprocessing Usual(NamedBlueprint model)
    {
        if (model.Preprocessing is { } own)
            return own;
        var weights = KnownWeights.Of(model.Name);
        var usual = weights.FirstOrDefault(known => known.Name == "IMAGENET1K_V1")
            ?? weights.FirstOrDefault(known => known.IsDefault);
        return usual?.Preprocessing ?? Preprocessing.ImageNet;
    }
}
