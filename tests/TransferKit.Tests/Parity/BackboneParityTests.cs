using TorchSharp;

namespace TransferKit.Tests.Parity;

[Trait("Lane", "Slow")]
public sealed class BackboneParityTests
{
    private const double Tolerance = 1e-4;
    private const double MedianTolerance = 1e-5;

    public static TheoryData<string> Models =>
        [.. Goldens.Logits.Select(golden => golden.Model)];

    [Theory]
    [MemberData(nameof(Models))]
    public void Outputs_statistics_and_gradients_are_the_librarys(string model)
    {
        var golden = Goldens.Logits.Single(golden => golden.Model == model);
        using var scope = torch.NewDisposeScope();
        using var network = Filled(golden);
        var (count, size) = (golden.Images, golden.Size);
        var images = torch.tensor(FormulaWeights.Images(count, size), [count, 3, size, size]);

        network.SetTraining(false);
        using (torch.no_grad())
            RequireClose(network.Forward(images), golden.Evaluation, "evaluation");

        network.SetTraining(true);
        SilenceRandomLayers(network);
        var logits = network.Forward(images);
        RequireClose(logits, golden.Training, "training");

        var coefficients = torch.tensor(FormulaWeights.Coefficients(count, (int)logits.shape[1]), logits.shape);
        (logits * coefficients).mean().backward();
        var weights = network.NamedWeights().ToDictionary(found => found.Name, found => found.Weight.Value);
        foreach (var (key, norm) in golden.RunningStatistics)
            Norm(weights[key]).Should().BeApproximately(norm, Tolerance * norm, $"{key} is tracked in training");
        foreach (var (key, norm) in golden.Gradients)
            Norm(weights[key].grad!).Should().BeApproximately(norm, Tolerance * norm, $"this is the gradient's norm of {key}");
    }

    private static Network Filled(LogitsGolden golden)
    {
        var blueprint = Architectures.Find(golden.Model);
        var network = blueprint.Describe(imageSize: blueprint.IsBuiltForSize ? golden.Size : null);
        network.Allocate(torch.CPU);
        FormulaWeights.Fill(network, golden.Filling);
        // Gradients of the others would be computed for nothing.
        foreach (var (key, weight) in network.NamedWeights())
            weight.SetTrains(golden.Gradients.ContainsKey(key));
        return network;
    }

    private static void SilenceRandomLayers(Network network)
    {
        foreach (var (_, layer) in network.Steps.SelectMany(step => step.Walk()).Where(found => found.Layer.IsRandom))
            layer.SetTraining(false);
    }

    private static void RequireClose(torch.Tensor logits, LogitsSummary golden, string mode)
    {
        // Relative to the largest logit: one that happens to be near zero is no better known than the others.
        var tolerance = Tolerance * golden.Largest;
        var exact = logits.detach().to_type(torch.ScalarType.Float64);
        MedianError(exact, golden).Should().BeLessThan(MedianTolerance, $"this is the usual error in {mode} mode");
        for (var image = 0; image < golden.First.Length; image++)
            for (var i = 0; i < golden.First[image].Length; i++)
                exact[image, i].item<double>().Should()
                    .BeApproximately(golden.First[image][i], tolerance, $"this is logit {i} of image {image} in {mode} mode");
        exact.mean().item<double>().Should().BeApproximately(golden.Mean, tolerance, $"this is the mean logit in {mode} mode");
        exact.abs().max().item<double>().Should()
            .BeApproximately(golden.Largest, tolerance, $"this is the largest logit in {mode} mode");
        exact.norm().item<double>().Should()
            .BeApproximately(golden.Norm, Tolerance * golden.Norm, $"this is the logits' norm in {mode} mode");
    }

    private static double MedianError(torch.Tensor logits, LogitsSummary golden)
    {
        var errors = golden.First.SelectMany((first, image) => first.Select((expected, i) =>
            Math.Abs(logits[image, i].item<double>() - expected) / golden.Largest)).Order().ToList();
        return errors[errors.Count / 2];
    }

    /// <summary>Summed up in float64: float32 loses a few digits over millions of values.</summary>
    private static double Norm(torch.Tensor tensor) => tensor.detach().to_type(torch.ScalarType.Float64).norm().item<double>();
}
