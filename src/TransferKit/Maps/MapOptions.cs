namespace TransferKit;

/// <summary>How a map of samples is drawn up.</summary>
public sealed record MapOptions : FeatureOptions
{
    /// <summary>
    /// About how many neighbors count for a sample, at least 1; no more than a third of the other samples do. Default: 30.
    /// </summary>
    public double Perplexity { get; init; } = 30;

    /// <summary>Iterations of t-SNE, at least 250. Default: 1000.</summary>
    public int Iterations { get; init; } = 1000;

    private protected override IEnumerable<string> Errors()
    {
        if (!(Perplexity >= 1) || double.IsInfinity(Perplexity))
            yield return FormattableString.Invariant($"Perplexity is {Perplexity}, but must be at least 1.");
        if (Iterations < TSne.ExaggeratedIterations)
            yield return $"Iterations is {Iterations}, but must be at least {TSne.ExaggeratedIterations}.";
        foreach (var error in base.Errors())
            yield return error;
    }
}
