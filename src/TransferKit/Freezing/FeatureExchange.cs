using System.Runtime.InteropServices;
using TorchSharp;

namespace TransferKit;

/// <summary>Features that several processes compute, each for its share of every batch, and all get.</summary>
internal static class FeatureExchange
{
    /// <summary>Reads samples.</summary>
    /// <param name="features">What computes features.</param>
    /// <param name="pass">Which samples, in whole batches.</param>
    /// <param name="count">The dataset's number of samples.</param>
    /// <param name="group">The processes.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>, where there is one process.</param>
    /// <returns>Positions in the dataset with their features, <c>[N, …]</c>; the caller disposes these.</returns>
    public static IEnumerable<(int[] Indices, torch.Tensor Values)> Read(IBatchSource<FeatureBatch> features, ReadOptions pass,
        int count, ProcessGroup group, CancellationToken cancellationToken)
    {
        var batches = features.Read(pass.ShareOf(group, count), cancellationToken);
        if (group.Size == 1)
        {
            foreach (var batch in batches)
                using (batch)
                    yield return ([.. batch.Indices], batch.Features.alias().DetachFromDisposeScope());
            yield break;
        }
        using var own = batches.GetEnumerator();
        var next = own.MoveNext() ? own.Current : null;
        var whole = (pass.OrderOf(count).Count + pass.BatchSize - 1) / pass.BatchSize;
        try
        {
            for (var number = 0; number < whole; number++)
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
