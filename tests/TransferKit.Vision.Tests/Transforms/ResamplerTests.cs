using System.Drawing;
using System.Runtime.Intrinsics.X86;

namespace TransferKit.Vision.Tests;

public unsafe class ResamplerTests
{
    [SkippableTheory]
    [InlineData(Interpolation.Bilinear)]
    [InlineData(Interpolation.Bicubic)]
    [InlineData(Interpolation.Nearest)]
    [InlineData(Interpolation.Lanczos)]
    public void Every_kernel_gives_the_same_bytes(Interpolation filter)
    {
        Skip.IfNot(Avx2.IsSupported, "This processor has no AVX2 to compare with.");
        var random = new SeededRandom(3, (int)filter);
        using var source = new PixelBuffer();
        using var fast = new Resampler(new Avx2ResampleKernel());
        using var portable = new Resampler(new PortableResampleKernel());
        for (var trial = 0; trial < 60; trial++)
        {
            var box = new Size(1 + random.Next(300), 1 + random.Next(120));
            var size = new Size(1 + random.Next(90), 1 + random.Next(90));
            var plan = new Resampling(box, size, RandomPart(size, ref random), filter, random.Next(2) == 0, random.Next(2) == 0);
            FillWithNoise(source, box, ref random);

            Run(fast, plan, source).Should().Equal(Run(portable, plan, source), $"{plan} was asked for");
        }
    }

    [Theory]
    [InlineData(Interpolation.Bicubic)]
    [InlineData(Interpolation.Nearest)]
    public void A_window_is_a_part_of_the_whole_result(Interpolation filter)
    {
        var random = new SeededRandom(4, 0);
        using var source = new PixelBuffer();
        using var resampler = new Resampler();
        for (var trial = 0; trial < 40; trial++)
        {
            var box = new Size(1 + random.Next(150), 1 + random.Next(150));
            var size = new Size(1 + random.Next(60), 1 + random.Next(60));
            FillWithNoise(source, box, ref random);
            var window = RandomPart(size, ref random);
            var whole = new Resampling(box, size, new(Point.Empty, size), filter, false, false);

            var expected = new List<byte>();
            var pixels = Run(resampler, whole, source);
            for (var y = window.Top; y < window.Bottom; y++)
                expected.AddRange(pixels.AsSpan(3 * (y * size.Width + window.X), 3 * window.Width));

            Run(resampler, whole with { Window = window }, source).Should().Equal(expected);
        }
    }

    [Theory]
    [InlineData(Interpolation.Bicubic)]
    [InlineData(Interpolation.Nearest)]
    [InlineData(Interpolation.Lanczos)]
    public void Only_the_pixels_in_reach_are_looked_at(Interpolation filter)
    {
        var random = new SeededRandom(5, 0);
        using var source = new PixelBuffer();
        using var resampler = new Resampler();
        var plan = new Resampling(new(200, 100), new(40, 30), new(10, 8, 12, 9), filter, false, false);
        FillWithNoise(source, plan.Box, ref random);
        var before = Run(resampler, plan, source);

        for (var y = 0; y < source.Height; y++)
            for (var x = 0; x < source.Width; x++)
            {
                if (!plan.Reach.Contains(x, y))
                    *(uint*)source.At(x, y) ^= 0xFFFFFF;
            }

        Run(resampler, plan, source).Should().Equal(before);
        plan.Reach.Width.Should().BeLessThan(200);
    }

    private static Rectangle RandomPart(Size size, ref SeededRandom random)
    {
        var (width, height) = (1 + random.Next(size.Width), 1 + random.Next(size.Height));
        return new(random.Next(size.Width - width + 1), random.Next(size.Height - height + 1), width, height);
    }

    private static void FillWithNoise(PixelBuffer pixels, Size size, ref SeededRandom random)
    {
        pixels.Reset(size);
        for (var y = 0; y < size.Height; y++)
            for (var x = 0; x < size.Width; x++)
                *(uint*)pixels.At(x, y) = (uint)random.NextUInt64();
    }

    private static byte[] Run(Resampler resampler, Resampling plan, PixelBuffer source)
    {
        using var target = new PixelBuffer();
        target.Reset(plan.Window.Size);
        resampler.Run(plan, source.Data, source.Stride, target.Data, target.Stride);
        return Fixture.Bytes(target, target.Area);
    }
}
