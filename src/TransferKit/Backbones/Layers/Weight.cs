using TorchSharp;

namespace TransferKit;

/// <summary>
/// One tensor of a layer that is saved with the model: a parameter, or a buffer such as a running mean.
/// It is only described at first; memory comes with <see cref="Allocate"/>, so a whole network can be looked at for free.
/// </summary>
public sealed class Weight : IDisposable
{
    private readonly Initializer? _initializer;
    private torch.Tensor? _value;

    internal Weight(string name, long[] shape, Initializer initializer, bool isBuffer, torch.ScalarType type)
    {
        (Name, Shape, _initializer, IsBuffer, Type) = (name, shape, initializer, isBuffer, type);
    }

    /// <summary>A tensor that a TorchSharp module has made, and filled, already.</summary>
    internal Weight(string name, torch.Tensor value, bool isBuffer)
    {
        (Name, Shape, IsBuffer, Type, _value) = (name, value.shape, isBuffer, value.dtype, value);
        IsTrainable = !isBuffer && value.requires_grad;
        Decays = !isBuffer && value.dim() > 1;
    }

    /// <summary>
    /// The name within its layer, as in torchvision's state_dict: <c>weight</c>, <c>bias</c>, <c>running_mean</c>.
    /// </summary>
    public string Name { get; }

    /// <summary>The tensor's sizes, outermost first; empty for a single number.</summary>
    public IReadOnlyList<long> Shape { get; private set; }

    /// <summary>The number of values.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>Whether it is state that no optimizer touches.</summary>
    public bool IsBuffer { get; }

    /// <summary>The element type: float32, or int64 for counters.</summary>
    public torch.ScalarType Type { get; }

    /// <summary>Whether weight decay applies to it by default.</summary>
    internal bool Decays { get; init; }

    /// <summary>How values of another shape are loaded; null: they aren't.</summary>
    internal ShapeAdapter? ShapeAdapter { get; set; }

    /// <summary>Whether the optimizer changes it. Always false for buffers.</summary>
    public bool IsTrainable { get; private set; }

    /// <summary>The tensor itself.</summary>
    /// <exception cref="InvalidOperationException">The layer has no memory yet.</exception>
    public torch.Tensor Value => _value
        ?? throw new InvalidOperationException($"The weight '{Name}' is only described; allocate the network first.");

    /// <summary>
    /// Takes memory on a device, if it has none yet; the contents are undefined until the weight is initialized or loaded.
    /// </summary>
    internal void Allocate(torch.Device device)
    {
        if (_value is not null)
            return;
        using var scope = torch.NewDisposeScope();
        var memory = torch.empty([.. Shape], dtype: Type, device: device);
        Adopt(memory);
    }

    internal void MoveTo(torch.Device device)
    {
        using var scope = torch.NewDisposeScope();
        Adopt(Value.detach().to(device, copy: true));
    }

    /// <summary>Fills the memory as a network that starts from scratch would have it.</summary>
    internal void Initialize()
    {
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        if (_initializer is not null)
            RandomSource.Lend(() =>
            {
                _initializer(Value);
                return Value;
            });
    }

    /// <summary>Changes the description, before memory is taken.</summary>
    internal void Redescribe(long[] shape, ShapeAdapter adapter) => (Shape, ShapeAdapter) = (shape, adapter);

    internal void Replace(torch.Tensor value) => _value = value;

    /// <summary>Uses the memory of another weight together with it.</summary>
    internal void Share(Weight other) => _value = other.Value.detach().DetachFromDisposeScope();

    /// <summary>Keeps the values in another element type from now on.</summary>
    internal void Cast(torch.ScalarType type)
    {
        using var scope = torch.NewDisposeScope();
        Adopt(Value.detach().to_type(type));
    }

    /// <summary>Takes other values, of any shape, from now on.</summary>
    internal void Take(torch.Tensor values)
    {
        using var scope = torch.NewDisposeScope();
        Adopt(values.detach().alias());
    }

    /// <summary>Takes the values of a weight of the same shape, which is of no use afterwards.</summary>
    internal void TakeOver(Weight other)
    {
        if (_value is null)
        {
            Take(other.Value);
            return;
        }

        // A module's own tensor has to stay the one that the module knows.
        using var noGradient = torch.no_grad();
        _value.copy_(other.Value);
    }

    /// <summary>Lays a kernel out with its channels last, where it stays the same tensor with the same sizes.</summary>
    internal void UseChannelsLast()
    {
        if (Shape.Count != 4)
            return;
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        Value.set_(MemoryLayout.ChannelsLast(Value));
    }

    internal void SetTrains(bool trains)
    {
        IsTrainable = trains && !IsBuffer;
        if (_value is { } value && !IsBuffer)
            value.requires_grad = IsTrainable;
    }

    private void Adopt(torch.Tensor memory)
    {
        _value?.Dispose();
        memory.requires_grad = IsTrainable;
        _value = memory.DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _value?.Dispose();
        _value = null;
    }
}
