using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>What a backbone sees in samples without labels, and what a model says of them.</summary>
/// <param name="Features">What the backbone sees.</param>
/// <param name="Probabilities">Of each sample one a class.</param>
/// <param name="Labeled">What it sees in samples that have labels; null: there are none.</param>
internal sealed record LabelingPool(FeatureVectors Features, double[][] Probabilities, FeatureVectors? Labeled)
{
    /// <summary>Samples that are compared with all labeled ones at a time.</summary>
    private const int RowsAtATime = 256;

    /// <summary>The rows of those that are worth labeling, first the one that is so most.</summary>
    /// <param name="strategy">By what.</param>
    /// <param name="count">How many; all where there are fewer.</param>
    /// <param name="seed">Where draws come from.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    public IReadOnlyList<int> Select(LabelingStrategy strategy, int count, int seed, CancellationToken cancellationToken)
    {
        count = Math.Min(count, Features.Count);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        return strategy switch
        {
            LabelingStrategy.Margin => [.. Rows.OrderBy(Margin).ThenBy(row => row).Take(count)],
            LabelingStrategy.Entropy => [.. Rows.OrderByDescending(Entropy).ThenBy(row => row).Take(count)],
            LabelingStrategy.Coreset => Coreset(count, cancellationToken),
            LabelingStrategy.Badge => Badge(count, new SeededRandom(seed, count), cancellationToken),
            _ => Shuffled(new SeededRandom(seed, count))[..count],
        };
    }

    /// <summary>The probability of a sample's likeliest class less that of the next.</summary>
    public double Margin(int row)
    {
        var (first, second) = (0.0, 0.0);
        foreach (var probability in Probabilities[row])
            (first, second) = probability > first ? (probability, first) : (first, Math.Max(second, probability));
        return first - second;
    }

    /// <summary>The entropy of a sample's probabilities, in nats.</summary>
    public double Entropy(int row) =>
        -Probabilities[row].Sum(probability => probability > 0 ? probability * Math.Log(probability) : 0);

    private IEnumerable<int> Rows => Enumerable.Range(0, Features.Count);

    private int[] Shuffled(SeededRandom random)
    {
        int[] rows = [.. Rows];
        random.Shuffle<int>(rows);
        return rows;
    }

    /// <summary>One after the other, the sample that is farthest from all that are labeled or chosen.</summary>
    private List<int> Coreset(int count, CancellationToken cancellationToken)
    {
        var features = Features.ToTensor();
        var squares = features.Square().sum(1);
        // Without any that are labeled, the first is the one that is farthest from the middle.
        var distances = Labeled is { Count: > 0 } labeled ? NearestOf(features, labeled.ToTensor())
            : (features - features.mean([0], keepdim: true)).Square().sum(1);
        var chosen = new List<int>();
        while (chosen.Count < count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var next = (int)distances.argmax().item<long>();
            var toNext = squares.Add(squares[next]) - features.matmul(features[next]).Multiply(2);
            var nearest = chosen.Count == 0 && Labeled is not { Count: > 0 } ? toNext : minimum(distances, toNext);
            nearest[next].Fill(double.NegativeInfinity);
            chosen.Add(next);
            distances = nearest.MoveToOuterDisposeScope();
        }
        return chosen;
    }

    /// <summary>Of each row the squared distance to the nearest of others.</summary>
    private static Tensor NearestOf(Tensor rows, Tensor others)
    {
        using var scope = NewDisposeScope();
        var parts = rows.split(RowsAtATime).Select(part => FeatureVectors.SquaredDistances(part, others).amin([1]));
        return cat([.. parts]).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Draws as k-means++ begins (Arthur and Vassilvitskii, 2007), among the gradients by the last layer's weights that each
    /// sample would have if its likeliest class were right: long where the model is unsure, and alike for samples that are. They
    /// are never written out: a gradient is the product of (probabilities less the likeliest class) and features, and so are the
    /// products of two of them.
    /// </summary>
    private List<int> Badge(int count, SeededRandom random, CancellationToken cancellationToken)
    {
        var features = Features.ToTensor();
        var errors = tensor([.. Probabilities.SelectMany(Errors)], [Features.Count, Probabilities[0].Length]);
        var squares = features.Square().sum(1) * errors.Square().sum(1);
        double[] left = [.. squares.data<float>().Select(square => (double)square)];
        var chosen = new List<int>();
        while (chosen.Count < count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var next = chosen.Count == 0 ? Array.IndexOf(left, left.Max()) : Draw();
            chosen.Add(next);
            using var inner = NewDisposeScope();
            var products = features.matmul(features[next]) * errors.matmul(errors[next]);
            var distances = (squares.Add(squares[next]) - products.Multiply(2)).data<float>();
            for (var row = 0; row < left.Length; row++)
                left[row] = chosen.Count == 1 ? Math.Max(distances[row], 0) : Math.Clamp(distances[row], 0, left[row]);
            // Rounding leaves a chosen one a little distance to itself.
            left[next] = 0;
        }
        return chosen;

        int Draw()
        {
            var sum = left.Sum();
            var drawn = random.NextDouble() * sum;
            for (var row = 0; row < left.Length; row++)
                if (left[row] > 0 && (drawn -= left[row]) < 0)
                    return row;
            // All that are left are the same as chosen ones: the model is as sure of them.
            return Rows.Where(row => sum == 0 || left[row] > 0).Except(chosen).Last();
        }

        static IEnumerable<float> Errors(double[] probabilities)
        {
            var likeliest = Array.IndexOf(probabilities, probabilities.Max());
            return probabilities.Select((probability, label) => (float)(label == likeliest ? probability - 1 : probability));
        }
    }
}
