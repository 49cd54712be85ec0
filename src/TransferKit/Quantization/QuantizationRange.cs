using TorchSharp;

namespace TransferKit;

/// <summary>
/// Which numbers the 256 values of 8 bits stand for: <c>Scale · (value − ZeroPoint)</c>, as ONNX's <c>QuantizeLinear</c> has it.
/// </summary>
/// <param name="Scale">The step from one to the next, above 0.</param>
/// <param name="ZeroPoint">The value that stands for 0.</param>
internal readonly record struct QuantizationRange(float Scale, byte ZeroPoint)
{
    private const int Steps = byte.MaxValue;

    /// <summary>The range from one number to another, made wider if need be to have 0 in it.</summary>
    public static QuantizationRange Of(float low, float high)
    {
        (low, high) = (Math.Min(low, 0), Math.Max(high, 0));
        if (low == high)
            return new(1, 0);
        var scale = (high - low) / Steps;
        // A runtime drops a clipping in front of the rounding only where no step lies beyond its limit.
        while (low == 0 && scale * Steps > high)
            scale = MathF.BitDecrement(scale);
        return new(scale, (byte)Math.Clamp(MathF.Round(-low / scale), 0, Steps));
    }

    /// <summary>Values rounded to 8 bits and back; those outside become the nearest inside.</summary>
    public torch.Tensor Round(torch.Tensor values)
    {
        using var scope = torch.NewDisposeScope();
        return values.Divide(Scale).round_().ClampInPlace(-ZeroPoint, Steps - ZeroPoint).MultiplyInPlace(Scale)
            .MoveToOuterDisposeScope();
    }

    /// <summary>The same of a single number.</summary>
    public double Round(double value) => Math.Clamp(Math.Round(value / Scale), -ZeroPoint, Steps - ZeroPoint) * Scale;
}
