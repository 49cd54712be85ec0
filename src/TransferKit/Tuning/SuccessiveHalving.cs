namespace TransferKit;

/// <summary>
/// Which trial is trained next, and how far: asynchronous successive halving ("A system for massively parallel hyperparameter
/// tuning", Li et al., 2020), for one worker. Knows nothing of time: it asks the same of the same results.
/// </summary>
internal sealed class SuccessiveHalving
{
    /// <summary>Of so many trials on a rung one goes on to the next, which is so many times as far.</summary>
    private const int Reduction = 3;

    private readonly IComparer<TrialMeasure> _order;
    private readonly List<SortedDictionary<int, TrialMeasure>> _rungs;

    /// <param name="epochs">How far trials are trained that do well.</param>
    /// <param name="order">Compares trials; the better one is the lesser.</param>
    public SuccessiveHalving(int epochs, IComparer<TrialMeasure> order)
    {
        _order = order;
        var rungs = new List<int>();
        for (var share = (double)epochs; Math.Round(share) >= 1; share /= Reduction)
            rungs.Insert(0, (int)Math.Round(share));
        Rungs = rungs;
        _rungs = [.. rungs.Select(_ => new SortedDictionary<int, TrialMeasure>())];
    }

    /// <summary>After how many epochs trials are compared, the last being all.</summary>
    public IReadOnlyList<int> Rungs { get; }

    /// <summary>How many trials have begun.</summary>
    public int Begun { get; private set; }

    /// <summary>What is to be done next; null: nothing is left.</summary>
    /// <param name="mayBegin">Whether a trial may begin; if not, at least one of each rung goes on.</param>
    /// <returns>The trial, counted from 1, and the epochs that it is to be trained to.</returns>
    public (int Trial, int Epochs)? Next(bool mayBegin)
    {
        // The defaults are no candidate for an early end.
        if (Begun == 0)
            return (1, Rungs[^1]);
        var rungs = Enumerable.Range(0, Rungs.Count - 1);
        foreach (var rung in mayBegin ? rungs.Reverse() : rungs)
            if (Promoted(rung, mayBegin ? 0 : 1) is { } trial)
                return (trial, Rungs[rung + 1]);
        return mayBegin ? (Begun + 1, Rungs[0]) : null;
    }

    /// <summary>Takes note of how a trial did.</summary>
    /// <param name="trial">The trial.</param>
    /// <param name="epochs">What it was trained to.</param>
    /// <param name="measure">How it did until then.</param>
    public void Report(int trial, int epochs, TrialMeasure measure)
    {
        Begun = Math.Max(Begun, trial);
        _rungs[Rungs.ToList().IndexOf(epochs)][trial] = measure;
    }

    /// <summary>How a trial did when it was last looked at, and whether it was trained to the end.</summary>
    public (TrialMeasure Measure, bool IsFinished) this[int trial]
    {
        get
        {
            var rung = _rungs.FindLastIndex(rung => rung.ContainsKey(trial));
            return (_rungs[rung][trial], rung == _rungs.Count - 1);
        }
    }

    /// <summary>The best trial on a rung that deserves to go on and hasn't.</summary>
    private int? Promoted(int rung, int atLeast)
    {
        var ranked = _rungs[rung].Where(found => found.Value.Error is null)
            // The order is stable, so of equals the earlier is the better.
            .OrderBy(found => found.Value, _order).Select(found => found.Key).ToList();
        return ranked.Take(Math.Max(ranked.Count / Reduction, atLeast)).Where(trial => !_rungs[rung + 1].ContainsKey(trial))
            .Select(trial => (int?)trial).FirstOrDefault();
    }
}
