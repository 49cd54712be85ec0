using TorchSharp;

namespace TransferKit;

/// <summary>
/// A node of a network. A backbone is a tree of layers, and whatever has to know the structure of a network (freezing,
/// slicing, summary, export) reads that tree. A layer is only a description, without native memory, until its network is
/// allocated. Not thread-safe.
/// </summary>
public abstract class Layer : IDisposable
{
    private readonly List<Weight> _weights = [];

    /// <summary>The layers within this one, in the order in which they run; none for a leaf.</summary>
    public virtual IReadOnlyList<Child> Children => [];

    /// <summary>The layer's own parameters and buffers, without its children's.</summary>
    public IReadOnlyList<Weight> Weights => _weights;

    /// <summary>
    /// Whether the layer behaves as in training (dropout active, batch statistics used and tracked) or as in evaluation.
    /// </summary>
    public bool Training { get; internal set; }

    /// <summary>What kind of layer this is, for people: <c>Conv</c>, <c>BatchNorm</c>.</summary>
    public virtual string Kind => GetType().Name;

    /// <summary>
    /// Says what the layer computes: the one description from which it is run, measured and exported. Children are run by
    /// <see cref="Operations{T}.Run(Layer, T)"/>.
    /// </summary>
    /// <param name="ops">The operations to say it in.</param>
    /// <param name="input"><c>[N, …]</c>, the rest being the shape that the layer takes.</param>
    /// <returns>The output, <c>[N, …]</c>; it may be the input itself.</returns>
    /// <typeparam name="T">Tensors, sizes, or values of a graph.</typeparam>
    /// <exception cref="ArgumentException">The layer can't take such an input.</exception>
    protected internal abstract T Compute<T>(Operations<T> ops, T input)
        where T : class;

    /// <summary>The shape of a sample after this layer.</summary>
    /// <param name="input">The shape of a sample before it.</param>
    /// <exception cref="ArgumentException">The layer can't take such a sample.</exception>
    internal Shape OutputShape(Shape input) => OutputShape(input, null);

    /// <summary>As <see cref="OutputShape(Shape)"/>.</summary>
    /// <param name="input">The shape of a sample before the layer.</param>
    /// <param name="visit">Told of this layer and of all that run in it, each when its output is known.</param>
    internal Shape OutputShape(Shape input, ShapeVisitor? visit) =>
        new ShapeOperations(visit).Run(this, ShapeOperations.Of(input)).Shape;

    /// <summary>Runs the layer on a batch, which stays as it is; the result may share its memory.</summary>
    /// <param name="input"><c>[N, …]</c></param>
    internal torch.Tensor Forward(torch.Tensor input) => new TensorOperations().Run(this, input);

    /// <summary>Whether the layer normalizes, and so belongs to the stage in front of it.</summary>
    internal virtual bool IsNorm => false;

    /// <summary>
    /// Whether the layer computes in float32 whatever it is fed: the one that gives the network's outputs does, for 8 bits can't
    /// tell close outputs apart.
    /// </summary>
    internal bool KeepsFloat32 { get; set; }

    /// <summary>
    /// Whether the layer computes with its weights in the element type of its input alone, so that for inference they may as well
    /// be held in it.
    /// </summary>
    internal virtual bool HoldsReduced => false;

    /// <summary>Whether the output is random while training: dropout and its kin.</summary>
    internal virtual bool IsRandom => false;

    /// <summary>
    /// For inference alone: takes over what the next layer does, where both are cheaper as one. The next layer then hands its
    /// input on.
    /// </summary>
    /// <returns>Whether it did.</returns>
    internal virtual bool TryFuse(Layer next) => false;

    /// <summary>Whether inference hands the input on as it is: there was nothing to do, or another layer does it.</summary>
    internal virtual bool IsIdle => false;

    /// <summary>
    /// For compiled layers alone: ends with the activation behind this layer, which then hands its input on.
    /// </summary>
    /// <returns>Whether it does.</returns>
    internal virtual bool TryFuseActivation(Activation next) => false;

    /// <summary>For compiled layers alone, once the layers within have fused: takes those together that are cheaper so.</summary>
    internal virtual void FuseWithin()
    {
    }

    /// <summary>
    /// For inference alone, once the layers within have fused: puts one layer in place of several, where that is cheaper.
    /// </summary>
    internal virtual void Merge()
    {
    }

    /// <summary>Describes a parameter of this layer.</summary>
    /// <param name="name">Its name in the state_dict, within this layer.</param>
    /// <param name="shape">Its sizes, outermost first.</param>
    /// <param name="initializer">How it starts without pretrained weights.</param>
    /// <param name="decays">
    /// Whether weight decay applies to it, as long as the optimizer isn't told to decay everything; null: if it has more than one
    /// dimension, which biases and the scales of norms haven't.
    /// </param>
    protected Weight AddParameter(string name, long[] shape, Initializer initializer, bool? decays = null)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return Add(new Weight(name, shape, initializer, isBuffer: false, torch.ScalarType.Float32)
        {
            Decays = decays ?? shape.Length > 1,
        });
    }

    /// <summary>Describes a buffer: state that is saved but that no optimizer touches.</summary>
    /// <param name="name">Its name in the state_dict, within this layer.</param>
    /// <param name="shape">Its sizes, outermost first; empty for a single number.</param>
    /// <param name="initializer">How it starts.</param>
    /// <param name="type">Its element type.</param>
    protected Weight AddBuffer(
        string name, long[] shape, Initializer initializer, torch.ScalarType type = torch.ScalarType.Float32) =>
        Add(new Weight(name, shape, initializer, isBuffer: true, type));

    /// <summary>Takes over a tensor that exists already.</summary>
    private protected void Adopt(string name, torch.Tensor value, bool isBuffer) => Add(new Weight(name, value, isBuffer));

    /// <summary>Moves the layer's own weights to a device.</summary>
    internal virtual void MoveTo(torch.Device device)
    {
        foreach (var weight in _weights)
            weight.MoveTo(device);
    }

    private Weight Add(Weight weight)
    {
        _weights.Add(weight);
        return weight;
    }

    /// <summary>
    /// This layer and all below it, with their dotted paths; a layer without a name of its own has its parent's path.
    /// </summary>
    internal IEnumerable<(string Path, Layer Layer)> Walk(string path = "")
    {
        yield return (path, this);
        foreach (var child in Children)
            foreach (var found in child.Layer.Walk(Join(path, child.Name)))
                yield return found;
    }

    /// <summary>All weights in and below this layer under their state_dict keys.</summary>
    internal IEnumerable<(string Name, Weight Weight)> NamedWeights(string path = "") =>
        from found in Walk(path)
        from weight in found.Layer.Weights
        select (Join(found.Path, weight.Name), weight);

    /// <summary>Switches this layer and all below it between training and evaluation.</summary>
    internal void SetTraining(bool training)
    {
        foreach (var (_, layer) in Walk())
            layer.Training = training;
    }

    private static string Join(string path, string? name) =>
        name is null ? path : path.Length == 0 ? name : $"{path}.{name}";

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the weights of this layer and of all below it.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        foreach (var weight in _weights)
            weight.Dispose();
        foreach (var child in Children)
            child.Layer.Dispose();
    }
}

/// <summary>A layer within another. Without a name it adds no segment to the state_dict keys of what lies below it.</summary>
/// <param name="Name">The path segment, or null.</param>
/// <param name="Layer">The layer.</param>
public readonly record struct Child(string? Name, Layer Layer)
{
    /// <summary>A child with a name of its own.</summary>
    public static implicit operator Child((string Name, Layer Layer) named) => new(named.Name, named.Layer);

    /// <summary>A child without a name.</summary>
    public static implicit operator Child(Layer layer) => new(null, layer);
}
