using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>A vector of one value, where a file leaves out what it doesn't need.</summary>
internal sealed class ConstantTensor(long count, float value) : StoredTensor(ScalarType.Float32, [count])
{
    protected override void Fill(Tensor destination)
    {
        using var values = tensor(Enumerable.Repeat(value, (int)Shape[0]).ToArray());
        destination.copy_(values);
    }
}

/// <summary>A matrix of a file with its dimensions swapped.</summary>
internal sealed class TransposedTensor(StoredTensor matrix) : StoredTensor(matrix.Type, [matrix.Shape[1], matrix.Shape[0]])
{
    public override void Verify() => matrix.Verify();

    protected override void Fill(Tensor destination)
    {
        using var values = matrix.Read();
        using var swapped = values.t();
        destination.copy_(swapped);
    }
}

/// <summary>A vector of a file with a number added to each value, such as the difference of two norms' epsilons.</summary>
internal sealed class ShiftedTensor(StoredTensor vector, float shift) : StoredTensor(ScalarType.Float32, vector.Shape)
{
    public override void Verify() => vector.Verify();

    protected override void Fill(Tensor destination)
    {
        using var values = empty([.. Shape], dtype: ScalarType.Float32);
        vector.CopyTo(values);
        foreach (ref var value in MemoryMarshal.Cast<byte, float>(values.bytes))
            value += shift;
        destination.copy_(values);
    }
}
