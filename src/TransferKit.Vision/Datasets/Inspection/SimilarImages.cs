namespace TransferKit.Vision;

/// <summary>Groups things by what they have in common; a thing may join two groups into one (union-find).</summary>
internal sealed class SimilarImages(int count)
{
    private readonly int[] _parent = [.. Enumerable.Range(0, count)];

    /// <summary>Puts two into one group.</summary>
    public void Join(int first, int second) => _parent[Root(first)] = Root(second);

    /// <summary>The groups of two or more, each ascending, in the order of their first members.</summary>
    public IEnumerable<int[]> Groups() => Enumerable.Range(0, _parent.Length)
        .GroupBy(Root)
        .Select(group => group.ToArray())
        .Where(group => group.Length > 1)
        .OrderBy(group => group[0]);

    /// <summary>
    /// Joins all that look alike. Hashes are compared only where they have a part in common, which near ones must; equal ones
    /// are taken together first, as a thousand blank pictures would else be compared a million times.
    /// </summary>
    public void JoinNear(IReadOnlyList<PerceptualHash?> hashes)
    {
        var first = new Dictionary<PerceptualHash, int>();
        for (var i = 0; i < hashes.Count; i++)
        {
            if (hashes[i] is { } hash && !first.TryAdd(hash, i))
                Join(i, first[hash]);
        }

        for (var part = 0; part < 16; part++)
        {
            foreach (var bucket in first.GroupBy(entry => entry.Key.Part(part)))
                JoinNear(bucket.ToArray());
        }
    }

    private void JoinNear(ReadOnlySpan<KeyValuePair<PerceptualHash, int>> bucket)
    {
        for (var i = 0; i < bucket.Length; i++)
            for (var j = i + 1; j < bucket.Length; j++)
            {
                if (bucket[i].Key.DistanceTo(bucket[j].Key) <= PerceptualHash.NearDistance)
                    Join(bucket[i].Value, bucket[j].Value);
            }
    }

    private int Root(int item)
    {
        while (_parent[item] != item)
            item = _parent[item] = _parent[_parent[item]];
        return item;
    }
}
