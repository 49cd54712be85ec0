using Microsoft.Extensions.Logging;

namespace TransferKit.Tests.Training;

/// <summary>Keeps what is logged.</summary>
internal sealed class Log : ILogger
{
    private readonly List<(LogLevel Level, string Line)> _all = [];

    public IReadOnlyList<string> Lines => Of(_ => true);

    public IReadOnlyList<string> Warnings => Of(level => level == LogLevel.Warning);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        lock (_all)
            _all.Add((logLevel, formatter(state, exception)));
    }

    private List<string> Of(Func<LogLevel, bool> isWanted)
    {
        lock (_all)
            return [.. _all.Where(one => isWanted(one.Level)).Select(one => one.Line)];
    }
}
