using System.Runtime.InteropServices;
using TorchSharp;

namespace TransferKit;

/// <summary>
/// Processes that run the same program and train one model together, each on its share of every batch; set as <see
/// cref="TrainingOptions.Distributed"/>. All of them make the same calls in the same order. What one of them fails with, the
/// others fail with too.
/// </summary>
public abstract class ProcessGroup
{
    private readonly Lazy<Collectives> _collectives;
    private Exception? _told;

    internal ProcessGroup() => _collectives = new(() => new Collectives(this));

    /// <summary>A group of this process alone.</summary>
    public static ProcessGroup Alone { get; } = new SingleProcess();

    /// <summary>
    /// Which of the processes this one is, in <c>[0, Size)</c>. Rank 0 logs, is watched and writes checkpoints.
    /// </summary>
    public abstract int Rank { get; }

    /// <summary>The number of processes, at least 1.</summary>
    public abstract int Size { get; }

    /// <summary>
    /// Which of the processes on its host this one is, counted from 0: the number of the GPU that is its own, where each has one.
    /// </summary>
    public virtual int LocalRank => Rank;

    /// <summary><c>rank 1 of 4</c></summary>
    public override string ToString() => $"rank {Rank} of {Size}";

    /// <summary>What a rank is called in messages.</summary>
    internal virtual string NameOf(int rank) => $"Rank {rank} of {Size}";

    /// <summary>Collects as many bytes from every rank, in the order of ranks.</summary>
    internal abstract void AllGather(ReadOnlySpan<byte> own, Span<byte> all);

    /// <summary>Sums numbers over all ranks, which get the same bits.</summary>
    internal abstract void AllReduce(Span<float> values);

    /// <inheritdoc cref="AllReduce(Span{float})"/>
    internal abstract void AllReduce(Span<double> values);

    /// <summary>Gives all ranks the bytes of rank 0.</summary>
    internal abstract void Broadcast(Span<byte> values);

    /// <summary>Called again and again while nothing is exchanged.</summary>
    internal virtual void KeepAlive()
    {
    }

    /// <summary>
    /// Where the ranks' GPUs sum what lies on them, without the host's memory. To be asked by all ranks, which then do the same.
    /// </summary>
    /// <param name="device">Where this rank computes.</param>
    /// <param name="obstacle">Why they don't though there are some, if that wasn't said before.</param>
    /// <returns>null: they don't.</returns>
    internal virtual DeviceSums? SumsOn(torch.Device device, out string? obstacle)
    {
        obstacle = null;
        return null;
    }

    /// <summary>Ends all ranks soon, as one can't go on and the others would wait for it.</summary>
    /// <param name="reason">Why, said by this rank.</param>
    internal virtual void EndAll(string reason)
    {
    }

    /// <summary>Called when the ranks have come apart: what GPUs still sum may never be done.</summary>
    internal virtual void Break()
    {
    }

    /// <summary>Begins to be alive for others, and to watch whether they are.</summary>
    internal void Enter() => _ = _collectives.Value;

    /// <summary>Ends what <see cref="Enter"/> began; waits for the others, who may fail by it.</summary>
    internal void Leave() => _collectives.Value.Leave();

    /// <summary>Begins to sum numbers over all ranks, in their place.</summary>
    /// <param name="values">float32, contiguous; not to be touched until the task is done.</param>
    /// <param name="gpus">
    /// By whom, where they lie on GPUs; the task is then done when the sum has begun, and <see cref="DeviceSums.Join"/> waits for
    /// it. Null: they lie on the CPU.
    /// </param>
    internal Task SumAsync(torch.Tensor values, DeviceSums? gpus = null)
    {
        if (Size == 1)
            return Task.CompletedTask;
        gpus?.Follow();
        return _collectives.Value.Run(Collective.Sum, values.numel(), () =>
        {
            if (gpus is null)
                AllReduce(MemoryMarshal.Cast<byte, float>(values.bytes));
            else
                gpus.AllReduce(values);
        });
    }

    /// <summary>Sums numbers over all ranks, in their place.</summary>
    internal void Sum(double[] values)
    {
        if (Size > 1)
            Collectives.Wait(_collectives.Value.Run(Collective.SumDoubles, values.Length, () => AllReduce(values)));
    }

    /// <summary>Collects bytes, of any number, from every rank.</summary>
    /// <returns>Those of each rank, in the order of ranks.</returns>
    internal byte[][] Gather(byte[] own)
    {
        if (Size == 1)
            return [own];
        byte[][] parts = [];
        Collectives.Wait(_collectives.Value.Run(Collective.Gather, own.Length, lengths => parts = GatherPadded(own, lengths)));
        return parts;
    }

    /// <summary>Gives all ranks the bytes of rank 0.</summary>
    /// <param name="bytes">On rank 0, the bytes; elsewhere, anything.</param>
    internal byte[] Broadcast(byte[] bytes)
    {
        if (Size == 1)
            return bytes;
        var length = new byte[sizeof(int)];
        if (Rank == 0)
            MemoryMarshal.Write(length, bytes.Length);
        Collectives.Wait(_collectives.Value.Run(Collective.Broadcast, length.Length, () => Broadcast(length.AsSpan())));
        var values = Rank == 0 ? bytes : new byte[MemoryMarshal.Read<int>(length)];
        Collectives.Wait(_collectives.Value.Run(Collective.Broadcast, values.Length, () => Broadcast(values.AsSpan())));
        return values;
    }

    /// <summary>Gives all ranks the values of a tensor of rank 0.</summary>
    internal void Broadcast(torch.Tensor tensor)
    {
        if (Size == 1)
            return;
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var values = tensor.detach().cpu().contiguous();
        var length = values.numel() * values.element_size();
        Collectives.Wait(_collectives.Value.Run(Collective.Broadcast, length, () => Broadcast(values.bytes)));
        tensor.copy_(values);
    }

    /// <summary>Runs what all ranks have to do together: where one fails, all do.</summary>
    /// <exception cref="DistributedException">Another rank failed.</exception>
    internal T Together<T>(Func<T> work)
    {
        if (Size == 1)
            return work();
        try
        {
            return work();
        }
        catch (Exception error) when (error is not DistributedException && !ReferenceEquals(error, _told))
        {
            // Where this is within another such call, the others know it then.
            _told = error;
            Collectives.Wait(_collectives.Value.Fail(error.Message, IsOfWork(error)));
            throw;
        }
    }

    /// <summary>Whether it was the work that failed, and other work may be done after it.</summary>
    internal static bool IsOfWork(Exception error) =>
        error is TransferKitException or ArgumentException or InvalidOperationException;

    /// <summary>Whether the group goes on after work that failed, be it on one rank alone; to be asked by all.</summary>
    internal bool TryGoOn() => Size == 1 || _collectives.Value.TryGoOn();

    /// <inheritdoc cref="Together{T}"/>
    internal void Together(Action work) => Together(() =>
    {
        work();
        return true;
    });

    private byte[][] GatherPadded(byte[] own, long[] lengths)
    {
        var longest = checked((int)lengths.Max());
        var (padded, all) = (new byte[longest], new byte[checked(longest * Size)]);
        own.CopyTo(padded, 0);
        AllGather(padded, all);
        return [.. lengths.Select((length, rank) => all.AsSpan(rank * longest, (int)length).ToArray())];
    }

    private sealed class SingleProcess : ProcessGroup
    {
        public override int Rank => 0;

        public override int Size => 1;

        internal override void AllGather(ReadOnlySpan<byte> own, Span<byte> all) => own.CopyTo(all);

        internal override void AllReduce(Span<float> values)
        {
        }

        internal override void AllReduce(Span<double> values)
        {
        }

        internal override void Broadcast(Span<byte> values)
        {
        }
    }
}
