using System.Text.Json;

namespace TransferKit;

/// <summary>
/// What a run's server hasn't got yet, in order; also in a file, if there is one: a line of JSON for the run, and one for each
/// entry. Safe to use by several threads.
/// </summary>
internal sealed class MlflowOutbox
{
    private const int MostMetrics = 1000, MostParams = 100, MostTogether = 1000;

    private readonly Lock _lock = new();
    private readonly string? _file;
    private readonly Queue<MlflowEntry> _entries = new();

    /// <summary>Of a new run. A file that is there is replaced.</summary>
    /// <exception cref="IOException">The file can't be written.</exception>
    public MlflowOutbox(string? file, MlflowRun run)
    {
        (_file, Run) = (file, run);
        Rewrite();
    }

    private MlflowOutbox(string file, MlflowRun run, IEnumerable<MlflowEntry> entries) =>
        (_file, Run, _entries) = (file, run, new(entries));

    /// <summary>The run, with all that it has been told, sent or not.</summary>
    public MlflowRun Run { get; private set; }

    /// <summary>How many entries aren't sent.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>What an earlier process left; null: there is no file.</summary>
    /// <exception cref="IOException">The file can't be read.</exception>
    /// <exception cref="JsonException">It is something else.</exception>
    public static MlflowOutbox? Read(string file)
    {
        if (!File.Exists(file))
            return null;
        var lines = File.ReadAllLines(file);
        var run = JsonSerializer.Deserialize(lines.FirstOrDefault(""), MlflowJson.Default.MlflowRun)
            ?? throw new JsonException("It holds no run.");
        var entries = new List<MlflowEntry>();
        foreach (var line in lines.Skip(1))
        {
            try
            {
                entries.Add(JsonSerializer.Deserialize(line, MlflowJson.Default.MlflowEntry)!);
            }
            catch (JsonException) when (ReferenceEquals(line, lines[^1]))
            {
                // Its process was killed while it wrote that. The run will come there again.
            }
        }
        return new MlflowOutbox(file, entries.Aggregate(run, (known, entry) => known.With(entry)), entries);
    }

    /// <summary>Appends an entry.</summary>
    /// <exception cref="IOException">The file can't be written.</exception>
    public void Add(MlflowEntry entry)
    {
        lock (_lock)
        {
            _entries.Enqueue(entry);
            Run = Run.With(entry);
            if (_file is not null)
                File.AppendAllText(_file, Line(entry));
        }
    }

    /// <summary>The first entries, as many as one call takes; empty: all are sent.</summary>
    public IReadOnlyList<MlflowEntry> Next()
    {
        var (next, metrics, texts) = (new List<MlflowEntry>(), 0, 0);
        lock (_lock)
        {
            foreach (var entry in _entries)
            {
                (metrics, texts) = (metrics + entry.Metrics.Count, texts + entry.Params.Count);
                var fits = metrics <= MostMetrics && texts <= MostParams && metrics + texts <= MostTogether;
                // A change of the run's status is a call of its own.
                if (next.Count > 0 && (!fits || entry.Status is not null || next[0].Status is not null))
                    break;
                next.Add(entry);
            }
        }
        return next;
    }

    /// <summary>The first entries have been sent.</summary>
    public void Remove(int count)
    {
        lock (_lock)
        {
            for (var i = 0; i < count; i++)
                _entries.Dequeue();
            Rewrite();
        }
    }

    /// <summary>The server knows the run by now.</summary>
    public void Name(string id)
    {
        lock (_lock)
        {
            Run = Run with { Id = id };
            Rewrite();
        }
    }

    private void Rewrite()
    {
        if (_file is null)
            return;
        var lines = _entries.Select(Line).Prepend(JsonSerializer.Serialize(Run, MlflowJson.Default.MlflowRun) + "\n");
        AtomicFile.Write(_file, stream =>
        {
            using var writer = new StreamWriter(stream, leaveOpen: true);
            foreach (var line in lines)
                writer.Write(line);
        });
    }

    private static string Line(MlflowEntry entry) => JsonSerializer.Serialize(entry, MlflowJson.Default.MlflowEntry) + "\n";
}
