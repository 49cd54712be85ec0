using System.Runtime.CompilerServices;

namespace TransferKit.Tests;

/// <summary>A test may touch TorchSharp before it touches TransferKit.</summary>
internal static class LoadTorch
{
    [ModuleInitializer]
    internal static void BeforeTests() => TorchRuntime.EnsureLoaded();
}
