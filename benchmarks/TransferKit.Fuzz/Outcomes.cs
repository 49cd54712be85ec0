using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace TransferKit.Fuzz;

/// <summary>What became of the damaged files.</summary>
internal sealed class Outcomes
{
    private readonly ConcurrentDictionary<string, (int Read, int Refused)> _byFile = new();
    private readonly Lock _lock = new();
    private long _slowest;
    private long _hungriest;

    public ConcurrentQueue<string> Failures { get; } = [];

    public void Count(string file, bool refused, TimeSpan time, long allocated)
    {
        _byFile.AddOrUpdate(
            file,
            _ => refused ? (0, 1) : (1, 0),
            (_, counts) => refused ? (counts.Read, counts.Refused + 1) : (counts.Read + 1, counts.Refused));
        lock (_lock)
        {
            _slowest = Math.Max(_slowest, (long)time.TotalMilliseconds);
            _hungriest = Math.Max(_hungriest, allocated);
        }
    }

    /// <summary>The result as a page of documentation.</summary>
    public string Page(int inputs, int seed, string command)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            # Fuzzing the weights readers

            `{command}` damages real and small weights files ({inputs:N0} inputs, seed {seed}) and reads them.
            Each input must end in tensors or in a one-line `WeightsException`: any other exception, a crash, an input that takes
            longer than 10 s or a process that grows by a gigabyte fails the run. The same seed makes the same inputs.

            | file | inputs | read | refused |
            |---|---|---|---|

            """);
        foreach (var (file, (read, refused)) in _byFile.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            page.AppendLine(CultureInfo.InvariantCulture, $"| {file} | {read + refused:N0} | {read:N0} | {refused:N0} |");
        var (allRead, allRefused) = (_byFile.Values.Sum(counts => counts.Read), _byFile.Values.Sum(counts => counts.Refused));
        page.AppendLine(CultureInfo.InvariantCulture, $"| all | {inputs:N0} | {allRead:N0} | {allRefused:N0} |");
        page.Append(CultureInfo.InvariantCulture, $"""

            Failures: {Failures.Count}. Slowest input: {_slowest} ms. Most managed memory for one: {_hungriest >> 20} MiB.

            "Read" are damages that leave a valid file: in the values of formats without checksums (PyTorch's old one,
            safetensors, ONNX), in names, in parts that are not looked at.

            """);
        return page.ToString();
    }
}
