using System.Globalization;
using TorchSharp;

namespace TransferKit;

/// <summary>
/// Where a model computes. A request, not a resource: nothing is looked for until a model is built, so a plan made on one machine
/// can be used on another. Immutable, compared by value.
/// </summary>
public sealed record ComputeDevice
{
    private readonly Kind _kind;
    private readonly int _index;

    private ComputeDevice(Kind kind, int index = 0) => (_kind, _index) = (kind, index);

    private enum Kind
    {
        Auto,
        Cpu,
        Cuda,
        Mps,
    }

    /// <summary>
    /// The best that there is: the first NVIDIA GPU, else an Apple GPU, else the CPU. Where a plan is built to be trained by
    /// several processes, each on a host takes the next GPU, and after the last the first.
    /// </summary>
    public static ComputeDevice Auto { get; } = new(Kind.Auto);

    /// <summary>The processor.</summary>
    public static ComputeDevice Cpu { get; } = new(Kind.Cpu);

    /// <summary>The GPU of a Mac (Metal Performance Shaders).</summary>
    public static ComputeDevice Mps { get; } = new(Kind.Mps);

    /// <summary>An NVIDIA GPU.</summary>
    /// <param name="index">Which of them, counted from 0 in CUDA's order.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is negative.</exception>
    public static ComputeDevice Cuda(int index = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        return new ComputeDevice(Kind.Cuda, index);
    }

    /// <summary>Reads <c>auto</c>, <c>cpu</c>, <c>cuda</c> (the first GPU), <c>cuda:1</c> or <c>mps</c>, in any case.</summary>
    /// <param name="text">What <see cref="ToString"/> gives, for one.</param>
    /// <exception cref="ArgumentException"><paramref name="text"/> is something else.</exception>
    public static ComputeDevice Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.ToLowerInvariant() switch
        {
            "auto" => Auto,
            "cpu" => Cpu,
            "mps" => Mps,
            "cuda" => Cuda(),
            ['c', 'u', 'd', 'a', ':', .. var number]
                when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var index) => Cuda(index),
            _ => throw new ArgumentException(
                $"'{text}' is not a device. Devices are auto, cpu, cuda, cuda:N (N counted from 0) and mps.", nameof(text)),
        };
    }

    /// <summary>The text that <see cref="Parse"/> reads, such as <c>cuda:0</c>.</summary>
    public override string ToString() => _kind switch
    {
        Kind.Auto => "auto",
        Kind.Cpu => "cpu",
        Kind.Mps => "mps",
        _ => string.Create(CultureInfo.InvariantCulture, $"cuda:{_index}"),
    };

    /// <summary>The device itself. Loads libtorch if that has not happened yet.</summary>
    /// <param name="localRank">Which process of its host takes it.</param>
    /// <exception cref="DeviceException">The device is not there; the message says what is missing and how to get it.</exception>
    /// <exception cref="TorchRuntimeException">libtorch is missing or does not load.</exception>
    internal torch.Device Resolve(int localRank = 0)
    {
        TorchRuntime.EnsureLoaded();
        return _kind switch
        {
            Kind.Auto when CudaDevices.Count is > 0 and var count => torch.device(DeviceType.CUDA, localRank % count),
            Kind.Auto when torch.mps_is_available() => torch.device(DeviceType.MPS, 0),
            Kind.Auto or Kind.Cpu => torch.device(DeviceType.CPU),
            Kind.Cuda => ResolveCuda(),
            _ => ResolveMps(),
        };
    }

    private torch.Device ResolveCuda()
    {
        if (CudaDevices.FindProblem() is { } problem)
            throw new DeviceException(this, $"The device {this} is not available. {problem}");
        var count = CudaDevices.Count;
        if (_index >= count)
            throw new DeviceException(this, $"The device {this} is not available. This machine has {count} CUDA "
                + (count == 1 ? "device, cuda:0." : $"devices, cuda:0 to {Cuda(count - 1)}."));
        return torch.device(DeviceType.CUDA, _index);
    }

    private torch.Device ResolveMps()
    {
        if (!torch.mps_is_available())
            throw new DeviceException(this, $"The device {this} is not available. It needs a Mac with Apple silicon, "
                + "macOS 12.3 or newer and the package libtorch-cpu-osx-arm64; elsewhere use auto or cpu.");
        return torch.device(DeviceType.MPS, 0);
    }
}
