using System.Drawing;
using System.Runtime.InteropServices;

namespace TransferKit.Vision.Tests;

public unsafe class TransformParityTests
{
    public static TheoryData<int> Evaluations => [.. Enumerable.Range(0, Goldens.All.Evaluations.Length)];

    public static TheoryData<int> TenCrops => [.. Enumerable.Range(0, Goldens.All.TenCrops.Length)];

    public static TheoryData<int> Crops => [.. Enumerable.Range(0, Goldens.All.Crops.Length)];

    [Theory]
    [MemberData(nameof(Evaluations))]
    public void Resize_and_centre_crop_give_the_pixels_of_torchvision(int number)
    {
        var golden = Goldens.All.Evaluations[number];
        var pixels = Fixture.Transform(golden.File,
            new Resize(golden.Resize) { Interpolation = Enum.Parse<Interpolation>(golden.Filter) },
            new CenterCrop(golden.Crop));

        Fixture.Sha256(pixels).Should().Be(golden.Sha256, $"that is the golden of {golden}");
    }

    [Theory]
    [MemberData(nameof(Evaluations))]
    public void Evaluation_gives_the_numbers_of_torchvision(int number)
    {
        var golden = Goldens.All.Evaluations[number];
        var preprocessing = Preprocessing.ImageNet with
        {
            CropSize = golden.Crop,
            ResizeSize = golden.Resize,
            Interpolation = Enum.Parse<Interpolation>(golden.Filter),
        };
        var numbers = new float[3 * golden.Crop * golden.Crop];
        using var reader = new SampleReader(new ImageOptions());
        fixed (float* target = numbers)
            reader.Read(Fixture.Source(golden.File), Transforms.Evaluate(preprocessing), default, target);

        var planes = Enumerable.Range(0, 3).SelectMany(channel => numbers.Skip(channel).Where((_, i) => i % 3 == 0)).ToArray();
        Fixture.Sha256(MemoryMarshal.AsBytes(planes.AsSpan())).Should().Be(golden.Normalised, $"that is the golden of {golden}");
    }

    [Theory]
    [MemberData(nameof(Crops))]
    public void A_resized_crop_gives_the_pixels_of_torchvision(int number)
    {
        var golden = Goldens.All.Crops[number];
        var pixels = Fixture.Transform(golden.File, canvas =>
        {
            canvas.Crop(new Rectangle(golden.Box[0], golden.Box[1], golden.Box[2], golden.Box[3]));
            canvas.Resize(new Size(golden.Size, golden.Size), Enum.Parse<Interpolation>(golden.Filter));
            if (golden.Mirror)
                canvas.MirrorX();
        });

        Fixture.Sha256(pixels).Should().Be(golden.Sha256, $"that is the golden of {golden}");
    }

    [Theory]
    [MemberData(nameof(TenCrops))]
    public void Ten_crops_are_those_of_torchvision_in_its_order(int number)
    {
        var golden = Goldens.All.TenCrops[number];
        var views = new Transforms(new Resize(golden.Resize), new CenterCrop(golden.Crop)).TenCrop();

        views.Select(view => Fixture.Sha256(Fixture.Transform(golden.File, [.. view]))).Should().Equal(golden.Sha256);
    }
}
