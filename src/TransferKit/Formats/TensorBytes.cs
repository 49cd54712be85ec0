using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>A tensor's values as bytes, little-endian and in row-major order: what every format of weights holds.</summary>
internal static class TensorBytes
{
    /// <summary>The number of bytes.</summary>
    public static long Count(Tensor tensor) => tensor.numel() * tensor.dtype.SizeInBytes();

    /// <summary>Writes a tensor of any device and layout.</summary>
    public static void Write(Stream stream, Tensor tensor)
    {
        const int ViewBytes = 1 << 28;
        using var scope = NewDisposeScope();
        var flat = tensor.detach().cpu().contiguous().view(-1);
        var perView = ViewBytes / tensor.dtype.SizeInBytes();
        for (long first = 0; first < flat.numel(); first += perView)
        {
            using var part = flat.narrow(0, first, Math.Min(perView, flat.numel() - first));
            stream.Write(part.bytes);
        }
    }
}
