using System.Text.Json;

namespace TransferKit.Vision.Tests;

/// <summary>What PIL and torchvision made of the fixtures; see make_goldens.py.</summary>
internal sealed record Goldens(
    Dictionary<string, DecodedGolden> Decoded,
    EvaluationGolden[] Evaluations,
    GreyGolden[] Greys,
    CropGolden[] Crops,
    TenCropGolden[] TenCrops,
    OperationGolden[] Operations,
    PolicyStepGolden[] PolicySteps)
{
    public static Goldens All { get; } = Read<Goldens>("goldens.json");

    public static T Read<T>(string file) => JsonSerializer.Deserialize<T>(
        File.ReadAllBytes(Path.Join(AppContext.BaseDirectory, "Parity", file)), JsonSerializerOptions.Web)!;
}

internal sealed record DecodedGolden(int Width, int Height, string Sha256);

internal sealed record EvaluationGolden(string File, int Resize, int Crop, string Filter, string Sha256, string Normalised);

internal sealed record GreyGolden(string File, int Resize, int Crop, string Sha256);

internal sealed record CropGolden(string File, int[] Box, int Size, string Filter, bool Mirror, string Sha256);

/// <summary>Either the hash of the pixels, where they must be equal, or the pixels, where they must be close.</summary>
internal sealed record OperationGolden(string Step, string File, int Width, int Height, string? Sha256, byte[]? Pixels);

internal sealed record TenCropGolden(string File, int Resize, int Crop, string[] Sha256);

internal sealed record PolicyStepGolden(string Step, double Magnitude, string? Sha256, byte[]? Pixels);

/// <summary>What torchvision's random transforms draw; see make_goldens.py.</summary>
internal sealed record RandomnessGoldens(
    Dictionary<string, Dictionary<string, SpaceGolden>> Spaces,
    Dictionary<string, PolicyGolden[][]> Policies,
    Dictionary<string, DistributionGolden[]> Distributions)
{
    public static RandomnessGoldens All { get; } = Goldens.Read<RandomnessGoldens>("randomness.json");
}

/// <summary>The magnitudes of a step at all levels; one where it has none.</summary>
internal sealed record SpaceGolden(bool Signed, double[] Magnitudes);

internal sealed record PolicyGolden(string Step, double Probability, int Level);

internal sealed record DistributionGolden(string Name, double Mean, double Deviation, double Least, double Greatest);
