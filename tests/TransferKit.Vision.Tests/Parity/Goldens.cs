using System.Text.Json;

namespace TransferKit.Vision.Tests;

/// <summary>What PIL and torchvision made of the fixtures; see make_goldens.py.</summary>
internal sealed record Goldens(
    Dictionary<string, DecodedGolden> Decoded,
    EvaluationGolden[] Evaluations,
    CropGolden[] Crops,
    OperationGolden[] Operations)
{
    public static Goldens All { get; } = JsonSerializer.Deserialize<Goldens>(
        File.ReadAllBytes(Path.Join(AppContext.BaseDirectory, "Parity", "goldens.json")), JsonSerializerOptions.Web)!;
}

internal sealed record DecodedGolden(int Width, int Height, string Sha256);

internal sealed record EvaluationGolden(string File, int Resize, int Crop, string Filter, string Sha256, string Normalised);

internal sealed record CropGolden(string File, int[] Box, int Size, string Filter, bool Mirror, string Sha256);

/// <summary>Either the hash of the pixels, where they must be equal, or the pixels, where they must be close.</summary>
internal sealed record OperationGolden(string Step, string File, int Width, int Height, string? Sha256, byte[]? Pixels);
