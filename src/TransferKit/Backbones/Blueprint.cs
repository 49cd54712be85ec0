namespace TransferKit;

/// <summary>
/// A backbone as data: the layers that turn an image into features, and how torchvision turns those into class scores.
/// Every architecture is a function that returns one; it holds no native memory.
/// </summary>
/// <param name="Body">From the image <c>[3, H, W]</c> to the last feature map <c>[C, H', W']</c>, or to tokens.</param>
/// <param name="Classifier">
/// From there to the logits. Given the place for the last layer, which a new head takes:
/// <c>output => [("avgpool", GlobalAveragePool), Flatten, ("fc", output.Vector(2048))]</c>.
/// </param>
/// <param name="Trunk">
/// The path of the layer whose children are the stages of the network, such as <c>features</c>; empty: the top level.
/// </param>
public sealed record Blueprint(
    IReadOnlyList<Child> Body, Func<HeadSlot, IReadOnlyList<Child>> Classifier, string Trunk = "")
{
    /// <summary>
    /// The one height and width of images that the layers were built for, in pixels; null: they take others too.
    /// </summary>
    public int? ImageSize { get; init; }

    /// <summary>What the height and width of images have to be a multiple of, in pixels.</summary>
    public int SizeMultiple { get; init; } = 1;

    /// <summary>
    /// Makes a feature map <c>[C, H, W]</c> of a body's tokens, for heads that bring their own pooling; null: it is one.
    /// </summary>
    public Layer? Map { get; init; }
}
