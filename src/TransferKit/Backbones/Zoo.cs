namespace TransferKit;

/// <summary>All architectures by name.</summary>
internal static class Zoo
{
    /// <summary>The classes of ImageNet-1k, which torchvision's weights score.</summary>
    public const int ImageNetClasses = 1000;

    public static IReadOnlyList<NamedBlueprint> All { get; } =
    [
        .. AlexNet.Models,
        .. ConvNeXt.Models,
        .. DenseNet.Models,
        .. EfficientNet.Models,
        .. GoogLeNet.Models,
        .. InceptionV3.Models,
        .. MaxVit.Models,
        .. MnasNet.Models,
        .. MobileNetV2.Models,
        .. MobileNetV3.Models,
        .. RegNet.Models,
        .. ResNet.Models,
        .. ShuffleNetV2.Models,
        .. SqueezeNet.Models,
        .. SwinTransformer.Models,
        .. Vgg.Models,
        .. VisionTransformer.Models,
    ];

    /// <summary>Those of torchvision, and those whose weights come in packages.</summary>
    public static IReadOnlyList<NamedBlueprint> Known { get; } = [.. All, ResNet.ResNet20];

    /// <param name="name">The name, in any case.</param>
    /// <exception cref="ArgumentException">There is no such architecture.</exception>
    public static NamedBlueprint Find(string name) =>
        Known.FirstOrDefault(model => model.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? throw new ArgumentException(
            $"There is no model named '{name}'.{NearestNames.Hint(name, Known.Select(a => a.Name))}"
            + " Backbone.All lists every model.", nameof(name));

    /// <summary>Describes a network of the zoo.</summary>
    /// <param name="name">The architecture.</param>
    /// <param name="head">Its head; null: a linear one for ImageNet.</param>
    /// <param name="imageSize">
    /// Height and width of the images in pixels, for architectures that depend on it; null: as in the paper.
    /// </param>
    /// <param name="channels">Channels of the images.</param>
    /// <exception cref="ArgumentException">There is no such architecture, or it can't take images of that size.</exception>
    public static Network Create(string name, Head? head = null, int? imageSize = null, int channels = 3) =>
        Find(name).Describe(head, imageSize, channels);
}
