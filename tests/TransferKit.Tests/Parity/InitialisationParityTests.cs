using TorchSharp;

namespace TransferKit.Tests.Parity;

[Trait("Lane", "Slow")]
public class InitialisationParityTests
{
    public static TheoryData<string> Models => [.. Goldens.Initialisation.Keys];

    [Theory]
    [MemberData(nameof(Models))]
    public void Fresh_weights_are_drawn_from_torchvisions_distributions(string model)
    {
        using var network = Architectures.Create(model);
        var weights = network.NamedWeights().ToDictionary(found => found.Name, found => found.Weight);
        torch.manual_seed(0);
        foreach (var (name, golden) in Goldens.Initialisation[model])
        {
            using var scope = torch.NewDisposeScope();
            var weight = weights[name];
            weight.Allocate(torch.CPU);
            weight.Initialize();
            var values = weight.Value.detach();
            // Five standard errors of a mean and of a deviation, doubled, as both sides are drawn.
            var tolerance = 10 * golden.Std / Math.Sqrt(golden.Elements) + 1e-6 * (1 + Math.Abs(golden.Mean));
            values.mean().item<float>().Should().BeApproximately((float)golden.Mean, (float)tolerance, $"mean of {name}");
            if (golden.Elements > 1)
                values.std().item<float>().Should().BeApproximately((float)golden.Std, (float)tolerance, $"deviation of {name}");
            var reach = 1.5 * Math.Max(Math.Abs(golden.Min), Math.Abs(golden.Max)) + 1e-7;
            values.abs().max().item<float>().Should().BeLessThanOrEqualTo((float)reach, $"reach of {name}");
        }
    }
}
