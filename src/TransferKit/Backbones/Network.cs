using TorchSharp;

namespace TransferKit;

/// <summary>
/// A whole network: a blueprint with a head in its place. Finds its layers by name, runs them, and can be cut into a part in
/// front that is frozen and a part behind that trains. Owns its weights once it is allocated.
/// </summary>
internal sealed partial class Network : IDisposable
{
    private readonly Func<Blueprint> _describe;
    private readonly Head _head;
    private readonly Sequence _root;
    private readonly Layer[] _steps, _layers;

    /// <param name="describe">Writes the layers down, anew at each call.</param>
    /// <param name="head">What takes the place of the last one.</param>
    /// <param name="channels">Channels of the images; the first convolutions are described anew where they aren't 3.</param>
    public Network(Func<Blueprint> describe, Head head, int channels = 3)
    {
        (_describe, _head, Channels) = (describe, head, channels);
        var blueprint = describe();
        if (channels != 3)
            foreach (var conv in FirstConvs(blueprint))
                conv.TakeChannels(channels);
        var slot = new HeadSlot(head);
        IReadOnlyList<Child> body = blueprint.Body, classifier = blueprint.Classifier(slot);
        if (head.TakesMap || head.LastBlocks > 0)
        {
            // The head stands alone, behind a pooling of its own, under the name of the classifier that it replaces.
            var name = new Sequence(classifier).Walk().Last(found => found.Layer.Weights.Count > 0).Path.Split('.')[0];
            IReadOnlyList<Child> pool = [];
            if (head.LastBlocks > 0)
                (body, pool) = ClassAndPatches(blueprint, head.LastBlocks);
            else if (blueprint.Map is { } layer)
                pool = [layer];
            var size = blueprint.ImageSize ?? 224;
            var shape = new Sequence([.. body, .. pool]).OutputShape(InputShape(size));
            if (head.TakesMap && shape.Rank != 3)
                throw new ArgumentException(
                    $"The head pools a feature map [C, H, W], and the network ends in {shape}.", nameof(head));
            var built = head.Build((int)shape[0]);
            (classifier, Heads) = ([.. pool, new Child(name, built)], [built]);
        }
        else
        {
            Heads = slot.Filled is { Count: > 0 } filled
                ? filled : throw new ArgumentException("The classifier leaves no place for a head.", nameof(describe));
        }

        _root = new Sequence([.. body, .. classifier]);
        _steps = [.. Flatten(_root)];
        _layers = [.. _root.Walk().Select(found => found.Layer)];
        HeadStep = Array.FindIndex(_steps, step => Heads[0].Walk().Any(found => ReferenceEquals(found.Layer, step))
            || step.Walk().Any(found => ReferenceEquals(found.Layer, Heads[0])));
        Classes = head.Classes;
        OutputLayers =
        [
            .. Heads.Select(layer => layer.Walk().Select(found => found.Layer).LastOrDefault(found => found is Linear or Conv))
                .OfType<Layer>(),
        ];
        foreach (var layer in OutputLayers)
            layer.KeepsFloat32 = true;
        HeadPaths = [.. Heads.Select(PathOf)];
        (Trunk, ImageSize, TokensToMap, SizeMultiple) =
            (blueprint.Trunk, blueprint.ImageSize, blueprint.Map, blueprint.SizeMultiple);
    }

    /// <summary>
    /// The layer, or group of layers, that a new head put in place of the network's last layer; several: there are as many heads,
    /// whose outputs are averaged.
    /// </summary>
    public IReadOnlyList<Layer> Heads { get; }

    /// <summary>
    /// The layer in a head that gives the outputs, all of whose weights have a row for each; none for a module of the user's
    /// own.
    /// </summary>
    public IReadOnlyList<Layer> OutputLayers { get; }

    /// <summary>The dotted paths of <see cref="Heads"/>.</summary>
    public IReadOnlyList<string> HeadPaths { get; }

    /// <summary>Channels of the images.</summary>
    public int Channels { get; }

    /// <summary>The number of logits.</summary>
    public int Classes { get; }

    /// <summary>The dotted path of the layer whose children are the stages.</summary>
    public string Trunk { get; }

    /// <summary>
    /// Whether the network takes images from ImageNet's normalization to the one it was trained with, as torchvision's
    /// <c>transform_input</c>: for the known weights of GoogLeNet and Inception v3 alone. Other networks stay as they are.
    /// </summary>
    public bool TransformsInput
    {
        get => InputTransforms.Any(layer => layer.IsOn);
        set
        {
            foreach (var layer in InputTransforms)
                layer.IsOn = value;
        }
    }

    private IEnumerable<TransformInput> InputTransforms => _steps.OfType<TransformInput>();

    /// <summary>
    /// The one height and width of images that the layers were built for, in pixels; null: they take others too.
    /// </summary>
    public int? ImageSize { get; }

    /// <inheritdoc cref="Blueprint.SizeMultiple"/>
    public int SizeMultiple { get; }

    /// <inheritdoc cref="Blueprint.Map"/>
    public Layer? TokensToMap { get; }

    /// <summary>
    /// Whether 8 bits of precision are too few. What a depthwise convolution gives is often large against how much it varies, and
    /// the batch norm behind it takes the difference, so that small errors of weights become large ones (Nagel et al., 2019).
    /// </summary>
    public bool NeedsPrecision
    {
        get
        {
            var layers = _root.Walk().Select(found => found.Layer).ToList();
            return layers.Exists(layer => layer is Conv { IsDepthwise: true }) && layers.Exists(layer => layer is BatchNorm);
        }
    }

    /// <summary>The network's layers in running order, with sequences opened up; a residual block is one step.</summary>
    public IReadOnlyList<Layer> Steps => _steps;

    /// <summary>How many of <see cref="Steps"/> come in front of the one that is, or holds, the head.</summary>
    public int HeadStep { get; }

    /// <summary>
    /// The numbers of those <see cref="Steps"/> in front of the head with which a block of several layers, or a stage, begins.
    /// Behind a module of the user's own nothing begins: what it keeps from one forward pass to the next isn't known.
    /// </summary>
    public IReadOnlyList<int> BlockStarts()
    {
        var names = NamedWeights().DistinctBy(found => found.Weight).ToDictionary(found => found.Weight, found => found.Name);
        var (stages, starts, before) = (Stages(), new List<int>(), "");
        for (var step = 0; step < HeadStep && !_steps[step].Walk().Any(found => found.Layer is ModuleLayer); step++)
        {
            var first = _steps[step].NamedWeights().Select(found => names[found.Weight]).FirstOrDefault();
            var stage = stages.FirstOrDefault(stage => first is not null && LayerPattern.IsWithin(first, stage), before);
            if (stage != before || (first is not null && _steps[step].Walk().Skip(1).Any()))
                starts.Add(step);
            before = stage;
        }
        return starts;
    }

    /// <summary>
    /// Another network of the same description, which shares this one's weights: what is done to its layers leaves these alone.
    /// </summary>
    public Network Twin()
    {
        var twin = new Network(_describe, _head, Channels) { TransformsInput = TransformsInput };
        foreach (var (mine, theirs) in twin.NamedWeights().Zip(NamedWeights()))
            mine.Weight.Share(theirs.Weight);
        return twin;
    }

    /// <summary>The shape of a square image.</summary>
    public Shape InputShape(int size) => new(Channels, size, size);

    /// <summary>The shape of a sample's outputs.</summary>
    /// <param name="image">The shape of an image.</param>
    /// <param name="visit">Called with each layer when its output is known; null: nothing is.</param>
    /// <exception cref="ArgumentException">The network can't take such an image.</exception>
    public Shape OutputShape(Shape image, ShapeVisitor? visit = null) =>
        image[1] % SizeMultiple == 0 && image[2] % SizeMultiple == 0
            ? _root.OutputShape(image, visit)
            : throw new ArgumentException($"The network takes images whose height and width are multiples of {SizeMultiple} px, "
                + $"and not {image[1]} × {image[2]} px.", nameof(image));

    /// <summary>The layers in front of the pooling, and what pools the tokens of the last blocks.</summary>
    private static (IReadOnlyList<Child> Body, IReadOnlyList<Child> Pool) ClassAndPatches(Blueprint blueprint, int blocks)
    {
        if (blueprint.Map is not PatchMap { Prefix: > 0 and var prefix })
            throw new ArgumentException("The head takes a class token and patches, and the network has none: take Head.Linear.");
        var body = blueprint.Body;
        if (blocks == 1)
            return (body, [new Concat(new FirstToken(), new TokenAverage(prefix))]);
        var trunk = body.Index().FirstOrDefault(child => child.Item.Name == blueprint.Trunk && child.Item.Layer is Sequence);
        var norm = body.Skip(trunk.Index + 1).ToList();
        if (trunk.Item.Layer is not { Children: var all }
            || !norm.TrueForAll(child => child.Layer is Identity or { IsNorm: true }))
            throw new ArgumentException("The head takes the class tokens of several blocks, and the network has no row of blocks "
                + "with a norm behind it: take Head.ClassAndPatches of one block, or a vision transformer of timm's.");
        if (blocks > all.Count)
            throw new ArgumentException($"The head takes the class tokens of {blocks} blocks, and the network has {all.Count}.");
        var last = all.TakeLast(blocks).Select(block => new Child($"{trunk.Item.Name}.{block.Name}", block.Layer));
        return (
            [.. body.Take(trunk.Index), (blueprint.Trunk, new Sequence([.. all.SkipLast(blocks)]))],
            [new LastBlocks([.. last], norm, prefix)]);
    }

    public torch.Tensor Forward(torch.Tensor images)
    {
        TorchRuntime.UseThreads();
        return _root.Forward(images);
    }

    /// <summary>What the head sees: <c>[N, features]</c>, a feature map being averaged over its pixels.</summary>
    public torch.Tensor Features(torch.Tensor images)
    {
        using var scope = torch.NewDisposeScope();
        var features = Pool(TensorOperations.Forward(_steps.Take(HeadStep), images));
        return (ReferenceEquals(features, images) ? features.clone() : features).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// A vector of what stands in front of the head: a feature map is averaged over its pixels, and the vectors of several heads.
    /// </summary>
    internal static torch.Tensor Pool(torch.Tensor features) => features.dim() switch
    {
        4 => features.mean([2, 3]),
        3 => features.mean([1]),
        _ => features,
    };

    public void SetTraining(bool training)
    {
        foreach (var layer in _layers)
            layer.Training = training;
    }

    /// <summary>Switches all layers into a mode until the scope ends.</summary>
    public ModeScope InMode(bool training)
    {
        var scope = new ModeScope(_layers);
        SetTraining(training);
        return scope;
    }

    public void Allocate(torch.Device device)
    {
        foreach (var (_, weight) in NamedWeights())
            weight.Allocate(device);
    }

    /// <summary>Fills weights as a network that starts from scratch would have them.</summary>
    /// <param name="which">Chooses among their names.</param>
    public void Initialize(Func<string, bool> which)
    {
        foreach (var (_, weight) in NamedWeights().Where(found => which(found.Name)))
            weight.Initialize();
    }

    public void MoveTo(torch.Device device)
    {
        foreach (var (_, layer) in _root.Walk())
            layer.MoveTo(device);
    }

    public void Dispose() => _root.Dispose();

    /// <summary>Says what the network computes, in the words of one of its readers.</summary>
    public T Compute<T>(Operations<T> ops, T images)
        where T : class => ops.Run(_root, images);

    /// <summary>The first convolution, or the first ones where several lie side by side.</summary>
    private static IEnumerable<Conv> FirstConvs(Blueprint blueprint)
    {
        var layers = blueprint.Body.SelectMany(child => child.Layer.Walk()).Select(found => found.Layer);
        var first = layers.FirstOrDefault(layer => layer is Conv or ReparameterizedConv)
            ?? throw new ArgumentException(
                "The network has no convolution that could take other channels than 3.", nameof(blueprint));
        return first.Walk().Select(found => found.Layer).OfType<Conv>();
    }

    /// <summary>The layers that run one after the other in a layer, with sequences opened up.</summary>
    internal static IEnumerable<Layer> Flatten(Layer layer) => layer is Sequence sequence
        ? sequence.Children.SelectMany(child => Flatten(child.Layer))
        : [layer];
}
