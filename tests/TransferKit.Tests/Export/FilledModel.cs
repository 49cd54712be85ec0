using TorchSharp;
using TransferKit.Tests.Parity;

namespace TransferKit.Tests.Export;

/// <summary>Models whose weights and images follow formulas, so that they need no download.</summary>
internal static class FilledModel
{
    public const int Classes = 10;

    /// <summary>A model with a linear head for ten classes.</summary>
    /// <param name="name">The architecture.</param>
    /// <param name="size">Height and width of its images, in pixels; null: a small size that it can take.</param>
    /// <param name="head">Another head.</param>
    public static TransferModel Create(string name, int? size = null, Head? head = null)
    {
        var golden = Nearest(name);
        // Its last layers are so wide that with the gain of its family float32 itself is off by more than 1e-4.
        var filling = name == "regnet_y_128gf" ? golden.Filling with { Gain = 1.4 } : golden.Filling;
        // A vision transformer is built for one size, and a few patches will do.
        var pixels = size ?? (name.StartsWith("vit", StringComparison.Ordinal) ? 4 * int.Parse(name[^2..]) : golden.Size);
        var recipe = new ModelRecipe(Architectures.Find(name), Pretrained.None)
        {
            Head = head ?? Head.Linear(Classes),
            ImageSize = pixels,
            Device = ComputeDevice.Cpu,
        };
        var network = recipe.Describe();
        network.Allocate(torch.CPU);
        FormulaWeights.Fill(network, filling);
        return new TransferModel(new LiveModel(recipe, network, Preprocessing.ImageNet.ForCrop(pixels)),
            new ModelFacts { ClassNames = [.. Enumerable.Range(0, network.Classes).Select(i => $"class {i}")] });
    }

    /// <summary>Formula images <c>[count, 3, S, S]</c> of the size that a model takes.</summary>
    public static torch.Tensor Images(TransferModel model, int count)
    {
        var size = model.Preprocessing.CropSize;
        return torch.tensor(FormulaWeights.Images(count, size), [count, 3, size, size]);
    }

    /// <summary>How the model of a golden is filled that is most like this one; the mildest filling where several are.</summary>
    private static LogitsGolden Nearest(string name) => Goldens.Logits
        .OrderByDescending(golden => golden.Model.Zip(name).TakeWhile(pair => pair.First == pair.Second).Count())
        .ThenBy(golden => golden.Gain)
        .First();
}
