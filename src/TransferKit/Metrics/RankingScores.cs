namespace TransferKit;

/// <summary>How well scores rank what is of a class before what isn't; exact, ties included.</summary>
internal static class RankingScores
{
    /// <summary>
    /// The area under the ROC curve: how likely a random positive scores above a random negative, ties counting half (Mann and
    /// Whitney, 1947). Not a number without positives or without negatives.
    /// </summary>
    public static double RocAuc(double[] scores, bool[] positives)
    {
        var (positive, negative) = (0L, 0L);
        var (below, wins) = (0L, 0.0);
        foreach (var (_, hits, misses) in Ties(scores, positives))
        {
            wins += hits * (below + misses / 2.0);
            below += misses;
            (positive, negative) = (positive + hits, negative + misses);
        }
        return wins / ((double)positive * negative);
    }

    /// <summary>
    /// Average precision: the precision at every threshold, weighted by the recall that it adds. Not a number without positives,
    /// for which scikit-learn says 0.
    /// </summary>
    public static double AveragePrecision(double[] scores, bool[] positives)
    {
        var (hit, predicted, sum) = (0L, 0L, 0.0);
        foreach (var (_, hits, misses) in Enumerable.Reverse(Ties(scores, positives)))
        {
            hit += hits;
            predicted += hits + misses;
            sum += (double)hits * hit / predicted;
        }
        return sum / hit;
    }

    /// <inheritdoc cref="EvaluationResult.RocCurve"/>
    public static IReadOnlyList<RocPoint> RocCurve(EvaluatedSamples samples, int label)
    {
        var ties = Ties(samples, label);
        var (positives, negatives) = (ties.Sum(tie => tie.Hits), ties.Sum(tie => tie.Misses));
        var (hit, missed) = (0L, 0L);
        var points = new List<RocPoint> { new(double.PositiveInfinity, 0, 0) };
        foreach (var (score, hits, misses) in Enumerable.Reverse(ties))
        {
            (hit, missed) = (hit + hits, missed + misses);
            points.Add(new(score, (double)missed / negatives, (double)hit / positives));
        }
        return points;
    }

    /// <inheritdoc cref="EvaluationResult.PrecisionRecallCurve"/>
    public static IReadOnlyList<PrecisionRecallPoint> PrecisionRecallCurve(EvaluatedSamples samples, int label)
    {
        var ties = Ties(samples, label);
        var positives = ties.Sum(tie => tie.Hits);
        var (hit, predicted) = (0L, 0L);
        var points = new List<PrecisionRecallPoint>();
        foreach (var (score, hits, misses) in Enumerable.Reverse(ties))
        {
            (hit, predicted) = (hit + hits, predicted + hits + misses);
            points.Add(new(score, (double)hit / predicted, (double)hit / positives));
        }
        return points;
    }

    /// <summary>The score of one class against all others.</summary>
    public static double Of(EvaluatedSamples samples, int label, Func<double[], bool[], double> score)
    {
        var (scores, positives) = Ranking(samples, label);
        return score(scores, positives);
    }

    /// <summary>The score of the second of two classes, or of more than two, averaged over those that have one.</summary>
    public static double Of(EvaluatedSamples samples, Averaging averaging, Func<double[], bool[], double> score)
    {
        if (samples is { Definition.HasOneClass: true, ClassNames.Count: 2 })
            return Of(samples, 1, score);
        var rankings = Enumerable.Range(0, samples.ClassNames.Count).Select(label => Ranking(samples, label));
        if (averaging == Averaging.Micro)
        {
            var all = rankings.ToList();
            return score([.. all.SelectMany(ranking => ranking.Scores)], [.. all.SelectMany(ranking => ranking.Positives)]);
        }
        var (sum, total) = (0.0, 0.0);
        foreach (var (scores, positives) in rankings)
        {
            var weight = averaging == Averaging.Macro ? 1.0 : positives.Count(positive => positive);
            if (score(scores, positives) is var value && !double.IsNaN(value))
                (sum, total) = (sum + weight * value, total + weight);
        }
        return sum / total;
    }

    /// <summary>What a model says of a class, and what is so, for every sample.</summary>
    private static (double[] Scores, bool[] Positives) Ranking(EvaluatedSamples samples, int label) =>
    (
        [.. Enumerable.Range(0, samples.Count).Select(sample => samples.Probability(sample, label))],
        [.. Enumerable.Range(0, samples.Count).Select(sample => samples.Has(sample, label))]
    );

    private static List<(double Score, long Hits, long Misses)> Ties(EvaluatedSamples samples, int label)
    {
        var (scores, positives) = Ranking(samples, label);
        return Ties(scores, positives);
    }

    /// <summary>Positives and negatives at each distinct score, ascending.</summary>
    private static List<(double Score, long Hits, long Misses)> Ties(double[] scores, bool[] positives)
    {
        var (sorted, labels) = ((double[])scores.Clone(), (bool[])positives.Clone());
        Array.Sort(sorted, labels);
        var groups = new List<(double Score, long Hits, long Misses)>();
        for (var i = 0; i < sorted.Length;)
        {
            var (hits, misses) = (0L, 0L);
            var score = sorted[i];
            for (; i < sorted.Length && sorted[i].Equals(score); i++)
                (hits, misses) = labels[i] ? (hits + 1, misses) : (hits, misses + 1);
            groups.Add((score, hits, misses));
        }
        return groups;
    }
}
