namespace TransferKit;

/// <summary>An architecture, of the zoo or of the user's own: a name and the function that writes it down.</summary>
/// <param name="Name">
/// In the zoo, torchvision's or timm's: <c>resnet50</c>, <c>timm/resnet50</c>, <c>resnet50.a1_in1k</c>.
/// </param>
/// <param name="Blueprint">
/// Makes a fresh tree of layers for images of a height and width in pixels; null: the size in the paper.
/// </param>
internal sealed record NamedBlueprint(string Name, Func<int?, Blueprint> Blueprint)
{
    /// <summary>An architecture whose layers are the same for images of all sizes.</summary>
    public NamedBlueprint(string name, Func<Blueprint> blueprint)
        : this(name, _ => blueprint()) => IsBuiltForSize = false;

    /// <summary>Whether the layers depend on the size of the images.</summary>
    public bool IsBuiltForSize { get; } = true;

    /// <summary>What the network expects of its input; null: what the table of known weights says.</summary>
    public Preprocessing? Preprocessing { get; init; }

    /// <summary>Outputs of a network whose head isn't replaced.</summary>
    public int Classes { get; init; } = Architectures.ImageNetClasses;

    /// <summary>Describes a network.</summary>
    /// <param name="head">Its head; null: a linear one for <see cref="Classes"/>.</param>
    /// <param name="imageSize">
    /// Height and width of the images in pixels, for architectures that depend on it; null: as in the paper.
    /// </param>
    /// <param name="channels">Channels of the images.</param>
    /// <exception cref="ArgumentException">It can't take images of that size.</exception>
    public Network Describe(Head? head = null, int? imageSize = null, int channels = 3) =>
        new(() => Blueprint(imageSize), head ?? Head.Linear(Classes), channels);
}
