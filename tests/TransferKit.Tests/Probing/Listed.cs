namespace TransferKit.Tests;

/// <summary>Keeps what it is told, on the thread that tells it.</summary>
internal sealed class Listed<T>(List<T> told) : IProgress<T>
{
    public void Report(T value) => told.Add(value);
}
