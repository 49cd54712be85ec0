using System.Globalization;
using System.Text;

namespace TransferKit;

/// <summary>Backbones beside each other, on some samples. A value.</summary>
public sealed record BackboneComparison
{
    internal BackboneComparison()
    {
    }

    /// <summary>All that were compared, the most accurate first, and of equals the quickest.</summary>
    public required IReadOnlyList<ComparedBackbone> Backbones
    {
        get;
        init => field = [.. value.OrderByDescending(one => one.Score.Share).ThenBy(one => one.Latency)];
    }

    /// <summary>
    /// Usual candidates that were left out, as their weights aren't here; see <see cref="ComparisonOptions.Download"/>.
    /// </summary>
    public required IReadOnlyList<ComparisonCandidate> LeftOut { get; init; }

    /// <summary>Candidates that couldn't be had or run, and why.</summary>
    public required IReadOnlyList<FailedCandidate> Failed { get; init; }

    /// <summary>Those that no other one is at least as accurate and as quick as: the Pareto front, the quickest first.</summary>
    public IReadOnlyList<ComparedBackbone> Front
    {
        get
        {
            var front = new List<ComparedBackbone>();
            foreach (var one in Backbones.OrderBy(one => one.Latency).ThenByDescending(one => one.Score.Share))
                if (front.Count == 0 || one.Score.Share > front[^1].Score.Share)
                    front.Add(one);
            return front;
        }
    }

    /// <summary>What could be compared: the usual candidates, and what of their weights would have to be downloaded.</summary>
    public static IReadOnlyList<ComparisonCandidate> Candidates => ComparisonCandidate.OfZoo();

    /// <summary>The most accurate backbone within limits; of equals the quickest.</summary>
    /// <param name="maxLatency">The time that one picture may take on this machine; null: any.</param>
    /// <param name="maxBytes">The size that the weights may have, in bytes; null: any.</param>
    /// <exception cref="InvalidOperationException">None is so quick and small; the message names the nearest.</exception>
    public ComparedBackbone Best(TimeSpan? maxLatency = null, long? maxBytes = null) =>
        Backbones.FirstOrDefault(one => !(one.Latency > maxLatency) && !(one.Bytes > maxBytes))
        ?? throw new InvalidOperationException("No backbone keeps to the limits. The quickest is "
            + $"{Backbones.MinBy(one => one.Latency)}; the smallest is {Backbones.MinBy(one => one.Bytes)}.");

    /// <summary>Draws accuracy over time, with the 95 % intervals, and the front as a line.</summary>
    public LineChart Chart()
    {
        List<ComparedBackbone> front = [.. Front], others = [.. Backbones.Except(front)];
        var lines = new List<ChartLine> { Line("the best for their time", front, isScatter: false) };
        if (others.Count > 0)
            lines.Add(Line("others", others, isScatter: true));
        return new LineChart
        {
            Title = $"{Backbones.Count} backbones, {(Backbones[0].FineTuned is null ? "linear probes" : "fine-tuned")}",
            XLabel = "ms a picture",
            YLabel = "accuracy",
            LogarithmicX = true,
            Lines = lines,
        };

        static ChartLine Line(string name, List<ComparedBackbone> backbones, bool isScatter) =>
            new(name, [.. backbones.Select(one => (one.Latency.TotalMilliseconds, one.Score.Share))])
            {
                IsScatter = isScatter,
                PointNames = [.. backbones.Select(one => one.Name)],
                Intervals = [.. backbones.Select(one => (one.Score.Interval.Low, one.Score.Interval.High))],
            };
    }

    /// <summary>A table; an asterisk marks the front. Below it, what is missing.</summary>
    public override string ToString()
    {
        var front = Front.ToHashSet();
        var isTuned = Backbones.Any(one => one.FineTuned is not null);
        var rows = new List<string[]>
        {
            (string[])
            [
                "", "backbone", "accuracy", "95 %", .. isTuned ? (string[])["fine-tuned", "95 %"] : [], "ms/picture", "MiB",
                "parameters", "memory, MiB", "px",
            ],
        };
        rows.AddRange(Backbones.Select(one => (string[])
        [
            front.Contains(one) ? "*" : "", one.Name, .. Cells(one.Probe), .. isTuned ? Cells(one.FineTuned) : [],
            Number(one.Latency.TotalMilliseconds, "F1"), Number(MiB(one.Bytes), "F1"), Number(one.Parameters, "N0"),
            Number(MiB(one.MemoryBytes), "F0"), $"{one.ImageSize}",
        ]));
        var text = new StringBuilder(TextTable.Of(rows, leftColumns: 2));
        if (LeftOut.Count > 0)
            text.Append("\nLeft out, as their weights aren't here (set Download; ")
                .Append(CultureInfo.InvariantCulture, $"{LeftOut.Sum(one => one.DownloadMiB):F0} MiB): ")
                .AppendJoin(", ", LeftOut.Select(one => one.Name));
        foreach (var failed in Failed)
            text.Append('\n').Append(failed);
        return text.ToString();

        static string[] Cells(CorrectCount? count) =>
            count is null ? ["", ""] : [Number(count.Share, "F4"), $"{count.Interval}"];

        static double MiB(long bytes) => bytes / (double)(1 << 20);

        static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
    }
}

/// <summary>A candidate that couldn't be compared.</summary>
/// <param name="Plan">The backbone with its weights.</param>
/// <param name="Error">Why: its weights can't be had, or it can't take the samples.</param>
public sealed record FailedCandidate(TransferPlan Plan, Exception Error)
{
    /// <summary>The backbone and the reason.</summary>
    public override string ToString() => $"{Plan.Model}: {Error.Message}";
}
