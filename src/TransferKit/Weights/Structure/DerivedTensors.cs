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

/// <summary>Tensors of a file one below the other.</summary>
internal sealed class JoinedTensor(IReadOnlyList<StoredTensor> parts) : StoredTensor(
    parts[0].Type, [parts.Sum(part => part.Shape[0]), .. parts[0].Shape.Skip(1)])
{
    public override IEnumerable<StoredTensor> Origins => parts.SelectMany(part => part.Origins);

    /// <summary>Joins the thirds of a tensor; null where some are missing, or their rows are of different shapes.</summary>
    /// <param name="parts">The thirds by their number.</param>
    /// <param name="line">What is said of them.</param>
    public static JoinedTensor? TryJoin(IReadOnlyDictionary<int, StoredTensor> parts, TensorNames line)
    {
        var first = parts.Values.First().Shape;
        var all = Enumerable.Range(0, line.Parts).Select(part => parts.GetValueOrDefault(part)
            ?? (line.PadsWithZeros && first is [var count] ? new ConstantTensor(count, 0) : null)).ToList();
        return all.TrueForAll(part => part?.Shape is { Count: > 0 } shape && shape.Skip(1).SequenceEqual(first.Skip(1)))
            ? new(all!) : null;
    }

    public override void Verify()
    {
        foreach (var part in parts)
            part.Verify();
    }

    protected override void Fill(Tensor destination)
    {
        var row = 0L;
        foreach (var part in parts)
        {
            using var rows = destination.narrow(0, row, part.Shape[0]);
            part.CopyTo(rows);
            row += part.Shape[0];
        }
    }
}

/// <summary>Some rows of a file's tensor, or what else one of its dimensions counts.</summary>
internal sealed class RowsOfTensor(StoredTensor whole, long first, long count, int dimension = 0) : StoredTensor(
    whole.Type, [.. whole.Shape.Select((size, place) => place == dimension ? count : size)])
{
    public override IEnumerable<StoredTensor> Origins => whole.Origins;

    /// <summary>Some thirds of the rows; a tensor that has no thirds is left as it is.</summary>
    public static StoredTensor Thirds(StoredTensor whole, Range thirds)
    {
        if (whole.Shape is not [var rows, ..] || rows % 3 != 0)
            return whole;
        var (first, count) = thirds.GetOffsetAndLength(3);
        return new RowsOfTensor(whole, first * rows / 3, count * rows / 3);
    }

    public override void Verify() => whole.Verify();

    protected override void Fill(Tensor destination)
    {
        using var values = whole.Read();
        using var rows = values.narrow(dimension, first, count);
        destination.copy_(rows);
    }
}

/// <summary>The sum of two tensors of a file, of one shape.</summary>
internal sealed class SumOfTensors(StoredTensor one, StoredTensor other) : StoredTensor(one.Type, one.Shape)
{
    public override IEnumerable<StoredTensor> Origins => one.Origins.Concat(other.Origins);

    public override void Verify()
    {
        one.Verify();
        other.Verify();
    }

    protected override void Fill(Tensor destination)
    {
        using var values = one.Read();
        using var more = other.Read();
        using var sum = values.Add(more);
        destination.copy_(sum);
    }
}

/// <summary>A tensor of a file with a dimension of length 1 in front.</summary>
internal sealed class LiftedTensor(StoredTensor tensor) : StoredTensor(tensor.Type, [1, .. tensor.Shape])
{
    public override IEnumerable<StoredTensor> Origins => tensor.Origins;

    public override void Verify() => tensor.Verify();

    protected override void Fill(Tensor destination) => tensor.CopyTo(destination);
}
