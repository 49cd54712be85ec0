using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;

namespace TransferKit;

/// <summary>What ranks do together.</summary>
internal enum Collective
{
    Sum,
    SumDoubles,
    Gather,
    Broadcast,
    Fail,
    Leave,
}

/// <summary>
/// Everything that a rank exchanges with others, on one thread and in the order in which it was asked for. Before each exchange
/// the ranks tell each other what they are about to do: so a rank that fails is heard by all the others wherever they are, and
/// ranks that have come apart say so and don't wait for each other.
/// </summary>
internal sealed class Collectives
{
    private const int LongestMessage = 4096;

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);

    private readonly ProcessGroup _group;
    private readonly BlockingCollection<(Action Work, TaskCompletionSource Done)> _queue = [];
    private readonly Thread _thread;
    private DistributedException? _broken;
    private bool _canGoOn;

    public Collectives(ProcessGroup group)
    {
        _group = group;
        _thread = new Thread(Work) { IsBackground = true, Name = $"Rank {group.Rank}" };
        _thread.Start();
    }

    /// <summary>Waits for an exchange, and throws what it failed with.</summary>
    public static void Wait(Task task) => task.GetAwaiter().GetResult();

    /// <summary>Begins an exchange that all ranks make with the same length.</summary>
    public Task Run(Collective kind, long length, Action exchange) => Add(() =>
    {
        Agree(kind, length, failure: null);
        exchange();
    });

    /// <summary>Begins an exchange of which each rank is told how long the others' parts are.</summary>
    public Task Run(Collective kind, long length, Action<long[]> exchange) =>
        Add(() => exchange(Agree(kind, length, failure: null)));

    /// <summary>Tells the others that this rank has failed; where all say so, they may go on.</summary>
    /// <param name="message">Why.</param>
    /// <param name="canGoOn">Whether it can make other exchanges after that, and so can the others.</param>
    public Task Fail(string message, bool canGoOn) => Add(() => Agree(Collective.Fail, canGoOn ? 1 : 0, message));

    /// <summary>
    /// Whether exchanges go on: nothing has failed, or only what all ranks know of, and after which all of them go on. To be
    /// asked by all ranks.
    /// </summary>
    public bool TryGoOn()
    {
        if (_canGoOn)
            (_broken, _canGoOn) = (null, false);
        return _broken is null;
    }

    /// <summary>Tells the others that this rank makes no more exchanges, and ends the thread.</summary>
    public void Leave()
    {
        var left = Add(() => Agree(Collective.Leave, 0, "it has ended, while others had not."));
        _queue.CompleteAdding();
        _thread.Join();
        // What went wrong is the others' to say.
        _ = left.Exception;
    }

    private Task Add(Action work)
    {
        // Who waits mustn't go on upon this thread.
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Add((work, done));
        return done.Task;
    }

    private void Work()
    {
        while (!_queue.IsCompleted)
        {
            if (!_queue.TryTake(out var next, Beat))
            {
                if (_broken is null)
                    _group.KeepAlive();
                continue;
            }
            try
            {
                if (_broken is not null)
                    throw _broken;
                next.Work();
                next.Done.SetResult();
            }
#pragma warning disable CA1031 // It belongs to who waits, and not to this thread.
            catch (Exception error)
#pragma warning restore CA1031
            {
                _broken ??= error as DistributedException ?? new DistributedException(_group.Rank, error.Message);
                next.Done.SetException(error);
            }
            if (_broken is not null)
                _group.Break();
        }
    }

    /// <summary>Makes sure that all ranks are about to do the same.</summary>
    /// <returns>The length that each of them says.</returns>
    /// <exception cref="DistributedException">They aren't, or one has failed.</exception>
    private long[] Agree(Collective kind, long length, string? failure)
    {
        var intents = new Intent[_group.Size];
        ReadOnlySpan<Intent> own = [new Intent { Kind = kind, Length = length }];
        _group.AllGather(MemoryMarshal.AsBytes(own), MemoryMarshal.AsBytes(intents.AsSpan()));
        var ended = Array.FindIndex(intents, intent => intent.Kind is Collective.Fail or Collective.Leave);
        if (ended < 0)
        {
            if (Array.FindIndex(intents, other => other.Kind != intents[0].Kind
                || (other.Length != intents[0].Length && kind != Collective.Gather)) is >= 0 and var rank)
                throw new DistributedException(rank, $"{_group.NameOf(rank)} has come apart from the others: it "
                    + $"{intents[rank]}, while rank 0 {intents[0]}. All ranks have to make the same calls in the same order.");
            return Array.ConvertAll(intents, intent => intent.Length);
        }
        if (Array.TrueForAll(intents, intent => intent.Kind is Collective.Fail or Collective.Leave))
            return [];
        var reason = ReasonOf(ended, failure);
        _canGoOn = !Array.Exists(intents, intent => intent is { Kind: Collective.Leave } or { Kind: Collective.Fail, Length: 0 });
        _broken = new DistributedException(ended, $"{_group.NameOf(ended)} has failed: {reason}");
        return failure is null ? throw _broken : [];
    }

    private string ReasonOf(int rank, string? failure)
    {
        var (own, all) = (new byte[LongestMessage], new byte[LongestMessage * _group.Size]);
        Encoding.UTF8.GetEncoder().Convert(failure ?? "", own, flush: true, out _, out _, out _);
        _group.AllGather(own, all);
        return Encoding.UTF8.GetString(all, rank * LongestMessage, LongestMessage).TrimEnd('\0');
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Intent
    {
        public Collective Kind;
        public long Length;

        public override readonly string ToString() => Kind switch
        {
            Collective.Sum => $"sums {Length} gradients",
            Collective.SumDoubles => $"sums {Length} numbers",
            Collective.Gather => "collects what ranks found",
            _ => $"takes {Length} bytes from rank 0",
        };
    }
}
