using TorchSharp;

namespace TransferKit;

/// <summary>
/// Where random layers and new weights draw from: a generator of the run that is under way on this thread, so that runs beside
/// each other don't disturb one another, nor the program's own numbers. Without one, from libtorch's, which all share.
/// </summary>
internal static class RandomSource
{
    private static readonly Lock Shared = new();

    [ThreadStatic]
    private static torch.Generator? _current;

    [ThreadStatic]
    private static BatchRows? _rows;

    /// <summary>Lets this thread draw from a new generator until the scope ends.</summary>
    /// <param name="seed">What its numbers depend on, and nothing else.</param>
    public static Scope Seeded(long seed) => new(seed, rows: null);

    /// <inheritdoc cref="Seeded(long)"/>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="key">The epoch.</param>
    /// <param name="subkey">The batch.</param>
    /// <param name="rows">Which of its samples this thread computes with, where others have the rest; null: all.</param>
    public static Scope Seeded(int seed, int key, int subkey, BatchRows? rows = null) =>
        new(new SeededRandom(seed, key, subkey).Next(int.MaxValue), rows);

    /// <summary>The state of what this thread draws from within a <see cref="Scope"/>; the caller disposes it.</summary>
    public static torch.Tensor State() => _current!.get_state();

    /// <summary>Lets this thread draw once more what it has drawn since then.</summary>
    /// <param name="state">A <see cref="State"/> of the same generator.</param>
    public static void Restore(torch.Tensor state) => _current!.set_state(state);

    /// <summary>What dropout multiplies with: 0, or 1 / keep with the probability <paramref name="keep"/>.</summary>
    /// <param name="shape">Its sizes, outermost first.</param>
    /// <param name="keep">In <c>(0, 1]</c>.</param>
    /// <param name="like">Has its device and type.</param>
    /// <returns>The caller disposes it.</returns>
    public static torch.Tensor Mask(ReadOnlySpan<long> shape, double keep, torch.Tensor like)
    {
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        using var scale = torch.tensor((float)(1 / keep));
        // TorchSharp has generators of the CPU alone.
        var device = _current is null ? like.device : torch.CPU;
        // What samples draw mustn't depend on which process they are in: it is drawn for the whole batch.
        var each = _rows is { } known ? shape[0] / known.Count : 0;
        long[] whole = _rows is { } rows ? [each * rows.Whole, .. shape[1..]] : [.. shape];
        var mask = torch.empty(whole, dtype: like.dtype, device: device).bernoulli_(keep, _current);
        if (_rows is { } own)
            mask = mask.narrow(0, each * own.First, each * own.Count);
        return mask.mul_(scale.to(like.dtype).to(device)).SendTo(like.device).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Runs what can draw from libtorch's own generators alone, the CPU's of which has this thread's numbers for that time.
    /// </summary>
    public static T Lend<T>(Func<T> draw)
    {
        lock (Shared)
        {
            if (_current is not { } current)
                return draw();
            using var shared = torch.Generator.Default;
            using var theirs = shared.get_state();
            using var lent = current.get_state();
            shared.set_state(lent);
            if (torch.cuda.is_available())
                torch.cuda.manual_seed_all(current.initial_seed());
            try
            {
                return draw();
            }
            finally
            {
                using var reached = shared.get_state();
                current.set_state(reached);
                shared.set_state(theirs);
            }
        }
    }

    /// <summary>A time in which a thread draws from a generator of its own.</summary>
    internal sealed class Scope : IDisposable
    {
        private readonly torch.Generator? _before = _current;
        private readonly BatchRows? _rowsBefore = _rows;
        private readonly torch.Generator _own;

        public Scope(long seed, BatchRows? rows)
        {
            _current = new torch.Generator(unchecked((ulong)seed));
            (_own, _rows) = (_current, rows);
        }

        public void Dispose()
        {
            (_current, _rows) = (_before, _rowsBefore);
            _own.Dispose();
        }
    }
}
