using TorchSharp;

namespace TransferKit.Tests.Explanations;

/// <summary>Networks whose weights are set by hand, so that it is known what they look at, and a picture to look at.</summary>
internal static class ColorSeeker
{
    /// <summary>A ResNet-18 that says <c>red</c> as much as there is red in the image, and <c>blue</c> for blue.</summary>
    public static TransferModel ResNet()
    {
        var model = Blank(Backbone.ResNet18().ReplaceHead(2).WithImageSize(128));
        Set(model, "conv1.weight", [0, 0, 3, 3], [1, 2, 3, 3]);
        foreach (var stage in new[] { 2, 3, 4 })
            Set(model, $"layer{stage}.0.downsample.0.weight", [0, 0, 0, 0], [1, 1, 0, 0]);
        Set(model, "fc.weight", [0, 0], [1, 1]);
        return model;
    }

    /// <summary>A vision transformer of 4 × 4 patches, all of whose tokens attend to the patches that are red.</summary>
    public static TransferModel VisionTransformer()
    {
        var model = Blank(Backbone.ViT_B32().ReplaceHead(2).WithImageSize(128));
        using var noGradient = torch.no_grad();
        // The red of a patch is summed up in the first feature, which keys hand on and queries ask for.
        Weight(model, "conv_proj.weight")[0, 0].fill_(1.0 / 32);
        foreach (var (name, weight) in model.Network.NamedWeights())
            if (name.EndsWith("in_proj_weight", StringComparison.Ordinal))
                weight.Value[768, 0].fill_(1);
            else if (name.EndsWith("in_proj_bias", StringComparison.Ordinal))
                weight.Value[0].fill_(4);
        return model;
    }

    /// <summary>A red square above left and a blue one below right, on the mean color: <c>[3, 128, 128]</c>.</summary>
    public static torch.Tensor Image()
    {
        var image = torch.zeros(3, 128, 128);
        image[0].narrow(0, 0, 28).narrow(1, 0, 28).fill_(3);
        image[2].narrow(0, 96, 32).narrow(1, 96, 32).fill_(4);
        return image;
    }

    /// <summary>A model that passes nothing on: norms and skips hand on, all else is 0.</summary>
    private static TransferModel Blank(TransferPlan plan)
    {
        plan = plan.On(ComputeDevice.Cpu).WithPrecision(Precision.Float32);
        var network = plan.Describe();
        network.Allocate(torch.CPU);
        using var noGradient = torch.no_grad();
        foreach (var (name, weight) in network.NamedWeights())
            if (weight.Shape.Count > 1 || name.EndsWith("bias", StringComparison.Ordinal)
                || name.EndsWith("bn2.weight", StringComparison.Ordinal))
                weight.Value.zero_();
            else
                weight.Initialize();
        return new TransferModel(new LiveModel(plan.Recipe, network, Preprocessing.ImageNet.ForCrop(128)),
            new ModelFacts { ClassNames = ["red", "blue"] });
    }

    private static void Set(TransferModel model, string name, params long[][] places)
    {
        using var noGradient = torch.no_grad();
        foreach (var place in places)
            Weight(model, name)[[.. place.Select(index => torch.TensorIndex.Single(index))]] = 1f;
    }

    private static torch.Tensor Weight(TransferModel model, string name) =>
        model.Network.NamedWeights().Single(found => found.Name == name).Weight.Value;
}
