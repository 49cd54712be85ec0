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
    private readonly HubConfig? _config;
    private readonly bool _replacesHead;

    /// <exception cref="WeightsException">The weights can't be had.</exception>
    public PretrainedWeights(ModelRecipe recipe, CancellationToken cancellationToken)
    {
        (Recipe, _replacesHead) = (recipe, recipe.Head is not null);
        if (recipe.Weights.Kind == PretrainedKind.None)
            return;
        _file = recipe.Weights.StateDict is { } inMemory
            ? WeightsFile.FromStateDict(inMemory)
            : WeightsFile.Open(WeightsSource.Fetch(recipe.Model, recipe.Weights, progress: null, cancellationToken)!);
        try
        {
            _known = WeightsSource.Known(recipe.Model, recipe.Weights) ?? KnownWeights.Recognize(recipe.Model, _file.Path);
            _config = recipe.Weights.Kind == PretrainedKind.Hub ? HubConfig.Beside(_file.Path) : null;
            _saved = _known is null && recipe.Weights.StateDict is null ? SavedModel(_file.Path) : null;
            Recipe = _saved is null ? WithHeadOfFile(WithFactsOf(_config, recipe)) : WithFactsOf(_saved, recipe);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>The plan, with what it left open as the weights say.</summary>
    public ModelRecipe Recipe { get; }

    /// <summary>How images are to be prepared for these weights.</summary>
    public Preprocessing Preprocessing =>
        _saved?.Preprocessing ?? _known?.Preprocessing ?? _file?.Preprocessing ?? _config?.Preprocessing
        ?? Usual(Recipe.Blueprint);

    /// <summary>Gives every weight of the plan's network its value, and the model what else the weights know.</summary>
    /// <exception cref="WeightsException">The weights don't fit.</exception>
    public ModelFacts Fill(Network network)
    {
        if (_file is null)
        {
            network.Initialize(_ => true);
            return new ModelFacts();
        }

        network.Initialize(name => _replacesHead && network.IsInHead(name));
        var report = Load(_file, network);
        network.TransformsInput = (_saved?.TransformsInput ?? _known is not null) && network.Channels == 3;
        var facts = (_saved, _known) switch
        {
            ({ } saved, _) when report.HasHead => ModelFacts.Of(saved) with { Evaluation = null },
            (_, { Classes: Architectures.ImageNetClasses }) when report.HasHead =>
                new ModelFacts { ClassNames = KnownWeights.ClassNames, Task = LearningTask.Classification },
            _ when report.HasHead && _config?.ClassNames is { } names && names.Count == network.Classes =>
                new ModelFacts { ClassNames = names, Task = LearningTask.Classification },
            _ => new ModelFacts { Preparation = _saved?.Preparation },
        };
        return facts with { Weights = report };
    }

    public void Dispose() => _file?.Dispose();

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

    private static ModelRecipe WithFactsOf(ModelDescription saved, ModelRecipe recipe) => recipe with
    {
        Head = recipe.Head ?? (saved.Head is CustomHead ? null : saved.Head),
        ImageSize = recipe.ImageSize ?? saved.Preprocessing.CropSize,
        InputChannels = recipe.InputChannels == 3 ? saved.InputChannels : recipe.InputChannels,
    };

    private static ModelRecipe WithFactsOf(HubConfig? config, ModelRecipe recipe) => config?.Preprocessing is not { } prepared
        ? recipe
        : recipe with
        {
            ImageSize = recipe.ImageSize ?? (recipe.Blueprint.IsBuiltForSize ? prepared.CropSize : null),
            InputChannels = recipe.InputChannels == 3 ? prepared.Channels : recipe.InputChannels,
        };

    /// <summary>
    /// A network that was trained further in another program has as many classes as the rows of its last layer, which are found
    /// once the file's tensors have the network's names.
    /// </summary>
    private ModelRecipe WithHeadOfFile(ModelRecipe recipe)
    {
        using var network = recipe.Describe();
        StructureMatch.Name(_file!, network, _replacesHead, recipe.Weights.Prefix);
        if (_replacesHead || _known is not null || network.OutputLayers is not [var outputs, ..])
            return recipe;
        var names = network.NamedWeights().Select(found => found.Name).Where(name => !StateDictLoader.IsOptional(name))
            .ToHashSet(StringComparer.Ordinal);
        var matrix = network.NamedWeights().First(found => found.Weight == outputs.Weights[0]).Name;
        var shape = KeyNames.Align(_file!, names, recipe.Weights.Prefix).GetValueOrDefault(matrix)?.Shape;
        if (shape is not [var classes and > 0 and <= int.MaxValue, ..])
            return recipe;
        // DINOv2's classifiers see the average of the patches beside the class token.
        if (shape is [_, var width] && outputs.Weights[0].Shape is [_, var own] && width == 2 * own
            && network.TokensToMap is PatchMap { Prefix: > 0 })
            return recipe with { Head = Head.ClassAndPatches((int)classes) };
        return classes != network.Classes ? recipe with { Head = Head.Linear((int)classes) } : recipe;
    }

    private WeightsReport Load(WeightsFile file, Network network)
    {
        try
        {
            // The head of published weights is for ImageNet: whoever wants another one doesn't mean it, whatever its size.
            return _replacesHead
                ? StateDictLoader.Load(file, network.NamedWeights(), network.HeadPaths, [.. AuxiliaryHeads, .. OtherHeads()],
                    takeFitting: _known is null, Recipe.Weights.Prefix)
                : StateDictLoader.Load(file, network.NamedWeights(), [], AuxiliaryHeads, prefix: Recipe.Weights.Prefix);
        }
        catch (WeightsException error) when (error.MissingKeys.Concat(error.MismatchedKeys).ToList() is { Count: > 0 } keys
            && keys.TrueForAll(network.IsInHead))
        {
            throw new WeightsException(file.Path, "everything fits but the head: "
                + $"{string.Join(", ", keys)} {(keys.Count == 1 ? "is" : "are")} missing, or of another shape"
                + (error.UnexpectedKeys.Count == 0 ? "" : $", and it has {string.Join(", ", error.UnexpectedKeys.Take(4))}")
                + ". Say with ReplaceHead which head the file has, as in Head.Dropout(classes) for one of two layers, or which "
                + "one shall take its place.", error)
            {
                MissingKeys = error.MissingKeys,
                MismatchedKeys = error.MismatchedKeys,
                UnexpectedKeys = error.UnexpectedKeys,
            };
        }
    }

    /// <summary>Where the file's head may stand: some networks have a place of its own for each kind.</summary>
    private IEnumerable<string> OtherHeads()
    {
        foreach (var head in new[] { null, _saved?.Head is CustomHead ? null : _saved?.Head }.Distinct())
        {
            using var network = (Recipe with { Head = head }).Describe();
            foreach (var path in network.HeadPaths)
                yield return path;
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
