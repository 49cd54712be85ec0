namespace TransferKit;

/// <summary>Divides labelled samples so that each class is divided in the same proportion.</summary>
internal static class StratifiedSplit
{
    /// <summary>Positions for training and for validation, each ascending; the same for the same labels and seed.</summary>
    public static (int[] Train, int[] Validation) Of(IReadOnlyList<int> labels, int classes, double trainFraction, int seed)
    {
        if (trainFraction is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(trainFraction), trainFraction,
                "The training fraction must lie between 0 and 1, both excluded.");

        var byClass = Enumerable.Range(0, classes).Select(_ => new List<int>()).ToArray();
        for (var i = 0; i < labels.Count; i++)
            byClass[labels[i]].Add(i);

        var train = new List<int>(labels.Count);
        var validation = new List<int>();
        // Fractions of a sample carry over to the next class, so the whole set keeps the proportion too.
        var owed = 0.0;
        for (var label = 0; label < classes; label++)
        {
            var members = byClass[label].ToArray();
            new SeededRandom(seed, label).Shuffle(members);
            var exact = members.Length * trainFraction + owed;
            var take = (int)Math.Round(exact, MidpointRounding.AwayFromZero);
            if (members.Length >= 2)
                take = Math.Clamp(take, 1, members.Length - 1);
            take = Math.Clamp(take, 0, members.Length);
            owed = Math.Clamp(exact - take, -0.5, 0.5);
            train.AddRange(members.AsSpan(0, take));
            validation.AddRange(members.AsSpan(take));
        }

        train.Sort();
        validation.Sort();
        return ([.. train], [.. validation]);
    }
}
