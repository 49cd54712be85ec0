namespace TransferKit.Tests.Weights;

public sealed class HubConfigTests : IDisposable
{
    private const string Timm = """
        {
          "architecture": "test_vit", "num_classes": 3, "num_features": 64, "label_names": ["ash", "oak", "elm"],
          "pretrained_cfg": {
            "tag": "trees", "input_size": [3, 160, 160], "test_input_size": [3, 192, 192], "fixed_input_size": true,
            "interpolation": "bicubic", "crop_pct": 0.95, "crop_mode": "center",
            "mean": [0.5, 0.4, 0.3], "std": [0.25, 0.5, 0.75], "num_classes": 1000, "classifier": "head"
          }
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Timms_config_tells_architecture_preprocessing_and_classes()
    {
        var config = Read(Timm);

        config.Architecture.Should().Be("test_vit");
        config.ClassNames.Should().Equal("ash", "oak", "elm");
        config.Preprocessing.Should().Be(new Preprocessing
        {
            CropSize = 160, ResizeSize = 168, CropShare = 0.95, Interpolation = Interpolation.Bicubic,
            Mean = new(0.5f, 0.4f, 0.3f), Std = new(0.25f, 0.5f, 0.75f),
        });
        config.FindArchitecture("x/y").Name.Should().Be("timm/test_vit");
    }

    [Fact]
    public void Older_configs_of_timm_have_all_at_the_top()
    {
        var config = Read("""
            {
              "architecture": "resnet18", "num_classes": 2, "labels": ["a", "b"], "input_size": [3, 96, 96],
              "interpolation": "bilinear"
            }
            """);

        config.ClassNames.Should().Equal("a", "b");
        // The rest is what timm's resolve_data_config and create_transform give for it.
        config.Preprocessing.Should().Be(Preprocessing.ImageNet with { CropSize = 96, ResizeSize = 109, CropShare = 0.875 });
    }

    [Fact]
    public void Labels_may_be_numbered_and_a_thousand_without_are_ImageNets()
    {
        Read(Timm.Replace("""["ash", "oak", "elm"]""", """{"0": "ash", "2": "elm", "1": "oak"}""")).ClassNames
            .Should().Equal("ash", "oak", "elm");
        Read(Timm.Replace("""["ash", "oak", "elm"]""", """{"0": "ash", "7": "elm"}""")).ClassNames.Should().BeNull();
        Read("""{"architecture": "resnet18", "num_classes": 1000, "pretrained_cfg": {}}""").ClassNames
            .Should().Equal(KnownWeights.ClassNames);
        Read("""{"architecture": "resnet18", "num_classes": 12, "pretrained_cfg": {}}""").ClassNames.Should().BeNull();
    }

    [Theory]
    [InlineData(224, 0.875, 256)]
    [InlineData(224, 0.9, 248)]
    [InlineData(224, 0.95, 235)]
    [InlineData(288, 0.95, 303)]
    [InlineData(240, 0.882, 272)]
    [InlineData(300, 0.904, 331)]
    [InlineData(380, 0.922, 412)]
    [InlineData(456, 0.934, 488)]
    [InlineData(528, 0.942, 560)]
    [InlineData(600, 0.949, 632)]
    [InlineData(299, 0.8975, 333)]
    [InlineData(518, 1.0, 518)]
    public void Images_are_resized_to_what_timms_create_transform_says(int size, double share, int resize)
    {
        var config = Read(FormattableString.Invariant(
            $$$"""{"architecture": "a", "pretrained_cfg": {"input_size": [3, {{{size}}}, {{{size}}}], "crop_pct": {{{share}}}}}"""));

        config.Preprocessing!.ResizeSize.Should().Be(resize);
        config.Preprocessing.CropSize.Should().Be(size);
        (config.Preprocessing with { CropSize = 64, ResizeSize = 70 }).ForCrop(size).ResizeSize.Should().Be(resize);
    }

    [Theory]
    [InlineData(""" "do_resize": true, "size": {"height": 224, "width": 224}, "resample": 2 """,
        224, 224, true, null)]
    [InlineData(""" "do_resize": true, "size": 224, "resample": 2 """,
        224, 224, true, null)]
    [InlineData(""" "do_center_crop": true, "crop_size": {"height": 224, "width": 224}, "size": {"shortest_edge": 256}, "resample": 3 """,
        224, 256, false, null)]
    [InlineData(""" "crop_pct": 0.875, "size": {"shortest_edge": 224}, "resample": 3 """, 224, 256, false, 0.875)]
    [InlineData(""" "crop_pct": 0.875, "size": {"shortest_edge": 384}, "resample": 3 """, 384, 384, true, null)]
    [InlineData("""
        "crop_size": null, "crop_pct": null, "do_center_crop": null, "do_resize": true, "device": null, "resample": 2,
        "size": {"height": 224, "width": 224, "shortest_edge": null}
        """, 224, 224, true, null)]
    public void Transformers_processor_is_followed(string processor, int crop, int resize, bool squash, double? share)
    {
        var config = Read("""{"model_type": "vit", "id2label": {"0": "cat", "1": "dog"}}""",
            $$"""{"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "rescale_factor": 0.00392156862745098, {{processor}}}""");

        config.ClassNames.Should().Equal("cat", "dog");
        config.Preprocessing.Should().Be(new Preprocessing
        {
            CropSize = crop, ResizeSize = resize, Squash = squash, CropShare = share,
            Interpolation = processor.Contains("\"resample\": 3") ? Interpolation.Bicubic : Interpolation.Bilinear,
            Mean = new(0.5f, 0.5f, 0.5f), Std = new(0.5f, 0.5f, 0.5f),
        });
    }

    [Fact]
    public void Networks_for_images_and_texts_may_tell_the_images_part_in_the_file_of_both()
    {
        var model = _folder.File("config.json", """{"model_type": "siglip", "vision_config": {}}"""u8.ToArray());
        _folder.File("processor_config.json", """
            {
              "image_processor": {"image_mean": [0.5], "image_std": [0.5], "size": {"height": 256, "width": 256}},
              "processor_class": "SiglipProcessor"
            }
            """u8.ToArray());

        HubConfig.Beside(model).Preprocessing!.CropSize.Should().Be(256);

        _folder.File("processor_config.json", """{"processor_class": "SiglipProcessor"}"""u8.ToArray());
        HubConfig.Beside(model).Preprocessing.Should().BeNull();
    }

    [Theory]
    [InlineData("", "swin_tiny_patch4_window7_224")]
    [InlineData("""
        , "embed_dim": 192, "depths": [2, 2, 18, 2], "num_heads": [6, 12, 24, 48]
        """, "swin_large_patch4_window7_224")]
    [InlineData("""
        , "embed_dim": 128, "depths": [2, 2, 18, 2], "num_heads": [4, 8, 16, 32], "window_size": 12, "image_size": 384
        """, "swin_base_patch4_window12_384")]
    public void Swins_config_tells_widths_and_windows(string numbers, string architecture) =>
        Read($$"""{"model_type": "swin"{{numbers}}}""").FindArchitecture("x/y").Name.Should().Be($"timm/{architecture}");

    [Theory]
    [InlineData("""{"model_type": "swin", "use_absolute_embeddings": true}""",
        "*no architecture that is here is a swin with these numbers*")]
    [InlineData("""{"architecture": "resnet19"}""",
        "*names the architecture 'resnet19'. There is no model named 'resnet19'. Did you mean *resnet18*")]
    [InlineData("""{"architecture": "resnet18", "model_args": {"img_size": 96, "act_layer": "gelu"}}""",
        "*changes the architecture resnet18 by arguments*: act_layer.")]
    [InlineData("""{"model_type": "vit", "hidden_size": 100}""",
        "*is transformers', and no architecture that is here is a vit with these numbers: say which one of timm's it is*")]
    [InlineData("""{"model_type": "vit", "hidden_act": "mish"}""", "*is transformers', and the activation mish isn't here*")]
    [InlineData("""{"model_type": "bert"}""", "*is transformers', and transformers' models of the kind bert aren't here*")]
    [InlineData("""{"model_type": "resnet", "depths": "many"}""", "*is transformers', and *")]
    [InlineData("{}", "*has no config.json that names an architecture*")]
    public void Architectures_that_are_not_here_are_told(string json, string message) => FluentActions
        .Invoking(() => Read(json).FindArchitecture("x/y")).Should().Throw<WeightsException>().WithMessage($"x/y: {message}");

    [Theory]
    [InlineData("{")]
    [InlineData("""{"architecture": "a", "pretrained_cfg": {"input_size": [3, 224, 160]}}""")]
    [InlineData("""{"architecture": "a", "pretrained_cfg": {"interpolation": "hamming"}}""")]
    [InlineData("""{"architecture": "a", "pretrained_cfg": {"crop_mode": "border"}}""")]
    [InlineData("""{"architecture": "a", "pretrained_cfg": {"mean": [1, 2]}}""")]
    [InlineData("""{"architecture": "a", "num_classes": "many"}""")]
    [InlineData("""{"architecture": "a", "label_names": ["ash", null]}""")]
    [InlineData("""{"architecture": "a", "pretrained_cfg": {"crop_pct": 1e-12}}""")]
    [InlineData("[]")]
    public void What_cannot_be_followed_is_refused_with_the_files_name(string json) => FluentActions
        .Invoking(() => Read(json)).Should().Throw<WeightsException>().WithMessage("*config.json: can't be understood: *");

    private HubConfig Read(string config, string? processor = null) => HubConfig.Read(
        _folder.File("config.json", System.Text.Encoding.UTF8.GetBytes(config)),
        processor is null ? null : _folder.File("preprocessor_config.json", System.Text.Encoding.UTF8.GetBytes(processor)));
}
