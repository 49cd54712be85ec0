using TorchSharp;

namespace TransferKit;

/// <summary>
/// t-SNE by Barnes and Hut's approximation (van der Maaten, "Accelerating t-SNE using tree-based algorithms", 2014): points are
/// moved until they are likely to be each other's neighbors as often as the vectors are. Every point's forces are summed by
/// themselves and in one order, so that the number of threads changes no bit.
/// </summary>
internal sealed class TSne
{
    /// <summary>The iterations in which the attraction is exaggerated.</summary>
    public const int ExaggeratedIterations = 250;

    private const double Exaggeration = 12, SquaredAngle = 0.25, LeastGain = 0.01, FirstDeviation = 1e-4;

    /// <summary>How near the perplexity has to come, as a logarithm, and how often it is tried.</summary>
    private const double Tolerance = 1e-5;

    private const int Tries = 100;

    private readonly double[] _points;

    // Row by row, the others that attract a sample, and how much: a symmetric matrix of sum 1.
    private readonly int[][] _neighbors;
    private readonly double[][] _likeness;

    /// <param name="vectors">The vectors.</param>
    /// <param name="perplexity">About how many neighbors count, at most a third of the other samples.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    public TSne(FeatureVectors vectors, double perplexity, CancellationToken cancellationToken)
    {
        (_neighbors, _likeness) = Symmetric(Nearest(
            vectors, Math.Min((int)(3 * perplexity + 1), vectors.Count - 1), Math.Log(perplexity), cancellationToken));
        _points = Begin(vectors.PrincipalComponents());
    }

    /// <summary>Moves the points.</summary>
    /// <returns><c>[Count, 2]</c>.</returns>
    public float[,] Run(int iterations, CancellationToken cancellationToken)
    {
        var count = _neighbors.Length;
        var (gradient, sums) = (new double[2 * count], new double[count]);
        var (step, gains) = (new double[2 * count], new double[2 * count]);
        Array.Fill(gains, 1);
        var rate = Math.Max(count / Exaggeration / 4, 50);
        for (var iteration = 0; iteration < iterations; iteration++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var isEarly = iteration < ExaggeratedIterations;
            if (iteration == ExaggeratedIterations)
            {
                // As a search of its own, which begins where the first one ended.
                Array.Clear(step);
                Array.Fill(gains, 1);
            }
            Gradient(gradient, sums, isEarly ? Exaggeration : 1);
            var momentum = isEarly ? 0.5 : 0.8;
            for (var i = 0; i < step.Length; i++)
            {
                gains[i] = Math.Max(step[i] * gradient[i] < 0 ? gains[i] + 0.2 : gains[i] * 0.8, LeastGain);
                step[i] = momentum * step[i] - rate * gains[i] * gradient[i];
                _points[i] += step[i];
            }
        }
        var map = new float[count, 2];
        for (var i = 0; i < count; i++)
            (map[i, 0], map[i, 1]) = ((float)_points[2 * i], (float)_points[2 * i + 1]);
        return map;
    }

    /// <summary>The gradient of the Kullback–Leibler divergence by the points.</summary>
    private void Gradient(double[] gradient, double[] sums, double exaggeration)
    {
        var tree = new QuadTree(_points);
        var repulsion = new double[gradient.Length];
        Parallel.For(0, sums.Length, i =>
        {
            var (x, y) = (_points[2 * i], _points[2 * i + 1]);
            (repulsion[2 * i], repulsion[2 * i + 1], sums[i]) = tree.Repulsion(x, y, SquaredAngle);
            var (forceX, forceY) = (0.0, 0.0);
            var (neighbors, likeness) = (_neighbors[i], _likeness[i]);
            for (var k = 0; k < neighbors.Length; k++)
            {
                var (acrossX, acrossY) = (x - _points[2 * neighbors[k]], y - _points[2 * neighbors[k] + 1]);
                var force = likeness[k] / (1 + acrossX * acrossX + acrossY * acrossY);
                (forceX, forceY) = (forceX + force * acrossX, forceY + force * acrossY);
            }
            (gradient[2 * i], gradient[2 * i + 1]) = (exaggeration * forceX, exaggeration * forceY);
        });
        var sum = Math.Max(sums.Sum(), double.Epsilon);
        for (var i = 0; i < gradient.Length; i++)
            gradient[i] = 4 * (gradient[i] - repulsion[i] / sum);
    }

    /// <summary>Principal components, so small that no point is far from another.</summary>
    private static double[] Begin(float[,] components)
    {
        var count = components.GetLength(0);
        var mean = Enumerable.Range(0, count).Average(i => (double)components[i, 0]);
        var deviation = Math.Sqrt(Enumerable.Range(0, count).Average(i => Math.Pow(components[i, 0] - mean, 2)));
        var scale = deviation > 0 ? FirstDeviation / deviation : 0;
        return [.. components.Cast<float>().Select(value => value * scale)];
    }

    /// <summary>
    /// The nearest of all other samples to each sample, and with what probability each is taken for its neighbor.
    /// </summary>
    private static (int[] Rows, double[] Probabilities)[] Nearest(
        FeatureVectors vectors, int count, double entropy, CancellationToken cancellationToken)
    {
        const int rowsAtATime = 256;
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var all = vectors.ToTensor().to_type(torch.ScalarType.Float64);
        var found = new (int[] Rows, double[] Probabilities)[vectors.Count];
        for (var first = 0; first < vectors.Count; first += rowsAtATime)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var inner = torch.NewDisposeScope();
            var rows = Math.Min(rowsAtATime, vectors.Count - first);
            var (nearest, places) = FeatureVectors.SquaredDistances(all, first, rows).topk(count, dim: 1, largest: false);
            var (distances, indices) = (nearest.data<double>().ToArray(), places.data<long>().ToArray());
            for (var row = 0; row < rows; row++)
                found[first + row] = (
                    [.. indices.AsSpan(row * count, count).ToArray().Select(index => (int)index)],
                    Probabilities(distances.AsSpan(row * count, count), entropy));
        }
        return found;
    }

    /// <summary>
    /// A normal distribution over the distances, as wide as gives the entropy that is wanted.
    /// </summary>
    private static double[] Probabilities(ReadOnlySpan<double> squaredDistances, double wanted)
    {
        var probabilities = new double[squaredDistances.Length];
        var (precision, low, high) = (1.0, 0.0, double.PositiveInfinity);
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var (sum, mean) = (0.0, 0.0);
            for (var i = 0; i < probabilities.Length; i++)
            {
                // Less the least distance, which divides out, so that not all of them can be 0.
                probabilities[i] = Math.Exp(-precision * (squaredDistances[i] - squaredDistances[0]));
                sum += probabilities[i];
                mean += probabilities[i] * (squaredDistances[i] - squaredDistances[0]);
            }
            for (var i = 0; i < probabilities.Length; i++)
                probabilities[i] /= sum;
            var excess = Math.Log(sum) + precision * mean / sum - wanted;
            if (Math.Abs(excess) <= Tolerance)
                break;
            if (excess > 0)
                (low, precision) = (precision, double.IsInfinity(high) ? 2 * precision : (precision + high) / 2);
            else
                (high, precision) = (precision, (precision + low) / 2);
        }
        return probabilities;
    }

    /// <summary>Takes two samples for neighbors as often as one takes the other or the other the one.</summary>
    private static (int[][] Neighbors, double[][] Likeness) Symmetric((int[] Rows, double[] Probabilities)[] nearest)
    {
        var rows = nearest.Select(_ => new SortedDictionary<int, double>()).ToArray();
        foreach (var (i, (neighbors, probabilities)) in nearest.Index())
            foreach (var (j, probability) in neighbors.Zip(probabilities))
            {
                var share = probability / (2 * nearest.Length);
                rows[i][j] = rows[i].GetValueOrDefault(j) + share;
                rows[j][i] = rows[j].GetValueOrDefault(i) + share;
            }
        return ([.. rows.Select(row => row.Keys.ToArray())], [.. rows.Select(row => row.Values.ToArray())]);
    }
}
