using TorchSharp;

namespace TransferKit;

/// <summary>
/// Sums over all ranks that their GPUs make among themselves, in the order in which they are begun, beside what libtorch has them
/// compute and without anybody waiting for them. Each rank has a GPU of its own.
/// </summary>
internal abstract class DeviceSums
{
    /// <summary>Lets sums that begin later wait for what the calling thread has had the GPU compute until now.</summary>
    public abstract void Follow();

    /// <summary>Begins to sum numbers over all ranks, in their place, when all ranks have agreed to do so.</summary>
    /// <param name="values">float32, contiguous, on the GPU; to stay until <see cref="Join"/>.</param>
    /// <exception cref="DistributedException">The GPU can't; all ranks end.</exception>
    public abstract void AllReduce(torch.Tensor values);

    /// <summary>Lets what the calling thread has the GPU compute from now on wait for the sums that have begun.</summary>
    /// <exception cref="DistributedException">The GPU can't; all ranks end.</exception>
    public abstract void Join();
}
