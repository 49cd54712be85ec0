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

    /// <summary>Computes the output for a batch. The input is left as it is; the result may be the input itself.</summary>
    /// <param name="input"><c>[N, …]</c>, the rest being the shape that the layer takes.</param>
    public abstract torch.Tensor Forward(torch.Tensor input);

    /// <summary>The shape of a sample after this layer.</summary>
    /// <param name="input">The shape of a sample before it.</param>
    /// <param name="visit">Told of this layer and of all that run in it, each when its output is known.</param>
    /// <exception cref="ArgumentException">The layer can't take such a sample.</exception>
    public Shape OutputShape(Shape input, ShapeVisitor? visit = null)
    {
        var output = InferShape(input, visit);
        visit?.Invoke(this, input, output);
        return output;
    }

    /// <summary>Finds <see cref="OutputShape"/>; a layer with children asks them, and hands the visitor on.</summary>
    /// <param name="input">The shape of a sample before the layer.</param>
    /// <param name="visit">For the children's <see cref="OutputShape"/>.</param>
    protected abstract Shape InferShape(Shape input, ShapeVisitor? visit);

    /// <summary>Multiplications with addition that one sample costs in this layer itself, without its children.</summary>
    /// <param name="input">The shape of a sample before the layer.</param>
    public virtual long MultiplyAdds(Shape input) => 0;

    /// <summary>
    /// Whether this is the layer that gives the network's outputs. It computes in float32 whatever it is fed, for 8 bits can't
    /// tell close outputs apart.
    /// </summary>
    internal bool GivesOutputs { get; set; }

    /// <summary>The input in the element type that the layer computes in.</summary>
    private protected torch.Tensor Widen(torch.Tensor input) =>
        GivesOutputs && input.dtype != torch.ScalarType.Float32 ? input.to_type(torch.ScalarType.Float32) : input;

    /// <summary>Whether the output is random while training: dropout and its kin.</summary>
    internal virtual bool IsRandom => false;

    /// <summary>
    /// Whether the output may share memory with the input, so that the next layer must not overwrite it either.
    /// </summary>
    internal virtual bool MayAlias => false;

    /// <summary>
    /// As <see cref="Forward"/>, for an input that nobody else needs: it may be overwritten, and is disposed.
    /// </summary>
    protected internal virtual torch.Tensor Consume(torch.Tensor input)
    {
        var output = Forward(input);
        if (!ReferenceEquals(output, input))
            input.Dispose();
        return output;
    }

    /// <summary>
    /// For inference alone: takes over what the next layer does, where both are cheaper as one. The next layer then hands its
    /// input on.
    /// </summary>
    /// <returns>Whether it did.</returns>
    internal virtual bool TryAbsorb(Layer next) => false;

    /// <summary>Describes a parameter of this layer.</summary>
    /// <param name="name">Its name in the state_dict, within this layer.</param>
    /// <param name="shape">Its sizes, outermost first.</param>
    /// <param name="initializer">How it starts without pretrained weights.</param>
    protected Weight AddParameter(string name, long[] shape, Initializer initializer) =>
        Add(new Weight(name, shape, initializer, isBuffer: false, torch.ScalarType.Float32));

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

    /// <summary>Adds the nodes that compute what <see cref="Forward"/> computes in evaluation.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="input">The input; its first dimension is the batch.</param>
    /// <returns>The output.</returns>
    internal abstract OnnxValue Emit(OnnxGraph graph, OnnxValue input);
}

/// <summary>Sees the shapes of a sample before and after a layer.</summary>
/// <param name="layer">The layer.</param>
/// <param name="input">The shape of a sample before it.</param>
/// <param name="output">The shape of a sample after it.</param>
public delegate void ShapeVisitor(Layer layer, Shape input, Shape output);

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
