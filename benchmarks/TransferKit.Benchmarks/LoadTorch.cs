using System.Runtime.CompilerServices;

namespace TransferKit.Benchmarks;

/// <summary>A benchmark may touch TorchSharp before it touches TransferKit.</summary>
internal static class LoadTorch
{
    [ModuleInitializer]
    internal static void BeforeBenchmarks() => TorchRuntime.EnsureLoaded();
}
