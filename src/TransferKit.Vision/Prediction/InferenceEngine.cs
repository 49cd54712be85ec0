namespace TransferKit.Vision;

/// <summary>
/// What a <see cref="Predictor"/> computes with: a network that does nothing but infer, and what its outputs mean. Safe to use by
/// several threads at once. What is at work when it is disposed is finished first.
/// </summary>
/// <remarks>
/// A predictor touches nothing of TorchSharp itself: where another engine computes, programs run without libtorch.
/// </remarks>
internal abstract class InferenceEngine : IDisposable
{
    private readonly Lock _gate = new();
    private int _users;
    private bool _disposed;

    /// <summary>The names of the outputs.</summary>
    public abstract IReadOnlyList<string> ClassNames { get; }

    /// <summary>What the outputs mean.</summary>
    public abstract LearningTask Task { get; }

    /// <summary>What logits are divided by before they become probabilities.</summary>
    public abstract double Temperature { get; }

    /// <summary>Computes what the network puts out: the logits of classes, or the numbers of a regression.</summary>
    /// <param name="views">What the network is to look at; it may be overwritten.</param>
    /// <returns>One row of outputs a view.</returns>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public IReadOnlyList<float[]> Run(NormalizedViews views)
    {
        if (views.Count == 0)
            return [];
        Enter();
        try
        {
            return Compute(views);
        }
        finally
        {
            Leave();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            FreeIfUnused();
        }
    }

    /// <inheritdoc cref="Run"/>
    protected abstract IReadOnlyList<float[]> Compute(NormalizedViews views);

    /// <summary>Frees what it holds; called once, when nobody computes any more.</summary>
    protected abstract void Free();

    private void Enter()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(Predictor));
            _users++;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            _users--;
            FreeIfUnused();
        }
    }

    private void FreeIfUnused()
    {
        if (_disposed && _users == 0)
            Free();
    }
}

/// <summary>Prepared pictures as an engine takes them.</summary>
/// <param name="Values">float32 <c>[Count, Height, Width, Channels]</c>, from the array's beginning; it may be longer.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Height">Height of each, in pixels.</param>
/// <param name="Width">Width of each, in pixels.</param>
/// <param name="Channels">Channels of each: 3, or 1.</param>
internal readonly record struct NormalizedViews(float[] Values, int Count, int Height, int Width, int Channels)
{
    /// <summary>How many numbers a view has.</summary>
    public int Length => Height * Width * Channels;
}
