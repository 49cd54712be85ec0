using System.Runtime.InteropServices;
using System.Text.Json;

namespace TransferKit.Vision.Tests;

/// <summary>What make_timm_goldens.py found out.</summary>
public sealed unsafe class TimmPreprocessingTests
{
    private static readonly Golden[] Goldens = JsonSerializer.Deserialize<Golden[]>(
        File.ReadAllBytes(Path.Join(AppContext.BaseDirectory, "Parity", "timm_goldens.json")), JsonSerializerOptions.Web)!;

    public static TheoryData<string> Files => [.. Goldens.Select(golden => golden.File).Distinct()];

    [Theory]
    [MemberData(nameof(Files))]
    public void Pictures_become_the_numbers_of_timms_create_transform(string file)
    {
        foreach (var golden in Goldens.Where(golden => golden.File == file))
        {
            // A network for images of another size is prepared for this one, so that timm's rounding is met too.
            var preprocessing = new Preprocessing
            {
                CropSize = 224, ResizeSize = (int)(224 / golden.Share), CropShare = golden.Share, Squash = golden.Mode == "squash",
                Interpolation = Enum.Parse<Interpolation>(golden.Interpolation, ignoreCase: true),
                Mean = new(0.48145466f, 0.4578275f, 0.40821073f), Std = new(0.26862954f, 0.26130258f, 0.27577711f),
            }.ForCrop(golden.Size);
            var numbers = new float[3 * golden.Size * golden.Size];
            using var reader = new SampleReader(new ImageOptions { ApplyOrientation = false });
            fixed (float* target = numbers)
                reader.Read(Fixture.Source(file), Transforms.Evaluate(preprocessing), default, target);

            var planes = Enumerable.Range(0, 3).SelectMany(channel => numbers.Skip(channel).Where((_, i) => i % 3 == 0)).ToArray();
            Fixture.Sha256(MemoryMarshal.AsBytes(planes.AsSpan())).Should().Be(golden.Sha256, $"that is the golden of {golden}");
        }
    }

    private sealed record Golden(string File, int Size, double Share, string Mode, string Interpolation, string Sha256);
}
