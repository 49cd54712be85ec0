#!/usr/bin/env python3
"""Makes the goldens that timm's models are compared with. Needs PyTorch 1.13 and a checkout of timm 1.0.29.

    PYTHONPATH=<timm> make_timm_goldens.py state_dicts              -> timm_state_dicts.json.gz
    PYTHONPATH=<timm> make_timm_goldens.py logits [MODEL ...]       -> timm_logits.json (all cases, or the named models' anew)
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
    ("test_efficientnet", 64, 2, "kinked"), ("tf_efficientnet_b1", 65, 1.5, "kinked"), ("tf_efficientnetv2_b3", 64, 1.3, "kinked"),
    ("tf_mixnet_s", 65, 1.5, "kinked"), ("mobilenetv3_small_050", 64, 2, "kinked"), ("tf_mobilenetv3_large_075", 65, 2, "kinked"),
    ("fbnetv3_b", 64, 1.5, "kinked"), ("lcnet_050", 64, 2, "kinked"), ("mobilenetv4_hybrid_medium", 160, 1, "kinked"),
    ("mobilenetv4_conv_aa_large", 96, 1.5, "kinked"),
    ("regnetx_002", 64, 2, "kinked"), ("regnety_032", 64, 1.7, "kinked"), ("regnetz_005", 64, 1.5, "kinked"),
    ("regnetv_040", 79, 1.5, "kinked"), ("regnety_008_tv", 64, 2, "kinked"),
    ("test_convnext3", 64, 2, "smooth"), ("convnext_nano_ols", 64, 2, "smooth"), ("convnextv2_atto", 64, 2, "smooth"),
    ("convnextv2_tiny", 64, 2, "smooth"), ("convnext_tiny_hnf", 64, 2, "smooth"), ("convnext_large_mlp", 32, 2, "smooth"),
    ("beit_base_patch16_224", 48, 2, "smooth"),
    ("test_byobnet", 64, 2, "kinked"), ("repvgg_a0", 64, 0.7, "smooth"),
    ("gernet_s", 64, 1.5, "kinked"), ("gcresnext26ts", 64, 1.5, "smooth"), ("resnet50_clip", 64, 1, "kinked"),
    ("mobilevit_xxs", 64, 1.5, "smooth"), ("mobilevitv2_050", 64, 1.5, "smooth"),
    ("eca_botnext26ts_256", 64, 1.1, "smooth"), ("eca_halonext26ts", 256, 1.1, "smooth"),
    ("hgnetv2_b0", 64, 1.5, "kinked"), ("hgnet_tiny", 64, 1.2, "kinked"),
    ("fastvit_t8", 64, 1.5, "smooth"), ("fastvit_mci0", 64, 0.7, "smooth"),
    ("hiera_tiny_224", 64, 2, "smooth"), ("hiera_small_abswin_256", 96, 2, "smooth"),
    ("levit_128s", 96, 0.6, "smooth"), ("levit_conv_128s", 96, 0.6, "smooth"),
    ("tiny_vit_5m_224", 64, 1.2, "smooth"), ("efficientvit_b0", 64, 1.5, "smooth"),
    ("efficientvit_m0", 128, 0.6, "smooth"), ("deit_tiny_distilled_patch16_224", 32, 2, "smooth"),
    ("resnetv2_18d", 64, 2, "kinked"), ("resnetv2_50x1_bit", 65, 1, "kinked"),
    ("test_vit", 64, 2, "smooth"), ("test_vit2", 64, 2, "smooth"), ("test_vit3", 64, 2, "smooth"), ("test_vit4", 64, 2, "smooth"),
    ("vit_small_patch14_reg4_dinov2", 70, 2, "smooth"), ("vit_base_patch32_clip_quickgelu_224", 64, 2, "smooth"),
    ("vit_base_patch32_siglip_256", 64, 2, "smooth"),
    ("aimv2_large_patch14_224", 28, 2, "smooth"), ("beit3_base_patch16_224", 32, 2, "smooth"),
    ("vit_tiny_patch16_dinov3_qkvb", 64, 2, "smooth"), ("vit_small_plus_patch16_dinov3", 64, 2, "smooth"),
    ("eva02_tiny_patch14_224", 70, 2, "smooth"), ("eva02_base_patch14_224", 28, 2, "smooth"),
    ("vit_pe_core_tiny_patch16_384", 64, 2, "smooth"), ("vit_small_patch16_rope_ape_224", 64, 2, "smooth"),
    ("mixer_s32_224", 64, 2, "smooth"), ("gmixer_12_224", 48, 1, "smooth"), ("resmlp_12_224", 48, 1, "smooth"),
    ("gmlp_ti16_224", 48, 2, "smooth"),
    ("poolformer_s12", 64, 2, "smooth"), ("poolformerv2_s12", 64, 2, "smooth"), ("caformer_s18", 64, 2, "smooth"),
    ("xcit_nano_12_p16_224", 64, 2, "smooth"), ("xcit_tiny_12_p8_224", 32, 2, "smooth"),
    ("swin_tiny_patch4_window7_224", 96, 2, "smooth"), ("swin_s3_tiny_224", 68, 2, "smooth"),
    ("swinv2_tiny_window8_256", 64, 2, "smooth"), ("swinv2_cr_tiny_ns_224", 96, 2, "smooth"),
    ("coatnet_0_rw_224", 64, 2, "smooth"), ("coatnet_rmlp_nano_rw_224", 64, 2, "smooth"), ("maxvit_tiny_tf_224", 64, 1, "smooth"),
    ("maxvit_rmlp_pico_rw_256", 64, 2, "smooth"), ("maxxvit_rmlp_nano_rw_256", 64, 2, "smooth"),
    ("vgg11", 32, 2, "kinked"), ("densenetblur121d", 64, 2, "kinked"),
    ("inception_v4", 139, 2, "kinked"), ("inception_resnet_v2", 139, 1.5, "kinked"),
]

# Those whose heads alone have gradients that float32 can tell. A head that begins with a batch norm gives of two images what hardly
# depends on them, so that gradients in front of it are next to zero; and CLIP's last ReLU is next to its kink too often.
HEADS_ALONE = ("efficientvit_m", "resnet50_clip")

# Those of which float32 can't tell what they give of two images in training, for the same reason.
EVALUATED = ("levit",)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["state_dicts", "logits", "keys"])
    parser.add_argument("models", nargs="*")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    if arguments.part == "state_dicts":
        write_state_dicts()
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
            golden = {**make_goldens.golden(name, *rest), "model": "timm/" + name}
            if name.startswith(HEADS_ALONE):
                golden["gradients"] = {key: norm for key, norm in golden["gradients"].items() if key.startswith("head")}
            if name.startswith(EVALUATED):
                golden |= {"training": None, "running_statistics": {}, "gradients": {}}
            cases["timm/" + name] = golden
            make_goldens.write_json(path.name, [cases["timm/" + case[0]] for case in CASES if "timm/" + case[0] in cases])


sizes = {}


def options(name):
    """Networks with positions are built for the size of the images; Swin drops paths by itself, which no golden could repeat."""
    known = {"img_size": sizes[name]} if timm.get_pretrained_cfg(name) and timm.get_pretrained_cfg(name).fixed_input_size else {}
    return {**known, "drop_path_rate": 0} if name.startswith("swin") else known


if __name__ == "__main__":
    main()
