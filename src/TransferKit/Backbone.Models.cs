namespace TransferKit;

public static partial class Backbone
{
    /// <summary>AlexNet (Krizhevsky, 2014).</summary>
    public static TransferPlan AlexNet(Pretrained? weights = null) => Create("alexnet", weights);

    /// <summary>ConvNeXt-Tiny (Liu et al., 2022).</summary>
    public static TransferPlan ConvNeXtTiny(Pretrained? weights = null) => Create("convnext_tiny", weights);

    /// <summary>ConvNeXt-Small (Liu et al., 2022).</summary>
    public static TransferPlan ConvNeXtSmall(Pretrained? weights = null) => Create("convnext_small", weights);

    /// <summary>ConvNeXt-Base (Liu et al., 2022).</summary>
    public static TransferPlan ConvNeXtBase(Pretrained? weights = null) => Create("convnext_base", weights);

    /// <summary>ConvNeXt-Large (Liu et al., 2022).</summary>
    public static TransferPlan ConvNeXtLarge(Pretrained? weights = null) => Create("convnext_large", weights);

    /// <summary>DenseNet-121 (Huang et al., 2017).</summary>
    public static TransferPlan DenseNet121(Pretrained? weights = null) => Create("densenet121", weights);

    /// <summary>DenseNet-161 (Huang et al., 2017).</summary>
    public static TransferPlan DenseNet161(Pretrained? weights = null) => Create("densenet161", weights);

    /// <summary>DenseNet-169 (Huang et al., 2017).</summary>
    public static TransferPlan DenseNet169(Pretrained? weights = null) => Create("densenet169", weights);

    /// <summary>DenseNet-201 (Huang et al., 2017).</summary>
    public static TransferPlan DenseNet201(Pretrained? weights = null) => Create("densenet201", weights);

    /// <summary>EfficientNet-B0 (Tan and Le, 2019).</summary>
    public static TransferPlan EfficientNetB0(Pretrained? weights = null) => Create("efficientnet_b0", weights);

    /// <summary>EfficientNet-B1 (Tan and Le, 2019).</summary>
    public static TransferPlan EfficientNetB1(Pretrained? weights = null) => Create("efficientnet_b1", weights);

    /// <summary>EfficientNet-B2 (Tan and Le, 2019).</summary>
    public static TransferPlan EfficientNetB2(Pretrained? weights = null) => Create("efficientnet_b2", weights);

    /// <summary>EfficientNet-B3 (Tan and Le, 2019).</summary>
    public static TransferPlan EfficientNetB3(Pretrained? weights = null) => Create("efficientnet_b3", weights);

    /// <summary>EfficientNet-B4 (Tan and Le, 2019).</summary>
    public static TransferPlan EfficientNetB4(Pretrained? weights = null) => Create("efficientnet_b4", weights);

    /// <summary>EfficientNet-B5 (Tan and Le, 2019).</summary>
    public static TransferPlan EfficientNetB5(Pretrained? weights = null) => Create("efficientnet_b5", weights);

    /// <summary>EfficientNet-B6 (Tan and Le, 2019).</summary>
    public static TransferPlan EfficientNetB6(Pretrained? weights = null) => Create("efficientnet_b6", weights);

    /// <summary>EfficientNet-B7 (Tan and Le, 2019).</summary>
    public static TransferPlan EfficientNetB7(Pretrained? weights = null) => Create("efficientnet_b7", weights);

    /// <summary>EfficientNetV2-S (Tan and Le, 2021).</summary>
    public static TransferPlan EfficientNetV2S(Pretrained? weights = null) => Create("efficientnet_v2_s", weights);

    /// <summary>EfficientNetV2-M (Tan and Le, 2021).</summary>
    public static TransferPlan EfficientNetV2M(Pretrained? weights = null) => Create("efficientnet_v2_m", weights);

    /// <summary>EfficientNetV2-L (Tan and Le, 2021).</summary>
    public static TransferPlan EfficientNetV2L(Pretrained? weights = null) => Create("efficientnet_v2_l", weights);

    /// <summary>GoogLeNet (Szegedy et al., 2015), without its auxiliary heads.</summary>
    public static TransferPlan GoogLeNet(Pretrained? weights = null) => Create("googlenet", weights);

    /// <summary>Inception v3 (Szegedy et al., 2016), without its auxiliary head; images of 75 pixels or more.</summary>
    public static TransferPlan InceptionV3(Pretrained? weights = null) => Create("inception_v3", weights);

    /// <summary>MaxViT-T (Tu et al., 2022); takes images of multiples of 224 px.</summary>
    public static TransferPlan MaxViT_T(Pretrained? weights = null) => Create("maxvit_t", weights);

    /// <summary>MNASNet-B1 at 0.5 of its width (Tan et al., 2019).</summary>
    public static TransferPlan MNASNet0_5(Pretrained? weights = null) => Create("mnasnet0_5", weights);

    /// <summary>MNASNet-B1 at 0.75 of its width (Tan et al., 2019).</summary>
    public static TransferPlan MNASNet0_75(Pretrained? weights = null) => Create("mnasnet0_75", weights);

    /// <summary>MNASNet-B1 at 1.0 of its width (Tan et al., 2019).</summary>
    public static TransferPlan MNASNet1_0(Pretrained? weights = null) => Create("mnasnet1_0", weights);

    /// <summary>MNASNet-B1 at 1.3 of its width (Tan et al., 2019).</summary>
    public static TransferPlan MNASNet1_3(Pretrained? weights = null) => Create("mnasnet1_3", weights);

    /// <summary>MobileNetV2 (Sandler et al., 2018).</summary>
    public static TransferPlan MobileNetV2(Pretrained? weights = null) => Create("mobilenet_v2", weights);

    /// <summary>MobileNetV3-Small (Howard et al., 2019).</summary>
    public static TransferPlan MobileNetV3Small(Pretrained? weights = null) => Create("mobilenet_v3_small", weights);

    /// <summary>MobileNetV3-Large (Howard et al., 2019).</summary>
    public static TransferPlan MobileNetV3Large(Pretrained? weights = null) => Create("mobilenet_v3_large", weights);

    /// <summary>RegNetX of 400 million multiply-adds (Radosavovic et al., 2020).</summary>
    public static TransferPlan RegNetX_400MF(Pretrained? weights = null) => Create("regnet_x_400mf", weights);

    /// <summary>RegNetX of 800 million multiply-adds (Radosavovic et al., 2020).</summary>
    public static TransferPlan RegNetX_800MF(Pretrained? weights = null) => Create("regnet_x_800mf", weights);

    /// <summary>RegNetX of 1.6 billion multiply-adds (Radosavovic et al., 2020).</summary>
    public static TransferPlan RegNetX_1_6GF(Pretrained? weights = null) => Create("regnet_x_1_6gf", weights);

    /// <summary>RegNetX of 3.2 billion multiply-adds (Radosavovic et al., 2020).</summary>
    public static TransferPlan RegNetX_3_2GF(Pretrained? weights = null) => Create("regnet_x_3_2gf", weights);

    /// <summary>RegNetX of 8 billion multiply-adds (Radosavovic et al., 2020).</summary>
    public static TransferPlan RegNetX_8GF(Pretrained? weights = null) => Create("regnet_x_8gf", weights);

    /// <summary>RegNetX of 16 billion multiply-adds (Radosavovic et al., 2020).</summary>
    public static TransferPlan RegNetX_16GF(Pretrained? weights = null) => Create("regnet_x_16gf", weights);

    /// <summary>RegNetX of 32 billion multiply-adds (Radosavovic et al., 2020).</summary>
    public static TransferPlan RegNetX_32GF(Pretrained? weights = null) => Create("regnet_x_32gf", weights);

    /// <summary>RegNetY of 400 million multiply-adds (Radosavovic et al., 2020).</summary>
    public static TransferPlan RegNetY_400MF(Pretrained? weights = null) => Create("regnet_y_400mf", weights);

    /// <summary>RegNetY of 800 million multiply-adds (Radosavovic et al., 2020).</summary>
    public static TransferPlan RegNetY_800MF(Pretrained? weights = null) => Create("regnet_y_800mf", weights);

    /// <summary>RegNetY of 1.6 billion multiply-adds (Radosavovic et al., 2020).</summary>
    public static TransferPlan RegNetY_1_6GF(Pretrained? weights = null) => Create("regnet_y_1_6gf", weights);

    /// <summary>RegNetY of 3.2 billion multiply-adds (Radosavovic et al., 2020).</summary>
    public static TransferPlan RegNetY_3_2GF(Pretrained? weights = null) => Create("regnet_y_3_2gf", weights);

    /// <summary>RegNetY of 8 billion multiply-adds (Radosavovic et al., 2020).</summary>
    public static TransferPlan RegNetY_8GF(Pretrained? weights = null) => Create("regnet_y_8gf", weights);

    /// <summary>RegNetY of 16 billion multiply-adds (Radosavovic et al., 2020).</summary>
    public static TransferPlan RegNetY_16GF(Pretrained? weights = null) => Create("regnet_y_16gf", weights);

    /// <summary>RegNetY of 32 billion multiply-adds (Radosavovic et al., 2020).</summary>
    public static TransferPlan RegNetY_32GF(Pretrained? weights = null) => Create("regnet_y_32gf", weights);

    /// <summary>RegNetY of 128 billion multiply-adds (Radosavovic et al., 2020).</summary>
    public static TransferPlan RegNetY_128GF(Pretrained? weights = null) => Create("regnet_y_128gf", weights);

    /// <summary>ResNet-18 (He et al., 2016).</summary>
    public static TransferPlan ResNet18(Pretrained? weights = null) => Create("resnet18", weights);

    /// <summary>
    /// ResNet of nine basic blocks (He et al., 2016): a ResNet-18 with a third block in its last stage. torchvision has no such
    /// network; the package <c>TransferKit.Weights.ResNet20</c> brings ImageNet weights for it:
    /// <see cref="Pretrained.Packaged"/>.
    /// </summary>
    public static TransferPlan ResNet20(Pretrained? weights = null) => Create("resnet20", weights);

    /// <summary>ResNet-34 (He et al., 2016).</summary>
    public static TransferPlan ResNet34(Pretrained? weights = null) => Create("resnet34", weights);

    /// <summary>ResNet-50 (He et al., 2016).</summary>
    public static TransferPlan ResNet50(Pretrained? weights = null) => Create("resnet50", weights);

    /// <summary>ResNet-101 (He et al., 2016).</summary>
    public static TransferPlan ResNet101(Pretrained? weights = null) => Create("resnet101", weights);

    /// <summary>ResNet-152 (He et al., 2016).</summary>
    public static TransferPlan ResNet152(Pretrained? weights = null) => Create("resnet152", weights);

    /// <summary>ResNeXt-50 32×4d (Xie et al., 2017).</summary>
    public static TransferPlan ResNeXt50_32x4d(Pretrained? weights = null) => Create("resnext50_32x4d", weights);

    /// <summary>ResNeXt-101 32×8d (Xie et al., 2017).</summary>
    public static TransferPlan ResNeXt101_32x8d(Pretrained? weights = null) => Create("resnext101_32x8d", weights);

    /// <summary>ResNeXt-101 64×4d (Xie et al., 2017).</summary>
    public static TransferPlan ResNeXt101_64x4d(Pretrained? weights = null) => Create("resnext101_64x4d", weights);

    /// <summary>ShuffleNet V2 at 0.5 of its width (Ma et al., 2018).</summary>
    public static TransferPlan ShuffleNetV2_x0_5(Pretrained? weights = null) => Create("shufflenet_v2_x0_5", weights);

    /// <summary>ShuffleNet V2 at 1.0 of its width (Ma et al., 2018).</summary>
    public static TransferPlan ShuffleNetV2_x1_0(Pretrained? weights = null) => Create("shufflenet_v2_x1_0", weights);

    /// <summary>ShuffleNet V2 at 1.5 of its width (Ma et al., 2018).</summary>
    public static TransferPlan ShuffleNetV2_x1_5(Pretrained? weights = null) => Create("shufflenet_v2_x1_5", weights);

    /// <summary>ShuffleNet V2 at 2.0 of its width (Ma et al., 2018).</summary>
    public static TransferPlan ShuffleNetV2_x2_0(Pretrained? weights = null) => Create("shufflenet_v2_x2_0", weights);

    /// <summary>SqueezeNet 1.0 (Iandola et al., 2016).</summary>
    public static TransferPlan SqueezeNet1_0(Pretrained? weights = null) => Create("squeezenet1_0", weights);

    /// <summary>SqueezeNet 1.1 (Iandola et al., 2016).</summary>
    public static TransferPlan SqueezeNet1_1(Pretrained? weights = null) => Create("squeezenet1_1", weights);

    /// <summary>Swin-T (Liu et al., 2021).</summary>
    public static TransferPlan Swin_T(Pretrained? weights = null) => Create("swin_t", weights);

    /// <summary>Swin-S (Liu et al., 2021).</summary>
    public static TransferPlan Swin_S(Pretrained? weights = null) => Create("swin_s", weights);

    /// <summary>Swin-B (Liu et al., 2021).</summary>
    public static TransferPlan Swin_B(Pretrained? weights = null) => Create("swin_b", weights);

    /// <summary>Swin V2-T (Liu et al., 2022).</summary>
    public static TransferPlan SwinV2_T(Pretrained? weights = null) => Create("swin_v2_t", weights);

    /// <summary>Swin V2-S (Liu et al., 2022).</summary>
    public static TransferPlan SwinV2_S(Pretrained? weights = null) => Create("swin_v2_s", weights);

    /// <summary>Swin V2-B (Liu et al., 2022).</summary>
    public static TransferPlan SwinV2_B(Pretrained? weights = null) => Create("swin_v2_b", weights);

    /// <summary>VGG-11 (Simonyan and Zisserman, 2015).</summary>
    public static TransferPlan VGG11(Pretrained? weights = null) => Create("vgg11", weights);

    /// <summary>VGG-11 (Simonyan and Zisserman, 2015) with batch norm.</summary>
    public static TransferPlan VGG11_BN(Pretrained? weights = null) => Create("vgg11_bn", weights);

    /// <summary>VGG-13 (Simonyan and Zisserman, 2015).</summary>
    public static TransferPlan VGG13(Pretrained? weights = null) => Create("vgg13", weights);

    /// <summary>VGG-13 (Simonyan and Zisserman, 2015) with batch norm.</summary>
    public static TransferPlan VGG13_BN(Pretrained? weights = null) => Create("vgg13_bn", weights);

    /// <summary>VGG-16 (Simonyan and Zisserman, 2015).</summary>
    public static TransferPlan VGG16(Pretrained? weights = null) => Create("vgg16", weights);

    /// <summary>VGG-16 (Simonyan and Zisserman, 2015) with batch norm.</summary>
    public static TransferPlan VGG16_BN(Pretrained? weights = null) => Create("vgg16_bn", weights);

    /// <summary>VGG-19 (Simonyan and Zisserman, 2015).</summary>
    public static TransferPlan VGG19(Pretrained? weights = null) => Create("vgg19", weights);

    /// <summary>VGG-19 (Simonyan and Zisserman, 2015) with batch norm.</summary>
    public static TransferPlan VGG19_BN(Pretrained? weights = null) => Create("vgg19_bn", weights);

    /// <summary>ViT-B/16 (Dosovitskiy et al., 2021).</summary>
    public static TransferPlan ViT_B16(Pretrained? weights = null) => Create("vit_b_16", weights);

    /// <summary>ViT-B/32 (Dosovitskiy et al., 2021).</summary>
    public static TransferPlan ViT_B32(Pretrained? weights = null) => Create("vit_b_32", weights);

    /// <summary>ViT-L/16 (Dosovitskiy et al., 2021).</summary>
    public static TransferPlan ViT_L16(Pretrained? weights = null) => Create("vit_l_16", weights);

    /// <summary>ViT-L/32 (Dosovitskiy et al., 2021).</summary>
    public static TransferPlan ViT_L32(Pretrained? weights = null) => Create("vit_l_32", weights);

    /// <summary>ViT-H/14 (Dosovitskiy et al., 2021).</summary>
    public static TransferPlan ViT_H14(Pretrained? weights = null) => Create("vit_h_14", weights);

    /// <summary>Wide ResNet-50-2 (Zagoruyko and Komodakis, 2016).</summary>
    public static TransferPlan WideResNet50_2(Pretrained? weights = null) => Create("wide_resnet50_2", weights);

    /// <summary>Wide ResNet-101-2 (Zagoruyko and Komodakis, 2016).</summary>
    public static TransferPlan WideResNet101_2(Pretrained? weights = null) => Create("wide_resnet101_2", weights);
}
