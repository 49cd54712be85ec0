using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>A <see cref="WeightAverage"/> at work: a second copy of what trains, and of the buffers.</summary>
internal sealed class AveragedWeights : IDisposable
{
    private readonly WeightAverage _rule;
    private readonly List<(string Name, Tensor Live, Tensor Average)> _pairs = [];

    /// <param name="rule">How it averages.</param>
    /// <param name="weights">What is averaged: the live tensors under their state_dict keys.</param>
    public AveragedWeights(WeightAverage rule, IEnumerable<(string Name, Tensor Live)> weights)
    {
        _rule = rule;
        using var noGradient = no_grad();
        foreach (var (name, live) in weights)
            _pairs.Add((name, live, live.clone().DetachFromDisposeScope()));
    }

    /// <summary>Averages what trains in a network, and its buffers.</summary>
    public static AveragedWeights Of(WeightAverage rule, Network network) => new(rule, network.NamedWeights()
        .Where(found => found.Weight.IsTrainable || found.Weight.IsBuffer)
        .Select(found => (found.Name, found.Weight.Value)));

    /// <summary>How often the weights were averaged; at 0 it is no average yet, but the weights at the start.</summary>
    public long UpdateCount { get; set; }

    /// <summary>The averages under the weights' names: live tensors.</summary>
    public IEnumerable<(string Name, Tensor Value)> State => _pairs.Select(pair => (pair.Name, pair.Average));

    /// <summary>To be called after every step.</summary>
    public void AfterStep() => Update(_rule.Keep(UpdateCount, endOfEpoch: null));

    /// <summary>To be called after the training half of an epoch.</summary>
    /// <param name="epoch">The epoch that has ended, counted from 1.</param>
    public void AfterEpoch(int epoch) => Update(_rule.Keep(UpdateCount, epoch));

    /// <summary>
    /// Exchanges the live weights and the averages. A second call undoes the first, bit for bit; in between, nothing may be
    /// added to the average.
    /// </summary>
    public void Swap()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (_, live, average) in _pairs)
        {
            using var kept = live.clone();
            live.copy_(average);
            average.copy_(kept);
        }
    }

    public void Dispose()
    {
        foreach (var (_, _, average) in _pairs)
            average.Dispose();
    }

    private void Update(double? keep)
    {
        if (keep is not { } share)
            return;
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (_, live, average) in _pairs)
            // A counter can't be averaged.
            if (average.is_floating_point() && share > 0)
                average.MultiplyInPlace(share).AddInPlace(live, 1 - share);
            else
                average.copy_(live);
        UpdateCount++;
    }
}
