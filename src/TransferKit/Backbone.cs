namespace TransferKit;

/// <summary>
/// The zoo's front door: one factory a model, named after torchvision's. Each gives a <see cref="TransferPlan"/>, on which
/// one says what to replace, freeze and train.
/// </summary>
public static class Backbone
{
    /// <summary>Every model of the zoo, in alphabetical order.</summary>
    public static IReadOnlyList<BackboneInfo> All { get; } =
        [.. Zoo.All.Select(BackboneInfo.Of).OrderBy(info => info.Name, StringComparer.Ordinal)];

    /// <summary>A plan for the model of a name.</summary>
    /// <param name="name">The name in torchvision, such as <c>resnet50</c>.</param>
    /// <param name="weights">Where its weights come from; null: <see cref="Pretrained.None"/>.</param>
    /// <exception cref="ArgumentException">There is no such model; the message has the nearest names.</exception>
    public static TransferPlan Create(string name, Pretrained? weights = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        weights ??= Pretrained.None;
        Zoo.Find(name);
        PretrainedWeights.RequireKnown(name, weights);
        return new TransferPlan(name, weights);
    }

    /// <summary>MobileNetV2 (Sandler et al., 2018).</summary>
    public static TransferPlan MobileNetV2(Pretrained? weights = null) => Create("mobilenet_v2", weights);

    /// <summary>ResNet-18 (He et al., 2016).</summary>
    public static TransferPlan ResNet18(Pretrained? weights = null) => Create("resnet18", weights);

    /// <summary>ResNet-34 (He et al., 2016).</summary>
    public static TransferPlan ResNet34(Pretrained? weights = null) => Create("resnet34", weights);

    /// <summary>ResNet-50 (He et al., 2016).</summary>
    public static TransferPlan ResNet50(Pretrained? weights = null) => Create("resnet50", weights);

    /// <summary>ResNet-101 (He et al., 2016).</summary>
    public static TransferPlan ResNet101(Pretrained? weights = null) => Create("resnet101", weights);

    /// <summary>ResNet-152 (He et al., 2016).</summary>
    public static TransferPlan ResNet152(Pretrained? weights = null) => Create("resnet152", weights);

    /// <summary>ResNeXt-50 32×4d (Xie et al., 2017).</summary>
    public static TransferPlan ResNeXt50_32x4d(Pretrained? weights = null) => Create("resnext50_32x4d", weights);

    /// <summary>ResNeXt-101 32×8d (Xie et al., 2017).</summary>
    public static TransferPlan ResNeXt101_32x8d(Pretrained? weights = null) => Create("resnext101_32x8d", weights);

    /// <summary>ResNeXt-101 64×4d (Xie et al., 2017).</summary>
    public static TransferPlan ResNeXt101_64x4d(Pretrained? weights = null) => Create("resnext101_64x4d", weights);

    /// <summary>Wide ResNet-50-2 (Zagoruyko and Komodakis, 2016).</summary>
    public static TransferPlan WideResNet50_2(Pretrained? weights = null) => Create("wide_resnet50_2", weights);

    /// <summary>Wide ResNet-101-2 (Zagoruyko and Komodakis, 2016).</summary>
    public static TransferPlan WideResNet101_2(Pretrained? weights = null) => Create("wide_resnet101_2", weights);

    /// <summary>SqueezeNet 1.0 (Iandola et al., 2016).</summary>
    public static TransferPlan SqueezeNet1_0(Pretrained? weights = null) => Create("squeezenet1_0", weights);

    /// <summary>SqueezeNet 1.1 (Iandola et al., 2016).</summary>
    public static TransferPlan SqueezeNet1_1(Pretrained? weights = null) => Create("squeezenet1_1", weights);
}
