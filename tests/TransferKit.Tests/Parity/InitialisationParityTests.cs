using TorchSharp;

namespace TransferKit.Tests.Parity;

[Trait("Lane", "Slow")]
public class InitialisationParityTests
{
    public static TheoryData<string> Models => [.. Goldens.Initialisation.Keys];

    public static TheoryData<string> TimmModels => [.. Goldens.TimmInitialisation.Keys];

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

    [Theory]
    [MemberData(nameof(TimmModels))]
    public void Fresh_weights_are_drawn_from_timms_distributions(string model)
    {
        using var network = Architectures.Create($"timm/{model}");
        var weights = network.NamedWeights().ToDictionary(found => found.Name, found => found.Weight);
        torch.manual_seed(0);
        var differing = new List<string>();
        foreach (var (name, golden) in Goldens.TimmInitialisation[model])
        {
            using var scope = torch.NewDisposeScope();
            var weight = weights[name];
            weight.Allocate(torch.CPU);
            weight.Initialize();
            if (Difference(weight.Value.detach().@double(), golden) is { } difference)
                differing.Add($"{name} {difference}");
            weight.Dispose();
        }

        string.Join('\n', differing).Should().BeEmpty();
    }

    /// <summary>What tells values from those that timm draws, where that can't be chance.</summary>
    /// <param name="values">float64.</param>
    /// <param name="golden">As <see cref="Goldens.TimmInitialization"/> has it.</param>
    private static string? Difference(torch.Tensor values, double[] golden)
    {
        // Goldens have four digits. Eight standard errors of the difference of two that are drawn are no chance.
        const double Digits = 1e-3, Errors = 8;
        if (golden is [var constant])
            return (values - constant).abs().max().item<double>() <= Digits * Math.Abs(constant) ? null : $"isn't {constant}";
        var (count, wantedMean, wantedDeviation, wantedKurtosis) = (values.numel(), golden[0], golden[1], golden[2]);
        var centered = values - values.mean();
        var deviation = Math.Sqrt((centered * centered).mean().item<double>());
        var kurtosis = centered.pow(4).mean().item<double>() / Math.Pow(deviation, 4);
        var reach = values.abs().max().item<double>();
        var error = Errors / Math.Sqrt(count);
        if (Math.Abs(values.mean().item<double>() - wantedMean) > wantedDeviation * (error + Digits))
            return $"has the mean {values.mean().item<double>():G4} and not {wantedMean}";
        if (Math.Abs(deviation - wantedDeviation) > wantedDeviation * (error * Math.Sqrt(wantedKurtosis) / 2 + Digits))
            return $"has the deviation {deviation:G4} and not {wantedDeviation}";
        // The number's own error is known of normal distributions alone, and is less for those that end.
        if (count >= 4096 && Math.Abs(kurtosis - wantedKurtosis) > error * Math.Sqrt(24) + Digits)
            return $"has the kurtosis {kurtosis:G4} and not {wantedKurtosis}";
        var ends = wantedKurtosis < 2.6 && count >= 4096;
        return ends && Math.Abs(reach - golden[3]) > 0.05 * golden[3] ? $"reaches {reach:G4} and not {golden[3]}" : null;
    }
}
