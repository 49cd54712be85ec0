using System.Text.Json;
using System.Text.Json.Serialization;
using static TransferKit.Layers;

namespace TransferKit.Timm;

/// <summary>VGG (Simonyan and Zisserman, 2015) as timm has it: its first linear layers are convolutions.</summary>
internal static class Vgg
{
    private const int Hidden = 4096, Size = 7;

    public static Blueprint Build(VggConfig config) => new(
        [("features", TransferKit.Vgg.Features(config.Cfg, config.NormLayer == VggNorm.BatchNorm2d))],
        output =>
        [
            ("pre_logits", Chain(
                new LeastSize(Size),
                ("fc1", TransferKit.Vgg.Conv(
                    TransferKit.Vgg.Width(config.Cfg.Length - 1), Hidden, new Kernel2d(Size, padding: 0))), Relu,
                ("fc2", TransferKit.Vgg.Conv(Hidden, Hidden, new Kernel2d(1))), Relu)),
            ("head", Chain(GlobalAveragePool, Flatten(), ("fc", output.Vector(Hidden, TransferKit.Vgg.Dense)))),
        ],
        Trunk: "features");

    /// <summary>Enlarges maps that are smaller to S × S pixels, by averages of parts that overlap.</summary>
    private sealed class LeastSize(int size) : Layer
    {
        protected internal override T Compute<T>(Operations<T> ops, T input)
        {
            var (height, width) = (ops.Size(input, 2), ops.Size(input, 3));
            if (height >= size && width >= size)
                return input;
            return height <= size && width <= size
                ? ops.GlobalPool(input, PoolKind.Average, size)
                : throw new ArgumentException($"A map of {ops.Sample(input)} is smaller than {size} pixels along one side alone: "
                    + "use larger images.", nameof(input));
        }
    }
}

/// <summary>What differs among networks of the family, in the words of timm's class <c>VGG</c>.</summary>
internal sealed record VggConfig
{
    /// <summary>Convolutions of each stage.</summary>
    [JsonConverter(typeof(DepthReader))]
    public int[] Cfg { get; set; } = [];

    /// <summary>The norm behind each; null: there is none.</summary>
    public VggNorm? NormLayer { get; set; }

    /// <summary>Reads the channels of all convolutions, <c>"M"</c> standing between the stages.</summary>
    internal sealed class DepthReader : ConfigReader<int[]>
    {
        public override int[] Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
        {
            var (depths, depth) = (new List<int>(), 0);
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType == JsonTokenType.String)
                {
                    depths.Add(depth);
                    depth = 0;
                    continue;
                }
                if (reader.GetInt32() != TransferKit.Vgg.Width(depths.Count))
                    throw new JsonException("A stage has another width.");
                depth++;
            }
            return [.. depths];
        }
    }
}

internal enum VggNorm
{
    BatchNorm2d,
}
