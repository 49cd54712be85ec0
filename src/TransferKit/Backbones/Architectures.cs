using TransferKit.Timm;

namespace TransferKit;

/// <summary>All architectures by name.</summary>
internal static class Architectures
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

    /// <summary>Finds an architecture.</summary>
    /// <param name="name">The name, in any case; timm's with a tag or without.</param>
    /// <param name="zoo">Whose name it is; null: torchvision's if it has one of that name, else timm's.</param>
    /// <returns>The architecture, or null.</returns>
    public static NamedBlueprint? TryFind(string name, Zoo? zoo = null) =>
        (zoo == Zoo.Timm ? null : Known.FirstOrDefault(model => model.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        ?? (zoo == Zoo.TorchVision ? null : TimmTables.Find(name));

    /// <inheritdoc cref="TryFind"/>
    /// <exception cref="ArgumentException">There is no such architecture.</exception>
    public static NamedBlueprint Find(string name, Zoo? zoo = null) =>
        TryFind(name, zoo) ?? throw new ArgumentException(WhyNot(name, zoo), nameof(name));

    /// <summary>Why <see cref="TryFind"/> finds nothing, and what else there is.</summary>
    public static string WhyNot(string name, Zoo? zoo)
    {
        var architecture = TimmTables.ArchitectureOf(name);
        if (zoo is not null && TryFind(name) is not null)
            return zoo == Zoo.Timm
                ? $"timm has no model named '{name}', but torchvision has: leave Zoo.Timm out."
                : $"torchvision has no model named '{name}', but timm has: leave Zoo.TorchVision out, or take Zoo.Timm.";
        if (zoo != Zoo.TorchVision && TimmTables.Find(architecture) is not null)
            return $"timm has no weights named '{name}'; of {architecture} it has "
                + $"{string.Join(", ", TimmTables.Of(architecture).Select(weights => weights.Model))}.";
        if (zoo != Zoo.TorchVision && TimmTables.WhyNot(architecture) is { } reason)
            return $"{reason} Backbone.Search finds those it has.";
        var names = (zoo == Zoo.Timm ? [] : Known.Select(model => model.Name))
            .Concat(zoo == Zoo.TorchVision ? [] : TimmTables.Names.Where(model => TimmTables.Find(model) is not null));
        return $"There is no model named '{name}'.{NearestNames.Hint(name, names.Distinct())}"
            + " Backbone.All lists torchvision's models, and Backbone.Search finds timm's.";
    }

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
