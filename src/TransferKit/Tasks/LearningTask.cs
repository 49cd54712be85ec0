namespace TransferKit;

/// <summary>What a model learns to say about an image, which decides losses and metrics.</summary>
public enum LearningTask
{
    /// <summary>Each image belongs to exactly one class.</summary>
    Classification,

    /// <summary>Each image belongs to any number of classes, none included.</summary>
    MultiLabel,

    /// <summary>Each image has one or several real numbers.</summary>
    Regression,
}
