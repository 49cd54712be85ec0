using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// A TorchSharp module within a network. Unlike other layers it has native memory, and its first values, from the start.
/// </summary>
internal sealed class ModuleLayer : Layer
{
    private readonly nn.Module<Tensor, Tensor> _module;

    /// <summary>Wraps a module, which the layer then owns.</summary>
    /// <param name="module">
    /// The module; keys in the state_dict are those of its own <c>state_dict()</c>, auto-properties under their names.
    /// </param>
    /// <param name="output">The shape of a sample after it.</param>
    /// <exception cref="ArgumentException">It holds modules or parameters that aren't registered, such as in a list.</exception>
    public ModuleLayer(nn.Module<Tensor, Tensor> module, Shape output)
    {
        ArgumentNullException.ThrowIfNull(module);
        ModuleMembers.RequireRegistered(module);
        (_module, Output) = (module, output);
        foreach (var (name, parameter) in module.named_parameters())
            Adopt(ModuleMembers.NameOf(name), parameter, isBuffer: false);
        foreach (var (name, buffer) in module.named_buffers())
            Adopt(ModuleMembers.NameOf(name), buffer, isBuffer: true);
    }

    /// <inheritdoc/>
    public override string Kind => _module.GetName();

    /// <summary>Whether it normalizes by statistics of the batch.</summary>
    internal bool HasBatchNorm =>
        _module.modules().Append(_module).Any(inner => inner is BatchNorm1d or BatchNorm2d or BatchNorm3d);

    /// <summary>The shape of a sample after the module.</summary>
    internal Shape Output { get; }

    protected internal override T Compute<T>(Operations<T> ops, T input) => ops.Run(this, input);

    /// <summary>Runs the module.</summary>
    /// <param name="input"><c>[N, …]</c> float32: a module of the user's own knows nothing of reduced precision.</param>
    internal Tensor Invoke(Tensor input)
    {
        _module.train(Training);
        // Nor does it know of the run's random numbers.
        return Training ? RandomSource.Lend(() => _module.call(input)) : _module.call(input);
    }

    internal override void MoveTo(Device device)
    {
        _module.to(device);
        var moved = _module.named_parameters().Select(pair => (pair.name, Value: (Tensor)pair.parameter))
            .Concat(_module.named_buffers().Select(pair => (pair.name, Value: pair.buffer)))
            .ToDictionary(pair => ModuleMembers.NameOf(pair.name), pair => pair.Value);
        foreach (var weight in Weights)
            weight.Replace(moved[weight.Name]);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
            _module.Dispose();
    }
}
