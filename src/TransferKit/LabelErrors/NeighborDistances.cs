using TorchSharp;

namespace TransferKit;

/// <summary>The nearest of all other samples to each sample, by the angle between their features: 1 less the cosine.</summary>
internal sealed class NeighborDistances
{
    /// <summary>Samples that are compared with all others at a time.</summary>
    private const int Rows = 256;

    private readonly float[] _distances;
    private readonly long[] _places;
    private readonly int _neighbors;

    /// <param name="features">The features, of two samples at least.</param>
    /// <param name="neighbors">How many of the nearest; fewer where there are no more.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    public NeighborDistances(FeatureVectors features, int neighbors, CancellationToken cancellationToken)
    {
        _neighbors = Math.Min(neighbors, features.Count - 1);
        var (distances, places) = (new List<float>(), new List<long>());
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var directions = features.ToDirections();
        for (var first = 0; first < features.Count; first += Rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var inner = torch.NewDisposeScope();
            var cosines = directions.narrow(0, first, Math.Min(Rows, features.Count - first)).matmul(directions.t());
            cosines.diagonal(first, 0, 1).Fill(double.NegativeInfinity);
            var (nearest, rows) = cosines.topk(_neighbors, dim: 1);
            distances.AddRange(nearest.contiguous().data<float>().ToArray().Select(cosine => 1 - cosine));
            places.AddRange(rows.contiguous().data<long>().ToArray());
        }
        directions.Dispose();
        (_distances, _places) = ([.. distances], [.. places]);
    }

    /// <summary>The nearest of a sample, the nearest first.</summary>
    public IEnumerable<(int Row, float Distance)> Of(int row) => Enumerable.Range(row * _neighbors, _neighbors)
        .Select(at => ((int)_places[at], _distances[at]));

    /// <summary>The mean distance of a sample to its nearest ones.</summary>
    public double Mean(int row) => Of(row).Average(one => one.Distance);
}
