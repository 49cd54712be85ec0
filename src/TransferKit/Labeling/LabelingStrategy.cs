namespace TransferKit;

/// <summary>By what samples without labels are chosen that are worth labeling.</summary>
public enum LabelingStrategy
{
    /// <summary>
    /// Those that the model is unsure of and that differ from each other: BADGE (Ash et al., "Deep batch active learning by
    /// diverse, uncertain gradient lower bounds", 2020). Draws by the seed.
    /// </summary>
    Badge,

    /// <summary>The lowest margins between the likeliest class and the next (Scheffer, Decomain and Wrobel, 2001).</summary>
    Margin,

    /// <summary>The highest entropies of the probabilities (Shannon, 1948; Settles, 2009).</summary>
    Entropy,

    /// <summary>
    /// Those that are farthest from all that is labeled or chosen: the coreset, by the greedy k-center method (Sener and
    /// Savarese, "Active learning for convolutional neural networks: a core-set approach", 2018). What the model says of them
    /// doesn't count.
    /// </summary>
    Coreset,

    /// <summary>Any, by the seed: what the others are measured against.</summary>
    Random,
}
