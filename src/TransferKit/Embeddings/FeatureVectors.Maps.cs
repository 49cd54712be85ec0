using TorchSharp;

namespace TransferKit;

public sealed partial class FeatureVectors
{
    /// <summary>Samples that are compared with all others at a time.</summary>
    private const int RowsAtATime = 64;

    /// <summary>
    /// Lays the samples out in two dimensions such that those that are near each other stay near: t-SNE (van der Maaten and
    /// Hinton, 2008), with the forces approximated by a tree (Barnes–Hut; van der Maaten, 2014). As scikit-learn's <c>TSNE</c>
    /// does by default: begun with the principal components, at a learning rate that follows from the number of samples, with
    /// an early exaggeration of 12 for 250 iterations and an angle of 0.5. Distances between far groups mean little. An iteration
    /// takes O(n log n), the search for neighbors before, which is exact, O(n²) of matrix products. All cores work, and the same
    /// vectors give the same map.
    /// </summary>
    /// <param name="perplexity">
    /// About how many neighbors count for a sample, at least 1; no more than a third of the other samples do. Default: 30.
    /// </param>
    /// <param name="iterations">At least 250. Default: 1000.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <returns><c>[Count, 2]</c>.</returns>
    /// <exception cref="InvalidOperationException">There are fewer than four samples, or fewer than two features.</exception>
    public float[,] TSne(double perplexity = 30, int iterations = 1000, CancellationToken cancellationToken = default)
    {
        if (!(perplexity >= 1) || double.IsInfinity(perplexity))
            throw new ArgumentOutOfRangeException(nameof(perplexity), perplexity, "A perplexity is at least 1.");
        ArgumentOutOfRangeException.ThrowIfLessThan(iterations, TransferKit.TSne.ExaggeratedIterations);
        if (Count < 4 || Features < 2)
            throw new InvalidOperationException(
                $"A map takes four samples of two features at least, and these are {Count} of {Features}.");
        return new TSne(this, Math.Min(perplexity, (Count - 1) / 3.0), cancellationToken).Run(iterations, cancellationToken);
    }

    /// <summary>
    /// How far samples that are near each other in a map are so in truth: the trustworthiness (Venna and Kaski, 2001), as
    /// scikit-learn's <c>manifold.trustworthiness</c>, by Euclidean distances. 1: all neighbors in the map are neighbors; a map
    /// at random has about 0.5.
    /// </summary>
    /// <param name="map">The map, <c>[Count, any]</c>.</param>
    /// <param name="neighbors">How many neighbors in the map are looked at, from 1 to less than half of the samples.</param>
    /// <exception cref="ArgumentException">The map has another number of samples.</exception>
    public double Trustworthiness(float[,] map, int neighbors = 5)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (map.GetLength(0) != Count)
            throw new ArgumentException($"The map has {map.GetLength(0)} samples, and the vectors are {Count}.", nameof(map));
        ArgumentOutOfRangeException.ThrowIfLessThan(neighbors, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(2 * neighbors, Count, nameof(neighbors));
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var (truth, shown) = (ToTensor().to_type(torch.ScalarType.Float64), torch.tensor(map).to_type(torch.ScalarType.Float64));
        var excess = 0.0;
        for (var first = 0; first < Count; first += RowsAtATime)
        {
            using var inner = torch.NewDisposeScope();
            var rows = Math.Min(RowsAtATime, Count - first);
            var (_, near) = SquaredDistances(shown, first, rows).topk(neighbors, dim: 1, largest: false);
            var distances = SquaredDistances(truth, first, rows);
            // A neighbor's rank is how many are nearer in truth; what it exceeds the number of neighbors by, speaks against.
            var ranks = distances.unsqueeze(1).lt(distances.gather(1, near).unsqueeze(2)).sum(2);
            excess += ranks.Add(1.0 - neighbors).ClampMin(0).sum().to_type(torch.ScalarType.Float64).item<double>();
        }
        return 1 - excess * 2 / (Count * (double)neighbors * (2.0 * Count - 3 * neighbors - 1));
    }

    /// <summary>Squared Euclidean distances of some rows to all, infinite to themselves: float64 <c>[rows, all]</c>.</summary>
    internal static torch.Tensor SquaredDistances(torch.Tensor all, int first, int rows)
    {
        using var scope = torch.NewDisposeScope();
        var distances = SquaredDistances(all.narrow(0, first, rows), all).ClampMin(0);
        distances.diagonal(first, 0, 1).Fill(double.PositiveInfinity);
        return distances.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Squared Euclidean distances of rows to others, <c>[rows, others]</c>; by rounding, a little below 0 where they are equal.
    /// </summary>
    internal static torch.Tensor SquaredDistances(torch.Tensor rows, torch.Tensor others)
    {
        using var scope = torch.NewDisposeScope();
        return (rows.Square().sum(1, keepdim: true) - rows.matmul(others.t()).Multiply(2)).Add(others.Square().sum(1))
            .MoveToOuterDisposeScope();
    }
}
