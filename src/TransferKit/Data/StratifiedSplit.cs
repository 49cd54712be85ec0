namespace TransferKit;

/// <summary>Divides labeled samples so that each class is divided in the same proportion.</summary>
internal static class StratifiedSplit
{
    public static void CheckFraction(double trainFraction)
    {
        if (trainFraction is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(trainFraction), trainFraction,
                "The training fraction must lie between 0 and 1, both excluded.");
    }

    /// <summary>What stands for the fold of a sample that is held out in none.</summary>
    public const int NeverHeldOut = -1;

    /// <summary>
    /// The fold of every sample, in <c>[0, folds)</c>: each class is spread evenly, and the folds differ by one sample at most.
    /// </summary>
    /// <param name="labels">The class of every sample.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="folds">The number of folds.</param>
    /// <param name="keepSingle">Whether the only sample of a class is <see cref="NeverHeldOut"/>.</param>
    /// <param name="seed">Decides which samples go where.</param>
    public static int[] Folds(IReadOnlyList<int> labels, int classes, int folds, bool keepSingle, int seed)
    {
        var result = new int[labels.Count];
        var dealt = 0;
        var byClass = ByClass(labels, classes);
        for (var label = 0; label < classes; label++)
        {
            if (keepSingle && byClass[label] is [var only])
            {
                result[only] = NeverHeldOut;
                continue;
            }

            new SeededRandom(seed, label).Shuffle<int>(byClass[label]);
            // Dealt like cards, and going on where the class before ended.
            foreach (var sample in byClass[label])
                result[sample] = dealt++ % folds;
        }

        return result;
    }

    /// <summary>Positions for training and for validation, each ascending; the same for the same labels and seed.</summary>
    /// <param name="labels">The class of every sample.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="trainFraction">The share of samples for training.</param>
    /// <param name="seed">Decides which samples go where.</param>
    /// <param name="keepSingle">Whether the only sample of a class is for training.</param>
    public static (int[] Train, int[] Validation) Of(
        IReadOnlyList<int> labels, int classes, double trainFraction, int seed, bool keepSingle = false)
    {
        CheckFraction(trainFraction);
        var byClass = ByClass(labels, classes);
        var train = new List<int>(labels.Count);
        var validation = new List<int>();
        // Fractions of a sample carry over to the next class, so the whole set keeps the proportion too.
        var owed = 0.0;
        for (var label = 0; label < classes; label++)
        {
            var members = byClass[label];
            new SeededRandom(seed, label).Shuffle<int>(members);
            var exact = members.Length * trainFraction + owed;
            var take = (int)Math.Round(exact, MidpointRounding.AwayFromZero);
            if (members.Length >= 2)
                take = Math.Clamp(take, 1, members.Length - 1);
            take = Math.Clamp(take, keepSingle && members.Length == 1 ? 1 : 0, members.Length);
            owed = Math.Clamp(exact - take, -0.5, 0.5);
            train.AddRange(members.AsSpan(0, take));
            validation.AddRange(members.AsSpan(take));
        }

        train.Sort();
        validation.Sort();
        return ([.. train], [.. validation]);
    }

    private static int[][] ByClass(IReadOnlyList<int> labels, int classes)
    {
        var counts = new int[classes];
        foreach (var label in labels)
            counts[label]++;
        var members = Array.ConvertAll(counts, count => new int[count]);
        for (var i = labels.Count - 1; i >= 0; i--)
            members[labels[i]][--counts[labels[i]]] = i;
        return members;
    }
}
