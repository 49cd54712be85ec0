using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using TorchSharp;

namespace TransferKit.Tests.Parity;

/// <summary>The deterministic filling of networks and images that formula_weights.py describes, bit for bit.</summary>
public static class FormulaWeights
{
    private const int Block = 16;

    /// <summary>Whether a tensor is filled; the others keep what the network computes for them.</summary>
    public static bool Fills(string key) => LastSegment(key) is not ("relative_position_index" or "relative_coords_table");

    /// <summary>Fills all weights and buffers of a network; those that aren't filled get what the network computes for them.</summary>
    internal static void Fill(Network network, Filling filling)
    {
        using var noGradient = torch.no_grad();
        foreach (var (key, weight) in network.NamedWeights())
        {
            if (!Fills(key))
                weight.Initialize();
            else if (weight.Value.dtype == torch.float32)
                Fill(key, MemoryMarshal.Cast<byte, float>(weight.Value.bytes), weight.Shape.ToArray(), filling);
            else
                weight.Value.zero_();
        }
    }

    /// <summary>Fills a weight or a buffer of the given state_dict key and shape, in row-major order.</summary>
    public static void Fill(string key, Span<float> values, ReadOnlySpan<long> shape, Filling filling)
    {
        var (offset, scale, away) = Distribution(LastSegment(key), shape, filling);
        var seed = Hash(key);
        var signs = filling.Style == "aligned" ? Hash("sign") : seed;
        var i = 0;
        // All of 300 million values one by one would take longer than what is tested.
        for (; away == 0 && i <= values.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var (lower, upper) = Vector256.Widen(Uniform(seed, Vector256.Create((uint)i) + Vector256<uint>.Indices));
            Vector256.Narrow(Value(lower), Value(upper)).CopyTo(values[i..]);
        }

        for (; i < values.Length; i++)
            values[i] = (float)(offset + Math.CopySign(away, Uniform(signs, i)) + scale * Uniform(seed, i));

        Vector256<double> Value(Vector256<double> u) => Vector256.Create(offset) + scale * u;
    }

    /// <summary>Images <c>[count, 3, size, size]</c>: blocks of 16 pixels under half as much noise.</summary>
    public static float[] Images(int count, int size)
    {
        var (blocks, pixels) = (Hash("images.blocks"), Hash("images.pixels"));
        var cells = (size + Block - 1) / Block;
        var values = new float[count * 3 * size * size];
        for (var i = 0; i < values.Length; i++)
        {
            var (plane, y, x) = (i / (size * size), i / size % size, i % size);
            var cell = (plane * cells + y / Block) * cells + x / Block;
            values[i] = (float)(2.0 * Uniform(blocks, cell) + Uniform(pixels, i));
        }

        return values;
    }

    /// <summary>The factors <c>[count, classes]</c> of the goldens' loss, mean(logits · coefficients).</summary>
    public static float[] Coefficients(int count, int classes)
    {
        var seed = Hash("coefficients");
        return [.. Enumerable.Range(0, count * classes).Select(i => (float)Uniform(seed, i))];
    }

    private static (double Offset, double Scale, double Away) Distribution(
        string name, ReadOnlySpan<long> shape, Filling filling) =>
        name switch
        {
            "running_mean" => (0, 0.1, 0),
            "running_var" => filling.IsKinked ? (0.25, 0.05, 0) : (1, 0.2, 0),
            "num_batches_tracked" => (0, 0, 0),
            "layer_scale" or "gamma" or "gamma1" or "gamma2" or "gamma3" or "ls1" or "ls2" => (0.5, 0.1, 0),
            "alpha" or "scale" or "temperature" => (1, 0.1, 0),
            "logit_scale" => (2, 0.1, 0),
            "class_token" or "pos_embedding" or "relative_position_bias_table" => (0, 0.5, 0),
            _ when shape.Length >= 2 => (0, Math.Sqrt(filling.Gain * 3 / FanIn(shape)), 0),
            _ when name.EndsWith("weight", StringComparison.Ordinal) => filling.IsKinked ? (0.5, 0.05, 0) : (1, 0.1, 0),
            _ => filling.IsKinked ? (0, 0.5, 2) : (0, 0.1, 0),
        };

    private static long FanIn(ReadOnlySpan<long> shape)
    {
        var product = 1L;
        foreach (var size in shape[1..])
            product *= size;
        return product;
    }

    private static string LastSegment(string key) => key[(key.LastIndexOf('.') + 1)..];

    /// <summary>FNV-1a, 32 bits (Fowler, Noll and Vo, 1991).</summary>
    private static uint Hash(string key)
    {
        var state = 0x811C9DC5u;
        foreach (var value in Encoding.UTF8.GetBytes(key))
            state = (state ^ value) * 0x01000193u;
        return state;
    }

    /// <summary>A multiple of 2⁻²³ in [−1, 1): the finalizer of MurmurHash3 (Appleby, 2011) over a Weyl sequence.</summary>
    private static double Uniform(uint seed, int index)
    {
        var x = seed + (uint)index * 0x9E3779B9u;
        x = (x ^ (x >> 16)) * 0x85EBCA6Bu;
        x = (x ^ (x >> 13)) * 0xC2B2AE35u;
        x ^= x >> 16;
        return (x >> 8) / 8388608.0 - 1.0;
    }

    /// <summary>As <see cref="Uniform(uint, int)"/>; a float32 holds it exactly.</summary>
    private static Vector256<float> Uniform(uint seed, Vector256<uint> indices)
    {
        var x = Vector256.Create(seed) + indices * 0x9E3779B9u;
        x = (x ^ (x >>> 16)) * 0x85EBCA6Bu;
        x = (x ^ (x >>> 13)) * 0xC2B2AE35u;
        x ^= x >>> 16;
        return Vector256.ConvertToSingle((x >>> 8).AsInt32()) * (1 / 8388608f) - Vector256<float>.One;
    }
}
