namespace TransferKit;

/// <summary>How a score of each class becomes one of all.</summary>
public enum Averaging
{
    /// <summary>The plain mean over the classes.</summary>
    Macro,

    /// <summary>Every decision on a sample and a class counts alike, whichever the class.</summary>
    Micro,

    /// <summary>The mean over the classes, each weighted by its number of samples.</summary>
    Weighted,
}
