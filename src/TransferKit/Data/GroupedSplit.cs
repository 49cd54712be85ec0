namespace TransferKit;

/// <summary>
/// Divides samples so that each group of them stays together, and classes and sizes are as even as that allows.
/// </summary>
internal static class GroupedSplit
{
    /// <summary>
    /// The part of every sample, in <c>[0, shares.Length)</c>, or <see cref="StratifiedSplit.NeverHeldOut"/>; no part is empty.
    /// </summary>
    /// <param name="targets">The samples.</param>
    /// <param name="groups">The group of every sample.</param>
    /// <param name="shares">What share of the samples each part should have; positive, their sum is 1.</param>
    /// <param name="seed">Decides between groups of one size.</param>
    /// <param name="keepSingle">Whether groups that have all samples of a class are never held out.</param>
    /// <exception cref="ArgumentException">There are fewer groups than parts, or not as many entries as samples.</exception>
    public static int[] Of(
        Targets targets, IReadOnlyList<string> groups, double[] shares, int seed, bool keepSingle = false)
    {
        ArgumentNullException.ThrowIfNull(groups);
        if (groups.Count != targets.Count)
            throw new ArgumentException(
                $"{targets.Count} samples need as many entries that name their groups, not {groups.Count}.", nameof(groups));

        var members = Enumerable.Range(0, groups.Count)
            .GroupBy(sample => groups[sample]).Select(group => group.ToArray()).ToArray();
        var kept = keepSingle ? WithWholeClasses(targets, groups) : [];
        var ahead = members.Length - kept.Count;
        if (ahead < shares.Length)
            throw new ArgumentException(
                $"{ahead} groups can't be divided into {shares.Length} parts; use fewer parts, or smaller groups."
                + (kept.Count == 0 ? "" : $" {kept.Count} more are never held out, as they have all samples of a class: "
                    + $"{string.Join(", ", kept)}."),
                nameof(groups));

        // Large groups first, as small ones even out what they leave; the sort is stable, so that the seed orders the rest.
        new SeededRandom(seed, 0).Shuffle<int[]>(members);
        var parts = new int[groups.Count];
        var filling = new Filling(targets, shares);
        foreach (var group in members.OrderByDescending(group => group.Length))
        {
            if (kept.Contains(groups[group[0]]))
            {
                foreach (var sample in group)
                    parts[sample] = StratifiedSplit.NeverHeldOut;
                continue;
            }

            var part = filling.Add(group, onlyToEmptyParts: ahead <= filling.EmptyParts);
            foreach (var sample in group)
                parts[sample] = part;
            ahead--;
        }

        return parts;
    }

    /// <summary>Groups without which a class has no sample.</summary>
    private static HashSet<string> WithWholeClasses(Targets targets, IReadOnlyList<string> groups) =>
    [
        .. Enumerable.Range(0, targets.Count).GroupBy(sample => targets.Labels[sample], sample => groups[sample])
            .Select(groupsOfClass => groupsOfClass.Distinct().Take(2).ToList())
            .Where(found => found.Count == 1).Select(found => found[0]),
    ];

    /// <summary>How many samples of each stratum the parts have so far.</summary>
    private sealed class Filling
    {
        private readonly IReadOnlyList<int> _strata;
        private readonly double[] _shares;
        private readonly double[] _totals;
        private readonly int[][] _counts;
        private readonly bool[] _filled;

        public Filling(Targets targets, double[] shares)
        {
            (_strata, var count) = targets.Strata();
            _totals = new double[count];
            foreach (var stratum in _strata)
                _totals[stratum]++;
            _shares = shares;
            _counts = Array.ConvertAll(shares, _ => new int[count]);
            _filled = new bool[shares.Length];
        }

        public int EmptyParts => _filled.Count(filled => !filled);

        /// <summary>
        /// Puts a group into the part where the sum over parts and strata of (actual share)² / (requested share) grows least. It
        /// is least of all where every part has its share of every stratum.
        /// </summary>
        public int Add(int[] group, bool onlyToEmptyParts)
        {
            var added = group.CountBy(sample => _strata[sample]).ToArray();
            var part = Enumerable.Range(0, _shares.Length)
                .Where(candidate => !onlyToEmptyParts || !_filled[candidate])
                .MinBy(candidate => added.Sum(one =>
                {
                    var (before, more) = ((double)_counts[candidate][one.Key], one.Value);
                    return more * (2 * before + more) / (_totals[one.Key] * _totals[one.Key] * _shares[candidate]);
                }));
            foreach (var (stratum, count) in added)
                _counts[part][stratum] += count;
            _filled[part] = true;
            return part;
        }
    }
}
