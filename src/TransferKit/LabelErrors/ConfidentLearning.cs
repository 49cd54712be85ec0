namespace TransferKit;

/// <summary>
/// Confident learning (Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in dataset labels", 2021): which
/// of the given classes are wrong, from what was said of every sample by a model that hasn't learned from it.
/// </summary>
internal sealed class ConfidentLearning
{
    private readonly double[][] _probabilities;
    private readonly IReadOnlyList<int> _given;

    /// <param name="probabilities">Of every sample one a class, out of sample.</param>
    /// <param name="given">The class that each is said to have.</param>
    /// <param name="classes">The number of classes.</param>
    public ConfidentLearning(double[][] probabilities, IReadOnlyList<int> given, int classes)
    {
        (_probabilities, _given) = (probabilities, given);
        var (sums, counts) = (new double[classes], new int[classes]);
        for (var i = 0; i < given.Count; i++)
        {
            sums[given[i]] += probabilities[i][given[i]];
            counts[given[i]]++;
        }
        Thresholds = [.. sums.Zip(counts, (sum, count) => count == 0 ? double.PositiveInfinity : sum / count)];
        Likely = [.. probabilities.Select(LikelyClass)];
        Joint = JointOf(counts);
    }

    /// <summary>
    /// Of each class the mean probability of it among the samples that are said to have it: from there on, a sample counts as
    /// likely of it. Infinite where there are none.
    /// </summary>
    public IReadOnlyList<double> Thresholds { get; }

    /// <summary>The class that each sample is likely of, the most probable of several; null: of none.</summary>
    public IReadOnlyList<int?> Likely { get; }

    /// <summary>
    /// The share of all samples that are said to be of a class (row) and are thought to be of a class (column): counted, and
    /// scaled so that every row has as many samples as are said to be of it.
    /// </summary>
    public double[,] Joint { get; }

    /// <summary>
    /// The samples whose class is doubtful, the most doubtful first, by the normalized margin: by the paper's method C+NR ("prune
    /// by class and noise rate"), of those to which a model gives another class. Of each class as many as <see cref="Joint"/>
    /// says are wrong, those with its lowest probability; as far as they are also among the as many as it says are of a certain
    /// other class, those that have the most more probability of that one.
    /// </summary>
    public IReadOnlyList<int> Errors =>
    [
        .. Enumerable.Range(0, Joint.GetLength(0)).SelectMany(PrunedOf).Where(sample => Margin(sample) < 0)
            .OrderBy(Margin).ThenBy(sample => sample),
    ];

    /// <summary>The normalized margin of a sample, in −1..1: below 0, another class is more probable than what is said.</summary>
    public double Margin(int sample)
    {
        var (own, others) = (_probabilities[sample][_given[sample]], 0.0);
        for (var label = 0; label < _probabilities[sample].Length; label++)
            if (label != _given[sample])
                others = Math.Max(others, _probabilities[sample][label]);
        return own - others;
    }

    /// <summary>The most probable class of a sample.</summary>
    public int Predicted(int sample) => _probabilities[sample].Index().MaxBy(one => one.Item).Index;

    private IEnumerable<int> PrunedOf(int label)
    {
        int[] said = [.. Enumerable.Range(0, _given.Count).Where(sample => _given[sample] == label)];
        int[] others = [.. Enumerable.Range(0, Joint.GetLength(1)).Where(other => other != label)];
        var byClass = said.OrderBy(sample => _probabilities[sample][label]).Take(Count(others.Sum(other => Joint[label, other])));
        var byNoiseRate = others.SelectMany(other => said
            .OrderByDescending(sample => _probabilities[sample][other] - _probabilities[sample][label])
            .Take(Count(Joint[label, other])));
        return byClass.Intersect(byNoiseRate);

        // A half counts as one, whichever way its last bit was rounded.
        int Count(double share) => (int)Math.Round(Math.Round(share * _given.Count, 6), MidpointRounding.AwayFromZero);
    }

    private int? LikelyClass(double[] probabilities)
    {
        int? best = null;
        for (var label = 0; label < probabilities.Length; label++)
            if (probabilities[label] >= Thresholds[label] && (best is null || probabilities[label] > probabilities[best.Value]))
                best = label;
        return best;
    }

    private double[,] JointOf(int[] counts)
    {
        var joint = new double[counts.Length, counts.Length];
        for (var i = 0; i < _given.Count; i++)
            if (Likely[i] is { } likely)
                joint[_given[i], likely]++;
        for (var row = 0; row < counts.Length; row++)
        {
            var counted = Enumerable.Range(0, counts.Length).Sum(column => joint[row, column]);
            // Of a class of which none is likely of anything, nothing speaks against what is said.
            if (counted == 0)
                (joint[row, row], counted) = (1, 1);
            for (var column = 0; column < counts.Length; column++)
                joint[row, column] *= counts[row] / (counted * _given.Count);
        }
        return joint;
    }
}
