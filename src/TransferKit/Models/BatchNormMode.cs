namespace TransferKit;

/// <summary>What a batch norm in a frozen part does while the rest trains.</summary>
public enum BatchNormMode
{
    /// <summary>
    /// Frozen layers stay in evaluation mode: the pretrained statistics are used and kept. What Keras and timm advise,
    /// and the default. It also lets the frozen part be computed once.
    /// </summary>
    AlwaysFrozen,

    /// <summary>
    /// All layers follow the training mode, frozen or not: a batch norm whose weights are frozen still uses, and tracks, each
    /// batch's statistics. What plain PyTorch does after <c>model.train()</c>.
    /// </summary>
    FollowTraining,
}
