namespace TransferKit;

/// <summary>
/// Several views of every sample, over which the probabilities are averaged: slower by the number
/// of views, often more accurate ("ImageNet classification with deep convolutional networks", Krizhevsky et al., 2012).
/// </summary>
public sealed record TestTimeAugmentation
{
    private TestTimeAugmentation(ViewKind kind, int views) => (Kind, Views) = (kind, views);

    /// <summary>The image and its mirror image. Two views.</summary>
    public static TestTimeAugmentation Flip { get; } = new(ViewKind.Flip, 2);

    /// <summary>The four corners and the center, in place of the center alone. Five views.</summary>
    public static TestTimeAugmentation FiveCrop { get; } = new(ViewKind.FiveCrop, 5);

    /// <summary>The corners and the center, of the image and of its mirror image. Ten views.</summary>
    public static TestTimeAugmentation TenCrop { get; } = new(ViewKind.TenCrop, 10);

    /// <summary>The sample as training might see it, augmented at random.</summary>
    /// <param name="views">How many views, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="views"/> is below 1.</exception>
    public static TestTimeAugmentation Random(int views)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(views, 1);
        return new(ViewKind.Random, views);
    }

    /// <summary>The number of views of each sample.</summary>
    public int Views { get; }

    internal ViewKind Kind { get; }

    /// <summary><c>FiveCrop</c>, <c>Random (8 views)</c></summary>
    public override string ToString() => Kind == ViewKind.Random ? $"Random ({Views} views)" : $"{Kind}";
}

/// <summary>In what the views of a sample differ.</summary>
internal enum ViewKind
{
    Flip,
    FiveCrop,
    TenCrop,
    Random,
}
