using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using TorchSharp;
using TransferKit.Tests.Parity;
using static TorchSharp.torch;

namespace TransferKit.Tests.Weights;

/// <summary>torchvision's networks under the names, and in the shapes, that real state_dicts of timm have.</summary>
public sealed class TimmNamesTests
{
    /// <summary>The architectures that both libraries have, and whose weights mean the same.</summary>
    public static TheoryData<string, string> Both
    {
        get
        {
            var data = new TheoryData<string, string>
            {
                { "inception_v3", "inception_v3" }, { "mobilenet_v2", "mobilenetv2_100" },
                { "mobilenet_v3_small", "mobilenetv3_small_100" }, { "mobilenet_v3_large", "mobilenetv3_large_100" },
                { "mnasnet0_5", "mnasnet_050" }, { "mnasnet0_75", "mnasnet_075" }, { "mnasnet1_0", "mnasnet_100" },
                { "vit_b_16", "vit_base_patch16_224" }, { "vit_b_32", "vit_base_patch32_224" },
                { "vit_l_16", "vit_large_patch16_224" }, { "vit_l_32", "vit_large_patch32_224" },
                { "vit_h_14", "vit_huge_patch14_224" },
                { "swin_t", "swin_tiny_patch4_window7_224" }, { "swin_s", "swin_small_patch4_window7_224" },
                { "swin_b", "swin_base_patch4_window7_224" }, { "swin_v2_t", "swinv2_tiny_window8_256" },
                { "swin_v2_s", "swinv2_small_window8_256" }, { "swin_v2_b", "swinv2_base_window8_256" },
            };
            string[] equal =
            [
                "resnet18", "resnet34", "resnet50", "resnet101", "resnet152",
                "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d", "wide_resnet50_2", "wide_resnet101_2", "densenet121", "densenet161", "densenet169", "densenet201",
                "convnext_tiny", "convnext_small", "convnext_base", "convnext_large",
                "vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn",
                .. Enumerable.Range(0, 8).Select(size => $"efficientnet_b{size}"),
            ];
            foreach (var name in equal)
                data.Add(name, name);
            foreach (var size in new[] { "s", "m", "l" })
                data.Add($"efficientnet_v2_{size}", $"efficientnetv2_{size}");
            // timm's regnetx_004, regnety_008 and regnety_080 are wider or narrower than torchvision's networks of these sizes.
            (string Size, string X, string Y)[] regnets =
            [
                ("400mf", "004_tv", "004"), ("800mf", "008", "008_tv"), ("1_6gf", "016", "016"), ("3_2gf", "032", "032"),
                ("8gf", "080", "080_tv"), ("16gf", "160", "160"), ("32gf", "320", "320"),
            ];
            foreach (var (size, x, y) in regnets)
            {
                data.Add($"regnet_x_{size}", $"regnetx_{x}");
                data.Add($"regnet_y_{size}", $"regnety_{y}");
            }
            data.Add("regnet_y_128gf", "regnety_1280");
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void A_network_has_timms_keys_and_shapes_and_its_own_again(string ours, string theirs)
    {
        using var network = Architectures.Create(ours);
        var tensors = network.NamedWeights().Where(found => !IsComputed(found.Name))
            .ToDictionary(found => found.Name, found => (StoredTensor)new Shape(found.Weight.Type, found.Weight.Shape));

        // "make_timm_goldens.py keys NAME" prints the lines that the digest is of.
        var table = TimmNames.All.Prepend(new NameTable())
            .FirstOrDefault(table => DigestOf(table.ToTheirs(tensors)) == Goldens.TimmStateDicts[theirs]);

        table.Should().NotBeNull();
        var back = table!.ToOurs(table.ToTheirs(tensors));
        back.Keys.Should().BeEquivalentTo(tensors.Keys);
        back.Should().OnlyContain(pair => pair.Value.Shape.SequenceEqual(tensors[pair.Key].Shape));
    }

    [Fact]
    public void Biases_that_timm_keeps_apart_are_put_together_and_taken_apart()
    {
        using var queries = arange(1, 4).to(float32);
        using var values = arange(4, 7).to(float32);
        using var file = WeightsFile.FromStateDict(new Dictionary<string, Tensor>
        {
            ["layers.1.blocks.0.attn.q_bias"] = queries, ["layers.1.blocks.0.attn.v_bias"] = values,
        });

        var joined = KeyNames.Align(file, new HashSet<string> { "features.3.0.attn.qkv.bias" })["features.3.0.attn.qkv.bias"];
        using var bias = joined.Read();
        bias.data<float>().ToArray().Should().Equal(1, 2, 3, 0, 0, 0, 4, 5, 6);

        using var ours = WeightsFile.FromStateDict(new Dictionary<string, Tensor> { ["features.3.0.attn.qkv.bias"] = bias });
        var apart = KeyNames.Align(ours, new HashSet<string> { "layers.1.blocks.0.attn.q_bias", "layers.1.blocks.0.attn.v_bias" });
        using var read = apart["layers.1.blocks.0.attn.v_bias"].Read();
        read.data<float>().ToArray().Should().Equal(4, 5, 6);
    }

    [Fact]
    public void A_convolution_over_the_whole_map_becomes_a_linear_layer()
    {
        using var kernel = arange(24).to(float32).reshape(2, 3, 2, 2);
        using var file = WeightsFile.FromStateDict(new Dictionary<string, Tensor> { ["pre_logits.fc1.weight"] = kernel });
        using var weight = new Weight("weight", [2, 12], value => value.fill_(1), isBuffer: false, ScalarType.Float32);
        weight.Allocate(CPU);

        StateDictLoader.Load(file, [("classifier.0.weight", weight)]);

        weight.Value.detach().reshape(-1).data<float>().ToArray().Should().Equal(Enumerable.Range(0, 24).Select(i => (float)i));
    }

    /// <summary>What follows from the network alone, which timm's files lack.</summary>
    private static bool IsComputed(string name) => name.EndsWith("relative_position_index", StringComparison.Ordinal)
        || name.EndsWith("relative_coords_table", StringComparison.Ordinal);

    private static string DigestOf(IReadOnlyDictionary<string, StoredTensor> tensors)
    {
        var lines = tensors.Select(pair => string.Create(CultureInfo.InvariantCulture,
            $"{pair.Key} {string.Join(',', ShapeInTimm(pair.Key, pair.Value.Shape))} {pair.Value.Type.ToString().ToLowerInvariant()}\n"));
        var text = string.Concat(lines.Order(StringComparer.Ordinal));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
    }

    /// <summary>Where timm has a vector for torchvision's map of one pixel, or a convolution for its linear layer.</summary>
    private static IEnumerable<long> ShapeInTimm(string key, IReadOnlyList<long> shape) => key switch
    {
        _ when key.EndsWith(".gamma", StringComparison.Ordinal) => shape.Take(1),
        "pre_logits.fc1.weight" => [shape[0], shape[1] / 49, 7, 7],
        "pre_logits.fc2.weight" => [.. shape, 1, 1],
        "conv_head.weight" when shape.Count == 2 => [.. shape, 1, 1],
        _ => shape,
    };

    private sealed class Shape(ScalarType type, IReadOnlyList<long> shape) : StoredTensor(type, shape)
    {
        protected override void Fill(Tensor destination) => throw new NotSupportedException();
    }
}
