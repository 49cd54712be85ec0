using TorchSharp;

namespace TransferKit.Vision.Tests;

/// <summary>
/// A small network that says different things about the pictures of the fixtures, although it has learned nothing.
/// </summary>
internal static class SmallModel
{
    private const double Spread = 2;

    /// <summary>Pictures of different sizes and formats.</summary>
    public static string[] Pictures { get; } =
    [
        .. new[] { "large.jpg", "rgb_97x61.png", "lossy.webp", "palette.gif", "rgb.bmp", "cmyk.jpg", "rgb_150x40.png", "orientation_6.jpg" }
            .Select(Fixture.PathOf),
    ];

    public static TransferModel Build(LearningTask task = LearningTask.Classification, Head? head = null)
    {
        torch.manual_seed(1);
        var model = Backbone.ShuffleNetV2_x0_5(Pretrained.None).ReplaceHead(head ?? Head.Linear(4)).WithImageSize(32)
            .WithPrecision(Precision.Float32).On(ComputeDevice.Cpu).Build();
        model.Task = task;
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        // A network that starts from nothing takes all pictures for the same, as its norms know nothing of them.
        var images = Images(model);
        model.Network.SetTraining(true);
        BatchNormStatistics.Estimate(model.Network, [images.alias()], model.Network.Forward);
        model.Network.SetTraining(false);
        var logits = model.Forward(images);
        var (factor, mean) = (Spread / logits.std(0, unbiased: true, keepdim: false), logits.mean([0]));
        foreach (var weight in model.Network.Heads[0].NamedWeights().Select(found => found.Weight))
            weight.Value.copy_(weight.Shape.Count == 2 ? weight.Value * factor.unsqueeze(1) : (weight.Value - mean) * factor);
        return model;
    }

    /// <summary>Saves a model in a folder and gives the file's path.</summary>
    public static string SaveIn(this TransferModel model, TemporaryFolder folder)
    {
        var path = Path.Join(folder.Path, "model.tkm");
        model.Save(path);
        return path;
    }

    /// <summary>The pictures as the model takes them.</summary>
    public static torch.Tensor Images(TransferModel model)
    {
        using var batch = Data(model).Read(new ReadOptions
        {
            Preprocessing = model.Preprocessing, Order = [.. Enumerable.Range(0, Pictures.Length)], BatchSize = Pictures.Length,
        }).Single();
        return batch.Images.alias();
    }

    /// <summary>The pictures with labels that mean nothing.</summary>
    public static ImageList Data(TransferModel model) => ImageList.Create(
        Pictures.Select((file, i) => (ImageSource.FromFile(file), model.ClassNames[i % model.ClassNames.Count])), classes: model.ClassNames);

    /// <summary>Rows of a tensor.</summary>
    public static float[][] Rows(torch.Tensor values) => [.. values.contiguous().data<float>().ToArray().Chunk((int)values.shape[1])];

    /// <summary>Checks numbers, as equal as float32 computes them in another order.</summary>
    public static void ShouldBe(this IReadOnlyList<float> actual, IReadOnlyList<float> expected, float tolerance = 1e-4f)
    {
        actual.Should().HaveSameCount(expected);
        for (var i = 0; i < actual.Count; i++)
            actual[i].Should().BeApproximately(expected[i], tolerance);
    }
}
