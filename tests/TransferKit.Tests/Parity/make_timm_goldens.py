#!/usr/bin/env python3
"""Makes the goldens that timm's models are compared with. Needs PyTorch 1.13 and a checkout of timm 1.0.29.

    PYTHONPATH=<timm> make_timm_goldens.py state_dicts              -> timm_state_dicts.json.gz
    PYTHONPATH=<timm> make_timm_goldens.py logits [MODEL ...]       -> timm_logits.json (all cases, or the named models' anew)
    PYTHONPATH=<timm> make_timm_goldens.py initialisation           -> timm_initialisation.json.gz; of named models it is printed
    PYTHONPATH=<timm> make_timm_goldens.py keys MODEL               prints what the digest of a model is of

State_dicts are those of networks for 1000 classes, made without memory. Logits are found as make_goldens.py finds them: those of
the float32 weights in float64 arithmetic.
"""
import argparse
import gzip
import hashlib
import json
import warnings

import timm
import torch

import make_goldens

# Image size, gain and style of the filling; sizes are small legal ones. One small and one large member of each family.
CASES = [
    ("test_resnet", 64, 2, "kinked"), ("ecaresnet26t", 65, 2, "kinked"), ("seresnext26d_32x4d", 64, 1.5, "kinked"),
    ("resnet50_gn", 64, 1.5, "smooth"), ("resnetaa50d", 64, 2, "kinked"), ("resnetblur50", 64, 2, "kinked"),
    ("senet154", 64, 1.2, "kinked"), ("resnetrs101", 96, 1.3, "kinked"),
    ("res2net50_26w_4s", 64, 0.7, "kinked"), ("resnest14d", 64, 1.3, "smooth"),
    ("resnest50d_4s2x40d", 64, 1, "aligned"), ("skresnext50_32x4d", 64, 1, "aligned"),
    ("legacy_seresnet18", 65, 2, "kinked"), ("legacy_seresnet50", 64, 1.5, "kinked"),
    ("legacy_seresnext26_32x4d", 64, 1.5, "kinked"),
    ("skresnet18", 64, 1.3, "kinked"),
    ("test_efficientnet", 64, 2, "kinked"), ("tf_efficientnet_b1", 65, 1.5, "kinked"), ("tf_efficientnetv2_b3", 64, 1.3, "kinked"),
    ("tf_mixnet_s", 65, 1.5, "kinked"), ("mobilenetv3_small_050", 64, 2, "kinked"), ("tf_mobilenetv3_large_075", 65, 2, "kinked"),
    ("fbnetv3_b", 64, 1.5, "kinked"), ("lcnet_050", 64, 2, "kinked"), ("mobilenetv4_hybrid_medium", 160, 1, "kinked"),
    ("mobilenetv4_conv_aa_large", 96, 1.5, "kinked"),
    ("tf_efficientnet_b5", 64, 1.3, "kinked"),
    ("regnetx_002", 64, 2, "kinked"), ("regnety_032", 64, 1.7, "kinked"), ("regnetz_005", 64, 1.5, "kinked"),
    ("regnetv_040", 79, 1.5, "kinked"), ("regnety_008_tv", 64, 2, "kinked"),
    ("regnety_160", 64, 1.5, "kinked"),
    ("test_convnext3", 64, 2, "smooth"), ("convnext_nano_ols", 64, 2, "smooth"), ("convnextv2_atto", 64, 2, "smooth"),
    ("convnextv2_tiny", 64, 2, "smooth"), ("convnext_tiny_hnf", 64, 2, "smooth"), ("convnext_large_mlp", 32, 2, "smooth"),
    ("beit_base_patch16_224", 48, 2, "smooth"), ("beitv2_large_patch16_224", 32, 2, "smooth"),
    ("test_byobnet", 64, 2, "kinked"), ("repvgg_a0", 64, 0.7, "smooth"),
    ("repvgg_b1", 64, 0.7, "aligned"), ("mobileone_s0", 64, 0.3, "aligned"), ("mobileone_s4", 64, 0.3, "aligned"),
    ("gernet_s", 64, 1.5, "kinked"), ("gcresnext26ts", 64, 1.5, "smooth"), ("resnet50_clip", 64, 1, "kinked"),
    ("mobilevit_xxs", 64, 1.5, "smooth"), ("mobilevitv2_050", 64, 1.5, "smooth"),
    ("eca_botnext26ts_256", 64, 1.1, "smooth"), ("eca_halonext26ts", 256, 1.1, "smooth"),
    ("haloregnetz_b", 224, 1.1, "kinked"),
    ("hgnetv2_b0", 64, 1.5, "kinked"), ("hgnet_tiny", 64, 1.2, "kinked"), ("hgnetv2_b4", 64, 2, "aligned"),
    ("fastvit_t8", 64, 1.5, "smooth"), ("fastvit_mci0", 64, 0.7, "smooth"), ("fastvit_ma36", 64, 0.7, "smooth"),
    ("hiera_tiny_224", 64, 2, "smooth"), ("hiera_small_abswin_256", 96, 2, "smooth"), ("hiera_base_plus_224", 64, 2, "smooth"),
    ("levit_128s", 96, 0.8, "kinked"), ("levit_conv_128s", 96, 0.5, "kinked"), ("levit_384", 96, 0.6, "smooth"),
    ("tiny_vit_5m_224", 64, 1.2, "smooth"), ("tiny_vit_21m_224", 64, 1.2, "smooth"),
    ("efficientvit_b0", 64, 1.5, "smooth"), ("efficientvit_l1", 128, 1.5, "smooth"),
    ("efficientvit_b3", 64, 1.5, "kinked"),
    ("efficientvit_m0", 128, 0.5, "kinked"), ("efficientvit_m5", 128, 0.4, "kinked"),
    ("deit_tiny_distilled_patch16_224", 32, 2, "smooth"),
    ("resnetv2_18d", 64, 2, "kinked"), ("resnetv2_50x1_bit", 65, 1, "kinked"), ("resnetv2_101x1_bit", 64, 2, "kinked"),
    ("test_vit", 64, 2, "smooth"), ("test_vit2", 64, 2, "smooth"), ("test_vit3", 64, 2, "smooth"), ("test_vit4", 64, 2, "smooth"),
    ("vit_small_patch14_reg4_dinov2", 70, 2, "smooth"), ("vit_base_patch32_clip_quickgelu_224", 64, 2, "smooth"),
    ("vit_base_patch32_siglip_256", 64, 2, "smooth"),
    ("vit_relpos_small_patch16_224", 48, 2, "smooth"), ("vit_relpos_medium_patch16_cls_224", 48, 2, "smooth"),
    ("vit_relpos_base_patch16_rpn_224", 48, 0.5, "smooth"), ("samvit_base_patch16", 48, 2, "smooth"),
    ("aimv2_large_patch14_224", 28, 2, "smooth"),
    ("beit3_base_patch16_224", 32, 2, "smooth"),
    ("vit_tiny_patch16_dinov3_qkvb", 64, 2, "smooth"), ("vit_small_plus_patch16_dinov3", 64, 2, "smooth"),
    ("eva02_tiny_patch14_224", 70, 2, "smooth"), ("eva02_base_patch14_224", 28, 2, "smooth"),
    ("vit_pe_core_tiny_patch16_384", 64, 2, "smooth"), ("vit_large_patch16_dinov3", 32, 2, "smooth"),
    ("vit_small_patch16_rope_ape_224", 64, 2, "smooth"),
    ("mixer_s32_224", 64, 2, "smooth"), ("mixer_b32_224", 64, 2, "smooth"),
    ("gmixer_12_224", 48, 1, "smooth"), ("resmlp_12_224", 48, 1, "smooth"), ("gmlp_ti16_224", 48, 2, "smooth"),
    ("poolformer_s12", 64, 2, "smooth"), ("poolformerv2_s12", 64, 2, "smooth"), ("caformer_s18", 64, 2, "smooth"),
    ("poolformer_m36", 64, 2, "smooth"), ("convformer_s18", 64, 2, "smooth"), ("caformer_m36", 64, 2, "smooth"),
    ("xcit_nano_12_p16_224", 64, 2, "smooth"), ("xcit_tiny_12_p8_224", 32, 2, "smooth"),
    ("xcit_medium_24_p16_224", 64, 2, "smooth"),
    ("swin_tiny_patch4_window7_224", 96, 2, "smooth"), ("swin_s3_tiny_224", 68, 2, "smooth"),
    ("swinv2_tiny_window8_256", 64, 2, "smooth"), ("swinv2_cr_tiny_ns_224", 96, 2, "smooth"),
    ("swin_base_patch4_window7_224", 64, 2, "smooth"), ("swinv2_base_window8_256", 64, 2, "smooth"),
    ("swinv2_cr_small_ns_224", 64, 2, "smooth"),
    ("coatnet_0_rw_224", 64, 2, "smooth"), ("coatnet_rmlp_nano_rw_224", 64, 2, "smooth"), ("maxvit_tiny_tf_224", 64, 1, "smooth"),
    ("maxvit_rmlp_pico_rw_256", 64, 2, "smooth"), ("maxxvit_rmlp_nano_rw_256", 64, 2, "smooth"),
    ("coatnet_2_rw_224", 64, 2, "smooth"), ("maxvit_base_tf_224", 64, 1, "smooth"),
    ("vgg11", 32, 2, "kinked"), ("vgg19_bn", 32, 2, "kinked"), ("densenetblur121d", 64, 2, "kinked"),
    ("densenet201", 64, 2, "kinked"), ("inception_v3", 139, 2, "kinked"),
    ("inception_v4", 139, 2, "kinked"), ("inception_resnet_v2", 139, 1.5, "kinked"),
]

# One a family and, where variants differ in it, several.
INITIALISED = [
    "resnet10t", "seresnet18", "resnetblur18", "ecaresnet26t", "res2net50_48w_2s", "resnest14d", "resnest50d_1s4x24d",
    "skresnet18", "legacy_seresnet18", "test_efficientnet", "mixnet_s", "mobilenetv3_small_050", "mobilenetv4_hybrid_medium",
    "fbnetv3_b", "lcnet_050", "regnetx_002", "regnety_002", "regnetz_005", "test_convnext", "test_convnext3", "convnextv2_atto",
    "convnext_atto_ols", "convnext_tiny_hnf", "beit_base_patch16_224", "test_byobnet", "repvgg_a0", "mobileone_s0", "gernet_s",
    "gcresnext26ts", "resnet50_clip", "mobilevit_xxs", "mobilevitv2_050", "eca_botnext26ts_256", "eca_halonext26ts", "hgnetv2_b0",
    "hgnet_tiny", "fastvit_t8", "fastvit_mci0", "hiera_tiny_224", "hiera_small_abswin_256", "levit_128s", "levit_conv_128s",
    "tiny_vit_5m_224", "efficientvit_b0", "efficientvit_l1", "efficientvit_m0", "deit_tiny_distilled_patch16_224", "resnetv2_18d",
    "resnetv2_50x1_bit", "test_vit", "test_vit2", "test_vit3", "test_vit4", "vit_small_patch14_reg4_dinov2",
    "vit_base_patch32_siglip_256", "vit_relpos_small_patch16_224", "vit_relpos_small_patch16_rpn_224",
    "vit_relpos_medium_patch16_cls_224", "samvit_base_patch16_224", "beit3_base_patch16_224", "vit_tiny_patch16_dinov3_qkvb",
    "eva02_tiny_patch14_224", "vit_pe_core_tiny_patch16_384", "vit_small_patch16_rope_ape_224", "mixer_s32_224", "gmixer_12_224",
    "resmlp_12_224", "gmlp_ti16_224", "poolformer_s12", "poolformerv2_s12", "caformer_s18", "xcit_nano_12_p16_224",
    "swin_tiny_patch4_window7_224", "swin_s3_tiny_224", "swinv2_tiny_window8_256", "swinv2_cr_tiny_ns_224", "coatnet_nano_rw_224",
    "coatnet_rmlp_nano_rw_224", "coatnet_0_224", "coatnext_nano_rw_224", "maxvit_tiny_tf_224", "maxvit_rmlp_pico_rw_256",
    "maxxvit_rmlp_nano_rw_256", "vgg11_bn", "densenet121", "inception_v3", "inception_v4", "inception_resnet_v2",
]

# Of parameters with more values only the smallest of its kind of layer is looked at.
MOST_VALUES = 1 << 18

# Those whose heads alone have gradients that float32 can tell: CLIP's last ReLU is next to its kink too often, and EfficientViT
# divides by sums of ReLUs.
HEADS_ALONE = ("resnet50_clip", "efficientvit_b3")

# A depthwise kernel of one pixel is a factor that the norm behind it takes away: its exact gradient is nearly zero.
CANCELED = "conv_scale.conv.weight"

# Those with batch norms of one vector an image. Of two images that gives 1 and -1, whatever the network saw in them.
NORMED, NORMED_IMAGES = ("efficientvit_m", "levit", "resnest", "skres"), 8


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["state_dicts", "logits", "initialisation", "keys"])
    parser.add_argument("models", nargs="*")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    if arguments.part == "state_dicts":
        write_state_dicts()
    elif arguments.part == "initialisation":
        write_initialisation(arguments.models)
    elif arguments.part == "keys":
        print("".join(lines(arguments.models[0])), end="")
    else:
        write_logits(arguments.models)


def lines(name):
    """A line for each tensor: key, shape and type."""
    model = timm.create_model(name, num_classes=1000, device="meta")
    return sorted(
        f"{key} {','.join(map(str, value.shape))} {str(value.dtype).removeprefix('torch.')}\n"
        for key, value in model.state_dict().items())


def write_state_dicts():
    digests = {}
    for name in timm.list_models():
        try:
            digests[name] = hashlib.sha256("".join(lines(name)).encode()).hexdigest()[:16]
        except Exception as error:
            print(f"{name}: {type(error).__name__} {str(error)[:100]}", flush=True)
    text = json.dumps(digests, separators=(",", ":"))
    (make_goldens.FOLDER / "timm_state_dicts.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{len(digests)} architectures")


def write_logits(models):
    make_goldens.build = lambda name, **_: timm.create_model(name, num_classes=1000, **options(name))
    path = make_goldens.FOLDER / "timm_logits.json"
    cases = {case["model"]: case for case in json.loads(path.read_text())} if path.exists() else {}
    for name, *rest in CASES:
        if not models or name in models:
            sizes[name] = rest[0]
            images = NORMED_IMAGES if name.startswith(NORMED) else make_goldens.IMAGES
            golden = {**make_goldens.golden(name, *rest, images), "model": "timm/" + name}
            golden["gradients"] = {
                key: norm for key, norm in golden["gradients"].items()
                if not key.endswith(CANCELED) and (key.startswith("head") or not name.startswith(HEADS_ALONE))}
            cases["timm/" + name] = golden
            make_goldens.write_json(path.name, [cases["timm/" + case[0]] for case in CASES if "timm/" + case[0] in cases])


def write_initialisation(models):
    if models:
        for name in models:
            print("\n".join(f"{key} {values}" for key, values in starts(name).items()))
        return
    text = json.dumps({name: starts(name) for name in INITIALISED}, separators=(",", ":"))
    (make_goldens.FOLDER / "timm_initialisation.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def starts(name):
    """How parameters start: a number where all values are the same, else mean, deviation, kurtosis and largest absolute value."""
    model, other = (drawn(name, seed) for seed in (0, 1))
    kinds = {}
    for path, module in model.named_modules():
        for key, value in module.named_parameters(recurse=False):
            kinds.setdefault((type(module).__name__, key), []).append((f"{path}.{key}".lstrip("."), value))
    some = {key for values in kinds.values() for key, value in values
            if value.numel() <= MOST_VALUES or value.numel() == min(other.numel() for _, other in values)}
    # Of a single value that is drawn nothing can be said.
    return {key: distribution(value.detach().double()) for key, value in model.named_parameters()
            if key in some and (value.numel() > 1 or value.equal(other.get_parameter(key)))}


def drawn(name, seed):
    torch.manual_seed(seed)
    return timm.create_model(name, num_classes=1000)


def distribution(values):
    if values.min() == values.max():
        return [short(values.max(), 4)]
    # Once in 2^24 values PyTorch 1.13's trunc_normal_ gives its bound, a hundred deviations away.
    values = values[(values - values.mean()).abs() < 20 * values.std()]
    mean, deviation = values.mean(), values.std(unbiased=False)
    kurtosis = ((values - mean) / deviation).pow(4).mean()
    return [short(mean, 3), short(deviation, 4), short(kurtosis, 3), short(values.abs().max(), 3)]


def short(value, digits):
    return float(f"{float(value):.{digits}g}")


sizes = {}


def options(name):
    """Networks with positions are built for the size of the images; some drop paths by themselves, which no golden could repeat."""
    known = {"img_size": sizes[name]} if timm.get_pretrained_cfg(name) and timm.get_pretrained_cfg(name).fixed_input_size else {}
    if name.startswith("legacy_se"):
        known["drop_rate"] = 0
    return {**known, "drop_path_rate": 0} if name.startswith(("swin", "tiny_vit")) else known


if __name__ == "__main__":
    main()
