using TorchSharp;
using TransferKit.Tests.Weights;

namespace TransferKit.Tests.Export;

/// <summary>
/// ONNX Runtime computes from an exported model what the model computes itself, for batches of one and of three images.
/// Models of more than 8 million parameters are tested where they are the smallest of their family; all 80 of torchvision's with
/// TRANSFERKIT_LARGE=1, which takes minutes and 12 GB of memory.
/// </summary>
[Trait("Lane", "Slow")]
public sealed class OnnxParityTests : IDisposable
{
    private const double Tolerance = 1e-4;
    private const long Limit = 8_000_000;

    /// <summary>A small one of each family of timm's, and one for each kind of layer that the others don't have.</summary>
    private static readonly string[] OfTimm =
    [
        "test_resnet", "ecaresnet26t", "seresnext26d_32x4d", "resnetblur50", "resnet50_gn", "res2net50_48w_2s", "resnest14d",
        "skresnet18", "legacy_seresnet18", "test_efficientnet", "tf_mixnet_s", "tf_mobilenetv3_large_075",
        "mobilenetv4_hybrid_medium", "regnetx_002", "regnetz_005", "test_convnext3", "convnextv2_atto", "resnetv2_18d",
        "resnetv2_50x1_bit", "test_byobnet", "repvgg_a0", "mobileone_s0", "gcresnext26ts", "resnet50_clip", "mobilevit_xxs",
        "mobilevitv2_050", "eca_botnext26ts_256", "eca_halonext26ts", "hgnetv2_b0", "fastvit_mci0", "hiera_tiny_224",
        "hiera_small_abswin_256", "levit_128s", "tiny_vit_5m_224", "efficientvit_b0", "efficientvit_l1", "efficientvit_m0",
        "deit_tiny_distilled_patch16_224", "samvit_base_patch16", "vit_relpos_medium_patch16_cls_224", "test_vit", "test_vit3",
        "test_vit4", "vit_base_patch32_clip_quickgelu_224", "vit_tiny_patch16_dinov3_qkvb", "eva02_tiny_patch14_224",
        "beit_base_patch16_224", "mixer_s32_224", "resmlp_12_224", "gmlp_ti16_224", "poolformer_s12", "caformer_s18",
        "convformer_s18", "xcit_nano_12_p16_224", "swin_tiny_patch4_window7_224", "swinv2_tiny_window8_256",
        "swinv2_cr_tiny_ns_224", "coatnet_rmlp_nano_rw_224", "maxvit_rmlp_pico_rw_256", "densenetblur121d", "haloregnetz_b",
        "vgg11", "inception_v3", "inception_v4", "inception_resnet_v2",
    ];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Models
    {
        get
        {
            var all = Environment.GetEnvironmentVariable("TRANSFERKIT_LARGE") == "1";
            var sizes = Backbone.All.ToDictionary(model => model.Name, model => model.Parameters);
            string[] smallest = ["convnext_tiny", "efficientnet_v2_s", "inception_v3", "maxvit_t", "resnet18",
                "swin_t", "swin_v2_t", "vit_b_32"];
            return
            [
                .. sizes.Keys.Where(name => all || sizes[name] <= Limit || smallest.Contains(name)),
                .. OfTimm.Select(name => $"timm/{name}"),
            ];
        }
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Models))]
    public void Logits_are_the_models(string name)
    {
        using var scope = torch.NewDisposeScope();
        using var model = FilledModel.Create(name);
        var path = _folder.File("model.onnx");
        model.ExportOnnx(path);
        var images = FilledModel.Images(model, 3);
        var expected = model.Forward(images);

        using var scorer = new OnnxScorer(path);

        RequireClose(scorer.Score(images), expected);
        RequireClose(scorer.Score(images[..1]), expected[..1]);
    }

    private static void RequireClose(torch.Tensor actual, torch.Tensor expected)
    {
        actual.shape.Should().Equal(expected.shape);
        // Relative to the largest logit: one that happens to be near zero is no better known than the others.
        var largest = expected.abs().max().item<float>();
        largest.Should().BeGreaterThan(0);
        ((actual - expected).abs().max().item<float>() / largest).Should().BeLessThan((float)Tolerance);
    }
}
