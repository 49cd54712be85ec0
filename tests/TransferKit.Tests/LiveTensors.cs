using TorchSharp;

namespace TransferKit.Tests;

/// <summary>Counts tensors, for tests that look for those left behind.</summary>
internal static class LiveTensors
{
    /// <summary>Tensors that are alive in this process, without those of earlier tests that wait to be collected.</summary>
    public static long Count()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return torch.Tensor.TotalCount;
    }
}
