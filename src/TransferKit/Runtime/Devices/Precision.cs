using System.Diagnostics.CodeAnalysis;
using TorchSharp;

namespace TransferKit;

/// <summary>
/// The numbers that a model computes with. Weights are kept, saved and changed by the optimizer in float32 whatever is chosen;
/// the head's outputs, losses and norms are float32 too.
/// </summary>
[SuppressMessage("Naming", "CA1720", Justification = "The field calls these number formats so.")]
public enum Precision
{
    /// <summary>
    /// The fastest that costs no accuracy: bfloat16 on CPUs with AMX, AMD's with AVX512_BF16 (Zen 4 and later) and GPUs since
    /// Ampere, float16 on older NVIDIA GPUs, else float32. Networks of depthwise convolutions with batch norms (MobileNet,
    /// EfficientNet and their kin) compute in float32 where others take bfloat16: its rounding costs them half a point of
    /// accuracy, and wins them little.
    /// </summary>
    Auto,

    /// <summary>32 bits; results are reproducible to about 1e-6.</summary>
    Float32,

    /// <summary>16 bits with the range of float32 and 8 bits of precision. Runs anywhere; slow without hardware for it.</summary>
    BFloat16,

    /// <summary>16 bits with 11 bits of precision and a small range, so that losses are scaled. On GPUs only.</summary>
    Float16,
}

/// <summary>Resolves a requested precision on a device.</summary>
internal static class PrecisionChoice
{
    private const int Ampere = 8;

    /// <summary>The element type of activations.</summary>
    /// <param name="precision">The requested precision.</param>
    /// <param name="device">Where the network runs.</param>
    /// <param name="needsPrecision">Whether 8 bits are too few for it.</param>
    /// <exception cref="ArgumentException">The device can't compute in it.</exception>
    public static torch.ScalarType Resolve(this Precision precision, torch.Device device, bool needsPrecision) => precision switch
    {
        Precision.Auto when needsPrecision && Fastest(device) == torch.ScalarType.BFloat16 => torch.ScalarType.Float32,
        Precision.Auto => Fastest(device),
        Precision.BFloat16 => torch.ScalarType.BFloat16,
        Precision.Float16 when device.type == DeviceType.CPU => throw new ArgumentException(
            "Precision.Float16 needs a GPU: on the CPU use Auto, BFloat16 or Float32.", nameof(precision)),
        Precision.Float16 => torch.ScalarType.Float16,
        _ => torch.ScalarType.Float32,
    };

    private static torch.ScalarType Fastest(torch.Device device) => device.type switch
    {
        DeviceType.CPU => CpuFeatures.IsBFloat16Fast ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32,
        DeviceType.CUDA => NvidiaDriver.FindGpus().ElementAtOrDefault(device.index).Capability >= Ampere
            ? torch.ScalarType.BFloat16 : torch.ScalarType.Float16,
        _ => torch.ScalarType.Float32,
    };
}
