using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace TransferKit.Tests.Distributed;

/// <summary>Ranks that are threads of this process.</summary>
internal sealed class ThreadGroup : ProcessGroup
{
    private readonly Meeting _meeting;

    private ThreadGroup(Meeting meeting, int rank) => (_meeting, Rank) = (meeting, rank);

    public override int Rank { get; }

    public override int Size => _meeting.Parts.Length;

    /// <summary>Runs the same on every rank.</summary>
    /// <param name="size">The number of ranks; 1: the process alone.</param>
    /// <param name="work">What a rank does.</param>
    /// <param name="sumsLate">Whether sums are made as GPUs do: begun at once, and done when somebody needs them.</param>
    /// <param name="obstacle">Why GPUs don't sum.</param>
    /// <returns>What each of them gave, or failed with, in the order of ranks.</returns>
    public static Outcome<T>[] Try<T>(int size, Func<ProcessGroup, T> work, bool sumsLate = false, string? obstacle = null)
    {
        var meeting = new Meeting(size) { Late = sumsLate ? new Meeting(size) : null, Obstacle = obstacle };
        var outcomes = new Outcome<T>[size];
        var threads = Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            ProcessGroup group = size == 1 ? Alone : new ThreadGroup(meeting, rank);
            try
            {
                outcomes[rank] = new(work(group), null);
            }
#pragma warning disable CA1031 // What a rank fails with is what the test looks at.
            catch (Exception error)
#pragma warning restore CA1031
            {
                outcomes[rank] = new(default, error);
            }
            if (size > 1)
                group.Leave();
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return outcomes;
    }

    /// <inheritdoc cref="Try"/>
    public static T[] Run<T>(int size, Func<ProcessGroup, T> work, bool sumsLate = false, string? obstacle = null) =>
        Array.ConvertAll(Try(size, work, sumsLate, obstacle), outcome =>
        {
            if (outcome.Error is { } error)
                ExceptionDispatchInfo.Throw(error);
            return outcome.Result!;
        });

    internal override DeviceSums? SumsOn(torch.Device device, out string? obstacle)
    {
        obstacle = _meeting.Obstacle;
        return _meeting.Late is { } late ? new LateSums(new ThreadGroup(late, Rank)) : null;
    }

    internal override void AllGather(ReadOnlySpan<byte> own, Span<byte> all)
    {
        var length = own.Length;
        var target = all;
        foreach (var (rank, part) in Meet(own.ToArray()).Index())
            ((byte[])part).CopyTo(target.Slice(rank * length, length));
    }

    internal override void AllReduce(Span<float> values)
    {
        var parts = Meet(values.ToArray());
        values.Clear();
        foreach (float[] part in parts)
            for (var i = 0; i < values.Length; i++)
                values[i] += part[i];
    }

    internal override void AllReduce(Span<double> values)
    {
        var parts = Meet(values.ToArray());
        values.Clear();
        foreach (double[] part in parts)
            for (var i = 0; i < values.Length; i++)
                values[i] += part[i];
    }

    internal override void Broadcast(Span<byte> values) => ((byte[])Meet(values.ToArray())[0]).CopyTo(values);

    /// <summary>Waits for the others, and takes what each has brought.</summary>
    private Array[] Meet(Array own)
    {
        _meeting.Parts[Rank] = own;
        Wait();
        Array[] all = [.. _meeting.Parts];
        Wait();
        return all;

        void Wait()
        {
            if (!_meeting.Barrier.SignalAndWait(TimeSpan.FromMinutes(1)))
                throw new TimeoutException("A rank waits for others that don't come.");
        }
    }

    internal sealed record Outcome<T>(T? Result, Exception? Error);

    private sealed class Meeting(int size)
    {
        public Barrier Barrier { get; } = new(size);

        public Array[] Parts { get; } = new Array[size];

        /// <summary>Where sums meet that are done late.</summary>
        public Meeting? Late { get; init; }

        public string? Obstacle { get; init; }
    }

    private sealed class LateSums(ThreadGroup group) : DeviceSums
    {
        private readonly ConcurrentQueue<torch.Tensor> _begun = [];
        private volatile bool _follows;

        public override string ToString() => "threads";

        public override void Follow() => _follows = true;

        public override void AllReduce(torch.Tensor values)
        {
            _follows.Should().BeTrue("a sum begins when its numbers are there");
            _begun.Enqueue(values);
        }

        public override void Join()
        {
            while (_begun.TryDequeue(out var values))
                group.AllReduce(MemoryMarshal.Cast<byte, float>(values.bytes));
        }
    }
}
