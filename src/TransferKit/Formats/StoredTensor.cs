using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>A tensor that lies in a weights file and is read when it is wanted.</summary>
internal abstract class StoredTensor(ScalarType type, IReadOnlyList<long> shape)
{
    public ScalarType Type { get; } = type;

    public IReadOnlyList<long> Shape { get; } = shape;

    /// <summary>The file's tensors that the values come from: itself, unless it is made of others.</summary>
    public virtual IEnumerable<StoredTensor> Origins => [this];

    /// <summary>Whether the values are in the order of another shape: they differ in dimensions of length 1 at most.</summary>
    public bool Fits(IReadOnlyList<long> shape) => shape.Where(size => size != 1).SequenceEqual(Shape.Where(size => size != 1));

    /// <summary>Writes the values into a tensor of a shape that fits, converted to its type and moved to its device.</summary>
    public void CopyTo(Tensor destination)
    {
        if (!Fits(destination.shape))
            throw new ArgumentException(
                $"A tensor of shape {Show(Shape)} cannot take values of shape {Show(destination.shape)}.", nameof(destination));

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Fill(destination.detach().view([.. Shape]));
    }

    /// <summary>
    /// Checks the checksum of the bytes that the values come from, where the format has one. Copying all tensors in the
    /// file's order checks them on the way, so that calling this after the last costs nothing.
    /// </summary>
    /// <exception cref="WeightsException">The bytes are not those that were written.</exception>
    public virtual void Verify()
    {
    }

    /// <summary>A new tensor on the CPU with the values in their own type.</summary>
    public Tensor Read()
    {
        var tensor = empty([.. Shape], dtype: Type);
        CopyTo(tensor);
        Verify();
        return tensor;
    }

    /// <summary>A shape as Python prints it: <c>[64, 3, 7, 7]</c>.</summary>
    public static string Show(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";

    protected abstract void Fill(Tensor destination);
}

/// <summary>A tensor in memory, in the guise of a stored one.</summary>
internal sealed class MemoryTensor(Tensor tensor) : StoredTensor(tensor.dtype, tensor.shape)
{
    protected override void Fill(Tensor destination) => destination.copy_(tensor);
}
