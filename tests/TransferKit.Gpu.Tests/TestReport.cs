using Xunit.Abstractions;

namespace TransferKit.Gpu.Tests;

/// <summary>Prints each test as it ends, and then how many passed.</summary>
internal sealed class TestReport : LongLivedMarshalByRefObject, IMessageSink, IDisposable
{
    private readonly ManualResetEventSlim _isDone = new();
    private int _passed, _failed, _skipped;

    public bool OnMessage(IMessageSinkMessage message)
    {
        switch (message)
        {
            case ITestPassed passed:
                _passed++;
                Print("passed ", passed, passed.Output);
                break;
            case ITestFailed failed:
                _failed++;
                Print("FAILED ", failed, string.Join('\n', [.. failed.Messages, .. failed.StackTraces, failed.Output]));
                break;
            case ITestSkipped skipped:
                _skipped++;
                Print("skipped", skipped, skipped.Reason);
                break;
            case IErrorMessage error:
                _failed++;
                Console.WriteLine(string.Join('\n', error.Messages));
                break;
            case ITestAssemblyFinished:
                _isDone.Set();
                break;
        }
        return true;
    }

    public void Dispose() => _isDone.Dispose();

    /// <summary>Waits for the end of the run.</summary>
    /// <returns>How many tests failed.</returns>
    public int WaitForFailures()
    {
        _isDone.Wait();
        Console.WriteLine($"{_passed} passed, {_failed} failed, {_skipped} skipped");
        return _failed;
    }

    private static void Print(string outcome, ITestResultMessage result, string? text)
    {
        Console.WriteLine(FormattableString.Invariant($"{outcome} {result.ExecutionTime,6:F1} s  {result.Test.DisplayName}"));
        if (!string.IsNullOrWhiteSpace(text))
            Console.WriteLine("    " + text.TrimEnd().ReplaceLineEndings("\n    "));
    }
}

/// <summary>xunit's defaults.</summary>
internal sealed class TestRunOptions : ITestFrameworkDiscoveryOptions, ITestFrameworkExecutionOptions
{
    private readonly Dictionary<string, object?> _values = [];

    public TValue GetValue<TValue>(string name) => _values.TryGetValue(name, out var value) ? (TValue)value! : default!;

    public void SetValue<TValue>(string name, TValue value) => _values[name] = value;
}
