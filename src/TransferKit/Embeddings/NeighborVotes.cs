using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// Classifies vectors by those that are most like them: each of the nearest votes for its class with <c>exp(cosine / T)</c> (Wu
/// et al., 2018; Caron et al., 2021).
/// </summary>
internal sealed class NeighborVotes : IDisposable
{
    /// <summary>Vectors that are compared with all others at a time.</summary>
    private const int Rows = 256;

    /// <summary>The share of a class that has no vote, which a logarithm needs.</summary>
    private const double LeastShare = 1e-12;

    private readonly Tensor _known, _classes;
    private readonly int _classCount, _neighbors;
    private readonly double _temperature;

    /// <param name="known">Vectors whose classes are known.</param>
    /// <param name="labels">The class of each.</param>
    /// <param name="classCount">How many classes there are.</param>
    /// <param name="neighbors">How many vote, at least 1; fewer where there are no more.</param>
    /// <param name="temperature">T, above 0: the lower, the more the nearest count.</param>
    public NeighborVotes(FeatureVectors known, IReadOnlyList<int> labels, int classCount, int neighbors, double temperature)
    {
        (_classCount, _neighbors, _temperature) = (classCount, neighbors, temperature);
        _known = known.ToDirections();
        _classes = tensor([.. labels.Select(label => (long)label)]);
    }

    /// <summary>The logarithms of each class's share of the votes, float32 <c>[rows, classes]</c>, some rows at a time.</summary>
    /// <param name="vectors">The vectors to classify.</param>
    /// <param name="areKnown">Whether they are the known ones themselves, of which each is classified by the others.</param>
    public IEnumerable<(int First, Tensor Logits)> Of(FeatureVectors vectors, bool areKnown)
    {
        using var directions = vectors.ToDirections();
        for (var first = 0; first < vectors.Count; first += Rows)
        {
            using var some = directions.narrow(0, first, Math.Min(Rows, vectors.Count - first));
            yield return (first, Vote(some, areKnown ? first : null));
        }
    }

    public void Dispose()
    {
        _known.Dispose();
        _classes.Dispose();
    }

    private Tensor Vote(Tensor directions, int? firstKnown)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var cosines = directions.matmul(_known.t());
        var others = _known.shape[0];
        if (firstKnown is { } first)
        {
            cosines.diagonal(first, 0, 1).Fill(double.NegativeInfinity);
            others--;
        }

        var (nearest, places) = cosines.topk((int)Math.Min(_neighbors, others), dim: 1);
        // Shares are the same whatever is subtracted, and no exponential overflows.
        var votes = (nearest - nearest.amax([1], keepdim: true)).Divide(_temperature).exp();
        var labels = _classes.index_select(0, places.flatten()).view_as(places);
        var counted = zeros(directions.shape[0], _classCount).scatter_add_(1, labels, votes);
        var shares = counted / counted.sum(1, keepdim: true);
        return shares.ClampMin(LeastShare).log().MoveToOuterDisposeScope();
    }
}
