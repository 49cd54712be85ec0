namespace TransferKit;

/// <summary>One architecture of the zoo: torchvision's name and the function that writes it down.</summary>
/// <param name="Name">The name in torchvision: <c>resnet50</c>.</param>
/// <param name="Blueprint">Makes a fresh tree of layers.</param>
internal sealed record ZooModel(string Name, Func<Blueprint> Blueprint);

/// <summary>All architectures by name.</summary>
internal static class Zoo
{
    /// <summary>The classes of ImageNet-1k, which torchvision's weights score.</summary>
    public const int ImageNetClasses = 1000;

    public static IReadOnlyList<ZooModel> All { get; } =
    [
        .. AlexNet.Models,
        .. DenseNet.Models,
        .. EfficientNet.Models,
        .. GoogLeNet.Models,
        .. InceptionV3.Models,
        .. MnasNet.Models,
        .. MobileNetV2.Models,
        .. MobileNetV3.Models,
        .. RegNet.Models,
        .. ResNet.Models,
        .. ShuffleNetV2.Models,
        .. SqueezeNet.Models,
        .. Vgg.Models,
    ];

    /// <exception cref="ArgumentException">There is no such architecture.</exception>
    public static ZooModel Find(string name) =>
        All.FirstOrDefault(model => model.Name == name) ?? throw new ArgumentException(
            $"There is no model named '{name}'.{NearestNames.Hint(name, All.Select(a => a.Name))}"
            + " Backbone.All lists every model.", nameof(name));

    public static Network Create(string name, Head? head = null) =>
        new(Find(name).Blueprint(), head ?? Head.Linear(ImageNetClasses));
}
