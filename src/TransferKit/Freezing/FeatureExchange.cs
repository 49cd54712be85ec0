using System.Runtime.InteropServices;
using TorchSharp;

namespace TransferKit;

/// <summary>Features that several processes compute, each for some of the samples, and all get.</summary>
internal static class FeatureExchange
{
    /// <summary>Reads samples.</summary>
    /// <param name="batches">What this process computes, numbered by rounds; disposed one by one.</param>
    /// <param name="rounds">How often ranks give each other what they have: a batch each, or a part of one.</param>
    /// <param name="group">The processes.</param>
    /// <returns>
    /// Positions in the dataset with their features, <c>[N, …]</c>, round by round in the order of ranks; the caller disposes
    /// these. On the CPU where there are several ranks.
    /// </returns>
    public static IEnumerable<(int[] Indices, torch.Tensor Values)> Read(
        IEnumerable<FeatureBatch> batches, int rounds, ProcessGroup group)
    {
        if (group.Size == 1)
        {
            foreach (var batch in batches)
                using (batch)
                    yield return ([.. batch.Indices], batch.Features.alias().DetachFromDisposeScope());
            yield break;
        }
        using var own = batches.GetEnumerator();
        var next = own.MoveNext() ? own.Current : null;
        try
        {
            for (var number = 0; number < rounds; number++)
            {
                var parts = group.Gather(next?.Number == number ? Pack(next) : []);
                if (next?.Number == number)
                {
                    next.Dispose();
                    next = own.MoveNext() ? own.Current : null;
                }
                foreach (var part in parts)
                    if (part.Length > 0)
                        yield return Unpack(part);
            }
        }
        finally
        {
            next?.Dispose();
        }
    }

    /// <summary>The number of sizes, the type, the sizes and the indices, 32 bits each, and the values.</summary>
    private static byte[] Pack(FeatureBatch batch)
    {
        using var scope = torch.NewDisposeScope();
        var values = batch.Features.cpu().contiguous();
        int[] head = [(int)values.dim(), (int)values.dtype, .. values.shape.Select(size => (int)size), .. batch.Indices];
        return [.. MemoryMarshal.AsBytes<int>(head), .. values.bytes];
    }

    private static (int[] Indices, torch.Tensor Values) Unpack(byte[] part)
    {
        var numbers = MemoryMarshal.Cast<byte, int>(part.AsSpan(0, part.Length / sizeof(int) * sizeof(int)));
        var (dimensions, type) = (numbers[0], (torch.ScalarType)numbers[1]);
        var shape = Array.ConvertAll(numbers.Slice(2, dimensions).ToArray(), size => (long)size);
        var indices = numbers.Slice(2 + dimensions, (int)shape[0]).ToArray();
        var values = torch.empty(shape, type).DetachFromDisposeScope();
        part.AsSpan((2 + dimensions + indices.Length) * sizeof(int)).CopyTo(values.bytes);
        return (indices, values);
    }
}
