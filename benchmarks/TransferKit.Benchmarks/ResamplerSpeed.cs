using System.Drawing;
using TransferKit.Vision;

namespace TransferKit.Benchmarks;

/// <summary>
/// The resampler alone, on one thread, to put beside <c>baseline/resampler_speed.py</c>: pictures of noise, whole to 224 × 224.
/// </summary>
internal static unsafe class ResamplerSpeed
{
    private static readonly Size Target = new(224, 224);

    public static void Run(int repetitions)
    {
        Console.WriteLine($"CPU time a picture on one thread, to {Target.Width} × {Target.Height}, median of {repetitions}");
        foreach (var filter in new[] { Interpolation.Bilinear, Interpolation.Bicubic, Interpolation.Lanczos })
            foreach (var size in new Size[] { new(500, 375), new(1024, 768), new(3000, 2000) })
                Console.WriteLine($"{filter,-9}{$"{size.Width} × {size.Height}",-12}{Measure(size, filter, repetitions),8:F3} ms");
    }

    private static double Measure(Size size, Interpolation filter, int repetitions)
    {
        using var source = new PixelBuffer();
        using var target = new PixelBuffer();
        using var resampler = new Resampler();
        source.Reset(size);
        target.Reset(Target);
        var noise = new Random(1);
        for (var y = 0; y < size.Height; y++)
            noise.NextBytes(new Span<byte>(source.At(0, y), size.Width * PixelBuffer.BytesPerPixel));

        var plan = new Resampling(size, Target, new(Point.Empty, Target), filter, MirrorX: false, MirrorY: false);
        var times = new double[repetitions];
        // The first runs are compiled without optimization.
        for (var i = -repetitions; i < repetitions; i++)
        {
            var before = Environment.CpuUsage.TotalTime;
            resampler.Run(plan, source.Data, source.Stride, target.Data, target.Stride);
            if (i >= 0)
                times[i] = (Environment.CpuUsage.TotalTime - before).TotalMilliseconds;
        }

        Array.Sort(times);
        return times[repetitions / 2];
    }
}
