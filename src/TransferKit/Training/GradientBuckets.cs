using TorchSharp;

namespace TransferKit;

/// <summary>
/// The layers that train, cut into parts, whose gradients are final one after the other, the last layers' first. They are summed
/// over all ranks while the backward pass goes on, as PyTorch's DistributedDataParallel does (Li et al., 2020).
/// </summary>
internal sealed class GradientBuckets : IDisposable
{
    // Large enough that latency doesn't count, small enough that most of it is underway when the backward pass ends.
    private const long LeastBytes = 4 << 20;

    private readonly ProcessGroup _group;
    private readonly DeviceSums? _gpus;
    private readonly List<Bucket> _buckets = [];

    /// <param name="group">All ranks.</param>
    /// <param name="layers">The layers that train, in running order.</param>
    /// <param name="starts">
    /// Layers, by number, that a part begins with whatever it takes, unless nothing in front of them trains.
    /// </param>
    /// <param name="gpus">What sums gradients on GPUs; null: they are summed in the host's memory.</param>
    /// <param name="leastBytes">What the gradients of a part take together, but for those of the first layers.</param>
    public GradientBuckets(ProcessGroup group, IReadOnlyList<Layer> layers, IReadOnlyCollection<int> starts,
        DeviceSums? gpus = null, long leastBytes = LeastBytes)
    {
        (_group, _gpus) = (group, gpus);
        var (end, bytes) = (layers.Count, 0L);
        for (var first = layers.Count - 1; first > 0; first--)
        {
            bytes += TrainedBy([layers[first]]).Sum(weight => weight.Count) * sizeof(float);
            var isFull = group.Size > 1 && bytes >= leastBytes;
            if (!(isFull || starts.Contains(first)) || !TrainedBy(layers.Take(first)).Any())
                continue;
            _buckets.Insert(0, new Bucket([.. layers.Take(end).Skip(first)]));
            (end, bytes) = (first, 0);
        }
        _buckets.Insert(0, new Bucket([.. layers.Take(end)]));
        // The gradient of a weight that several parts use is final when the first of them is through.
        var taken = new HashSet<Weight>();
        foreach (var bucket in _buckets)
            bucket.Weights = [.. TrainedBy(bucket.Layers).Where(taken.Add).Select(weight => weight.Value)];
    }

    /// <summary>The parts, in running order.</summary>
    public IEnumerable<IReadOnlyList<Layer>> Parts => _buckets.Select(bucket => bucket.Layers);

    /// <summary>1 for every weight that has a gradient, else 0: to be summed over all ranks.</summary>
    public IEnumerable<double> Presence =>
        _buckets.SelectMany(bucket => bucket.Weights).Select(weight => weight.grad is null ? 0.0 : 1);

    /// <summary>Begins to sum the gradients of a part, unless that has begun.</summary>
    /// <param name="part">Which part; all ranks take them from the last to the first.</param>
    public void Send(int part)
    {
        var bucket = _buckets[part];
        if (bucket.Sum is not null || _group.Size == 1)
            return;
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        bucket.Values = torch.empty(bucket.Weights.Sum(weight => weight.numel()),
            device: _gpus is not null && bucket.Weights is [var any, ..] ? any.device : torch.CPU).DetachFromDisposeScope();
        foreach (var (weight, room) in bucket.Weights.Zip(bucket.Rooms()))
            if (weight.grad is { } gradient)
                room.copy_(gradient);
            else
                room.zero_();
        bucket.Sum = bucket.Weights.Count == 0 ? Task.CompletedTask : _group.SumAsync(bucket.Values, _gpus);
    }

    /// <summary>Begins to sum the gradients of all parts for which that hasn't begun.</summary>
    public void Send()
    {
        for (var part = _buckets.Count - 1; part >= 0; part--)
            Send(part);
    }

    /// <summary>Waits for the sums, and makes them the weights' gradients.</summary>
    /// <param name="presence">On how many ranks each weight has a gradient; on none: it gets none.</param>
    public void Collect(ReadOnlySpan<double> presence)
    {
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var number = 0;
        foreach (var bucket in _buckets)
        {
            Collectives.Wait(bucket.Sum!);
            _gpus?.Join();
            foreach (var (weight, room) in bucket.Weights.Zip(bucket.Rooms()))
                if (presence[number++] > 0)
                    // On the same device the sum's memory is the gradient's from now on, and then perhaps the momentum's.
                    weight.grad = room.SendTo(weight.device);
            bucket.Forget();
        }
    }

    public void Dispose()
    {
        // What is being summed mustn't go; on GPUs, memory goes in the order in which libtorch computes.
        _buckets.ForEach(bucket => bucket.Sum?.ContinueWith(static _ => { }, TaskScheduler.Default).Wait());
        if (_buckets.Exists(bucket => bucket.Sum is not null))
            _gpus?.Join();
        _buckets.ForEach(bucket => bucket.Forget());
    }

    private static IEnumerable<Weight> TrainedBy(IEnumerable<Layer> layers) =>
        layers.SelectMany(layer => layer.NamedWeights()).Select(found => found.Weight)
            .Where(weight => weight.IsTrainable).Distinct();

    private sealed record Bucket(IReadOnlyList<Layer> Layers)
    {
        public IReadOnlyList<torch.Tensor> Weights { get; set; } = [];

        /// <summary>The gradients, one after the other; null: nothing is summed.</summary>
        public torch.Tensor? Values { get; set; }

        public Task? Sum { get; set; }

        /// <summary>Where the gradient of each weight is, laid out in memory as the weight.</summary>
        public IEnumerable<torch.Tensor> Rooms()
        {
            var offset = 0L;
            foreach (var weight in Weights)
            {
                yield return Values!.as_strided(weight.shape, weight.stride(), offset);
                offset += weight.numel();
            }
        }

        public void Forget()
        {
            Values?.Dispose();
            (Values, Sum) = (null, null);
        }
    }
}
