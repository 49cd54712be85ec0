using System.Drawing;

namespace TransferKit.Vision.Tests;

/// <summary>Noting operations down must give the same pixels as carrying out one after the other.</summary>
public class CanvasTests
{
    private const string File = "rgb_97x61.png";

    [Fact]
    public void Fused_operations_equal_one_after_the_other()
    {
        var random = new SeededRandom(11, 0);
        for (var trial = 0; trial < 300; trial++)
        {
            var steps = Enumerable.Range(0, 1 + random.Next(6)).Select(_ => RandomStep(ref random)).ToArray();

            var fused = Fixture.Transform(File, canvas =>
            {
                foreach (var step in steps)
                    step.Apply(canvas);
            });
            var stepwise = Fixture.Transform(File, canvas =>
            {
                foreach (var step in steps)
                {
                    step.Apply(canvas);
                    canvas.Pixels();
                }
            });

            fused.Should().Equal(stepwise, $"the steps are {string.Join(", ", steps.Select(step => step.Name))}");
        }
    }

    [Fact]
    public void What_lies_beyond_the_picture_is_black()
    {
        var pixels = Fixture.Transform("rgb_1x1.png", canvas => canvas.Crop(new(-1, -1, 3, 3)));
        var pixel = Fixture.Decode("rgb_1x1.png");

        pixels.Should().Equal([.. new byte[12], .. pixel, .. new byte[12]]);
        Fixture.Transform(File, canvas => canvas.Crop(new(200, 200, 4, 4))).Should().Equal(new byte[48]);
    }

    [Fact]
    public void Mirroring_twice_changes_nothing()
    {
        Fixture.Transform(File, canvas =>
        {
            canvas.MirrorX();
            canvas.MirrorY();
            canvas.Pixels();
            canvas.MirrorY();
            canvas.MirrorX();
        }).Should().Equal(Fixture.Decode(File));
    }

    [Fact]
    public unsafe void What_was_erased_and_then_cut_off_is_not_written_beyond_the_picture()
    {
        using var decoder = new ImageDecoder();
        using var picture = decoder.Open(Fixture.Source(File));
        using var canvas = new Canvas();
        canvas.Load(picture);
        canvas.Erase(new(0, 0, 97, 61));
        canvas.Crop(new(0, 0, 10, 10));
        var numbers = new float[3 * 97 * 61];
        Array.Fill(numbers, 7);

        fixed (float* target = numbers)
            canvas.WriteTo(target);

        numbers.Take(3 * 100).Should().OnlyContain(number => number == 0);
        numbers.Skip(3 * 100).Should().OnlyContain(number => number == 7);
    }

    private sealed record Step(string Name, Action<Canvas> Apply);

    private static Step RandomStep(ref SeededRandom random)
    {
        switch (random.Next(4))
        {
            case 0:
                return new("mirror X", canvas => canvas.MirrorX());
            case 1:
                return new("mirror Y", canvas => canvas.MirrorY());
            case 2:
                var area = new Rectangle(random.Next(20) - 6, random.Next(20) - 6, 1 + random.Next(60), 1 + random.Next(60));
                return new($"crop {area}", canvas => canvas.Crop(area));
            default:
                var size = new Size(1 + random.Next(80), 1 + random.Next(80));
                return new($"resize {size}", canvas => canvas.Resize(size, Interpolation.Bilinear));
        }
    }
}
