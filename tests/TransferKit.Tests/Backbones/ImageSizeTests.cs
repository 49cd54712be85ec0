using TorchSharp;

namespace TransferKit.Tests.Backbones;

[Trait("Lane", "Slow")]
public class ImageSizeTests
{
    [Theory]
    [InlineData("vit_b_32", 64)]
    [InlineData("swin_t", 61)]
    [InlineData("swin_v2_t", 70)]
    [InlineData("maxvit_t", 448)]
    [InlineData("convnext_tiny", 33)]
    [InlineData("hiera_tiny_224", 96)]
    [InlineData("hiera_small_abswin_256", 64)]
    [InlineData("levit_128s", 80)]
    [InlineData("efficientvit_m0", 80)]
    [InlineData("tiny_vit_5m_224", 61)]
    [InlineData("mobilevit_xxs", 128)]
    public void Networks_take_other_sizes(string model, int size)
    {
        using var network = Backbone.Create(model).ReplaceHead(3).WithImageSize(size).Describe();
        network.OutputShape(new Shape(3, size, size)).Should().Be(new Shape(3));
    }

    [Theory]
    [InlineData("vit_b_16", 230, "*multiples of 16 px*")]
    [InlineData("maxvit_t", 256, "*multiples of 224 px*")]
    [InlineData("swin_t", 3, "*larger images*")]
    [InlineData("convnext_tiny", 31, "*larger images*")]
    [InlineData("hiera_tiny_224", 100, "*multiple of 32 px*")]
    [InlineData("mobilevit_xxs", 96, "*multiples of 64 px*")]
    [InlineData("eca_halonext26ts", 224, "*blocks of 8 × 8 pixels*")]
    public void Impossible_sizes_are_refused_with_the_possible_ones(string model, int size, string message) =>
        FluentActions.Invoking(() => Backbone.Create(model).WithImageSize(size)).Should().Throw<ArgumentException>().WithMessage(message);

    [Fact]
    public void A_vision_transformer_follows_the_size_of_its_weights_or_of_the_plan()
    {
        var plan = Backbone.ViT_B16(Pretrained.Named("IMAGENET1K_SWAG_E2E_V1"));
        Tokens(plan).Should().Be(1 + 24 * 24);
        Tokens(plan.WithImageSize(160)).Should().Be(1 + 10 * 10);
        Tokens(Backbone.ViT_B16()).Should().Be(1 + 14 * 14);
        Tokens(Backbone.ViT_B16(Pretrained.FromFile("vit_b_16_swag-9ac1b537.pth"))).Should().Be(1 + 24 * 24);
    }

    [Theory]
    [InlineData("swin_t", 61)]
    [InlineData("swin_v2_t", 70)]
    public void The_inferred_shape_of_padded_windows_is_the_real_one(string model, int size)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        using var network = Architectures.Create(model, Head.Linear(2));
        network.Allocate(torch.CPU);
        network.Initialize(_ => true);
        var images = torch.zeros(1, 3, size, size);
        network.Forward(images).shape.Should().Equal(1, 2);
        network.Features(images).shape.Should().Equal(1, 768);
        var shape = network.InputShape(size);
        foreach (var step in network.Steps)
        {
            (shape, images) = (step.OutputShape(shape), TensorOperations.Forward([step], images));
            images.shape.Should().Equal([1, .. shape.Sizes], network.PathOf(step));
        }
    }

    [Theory]
    [InlineData("levit_128s", "stages.0.blocks.0.attn.attention_biases", 4, 36)]
    [InlineData("hiera_tiny_224", "pos_embed", 1, 576)]
    public void What_is_learnt_for_places_is_interpolated_for_images_of_another_size(string model, string key, long first, long places)
    {
        using var trained = Backbone.Create(model).Build();
        var weights = trained.Network.NamedWeights().ToDictionary(found => found.Name, found => found.Weight.Value);

        using var adapted = Backbone.Create(model, Pretrained.FromStateDict(weights)).WithImageSize(96).Build();

        adapted.Network.NamedWeights().Single(found => found.Name == key).Weight.Shape.Take(2).Should().Equal(first, places);
    }

    [Fact]
    public void A_saved_vision_transformer_keeps_its_image_size()
    {
        using var scope = torch.NewDisposeScope();
        var path = Path.Join(Path.GetTempPath(), Path.GetRandomFileName() + ".tkm");
        try
        {
            using var model = Backbone.ViT_B32().ReplaceHead(2).WithImageSize(64).On(ComputeDevice.Cpu).Build();
            model.Preprocessing.CropSize.Should().Be(64);
            model.Save(path);
            using var loaded = TransferModel.Load(path, ComputeDevice.Cpu);
            var images = torch.ones(1, 3, 64, 64);
            loaded.ExtractFeatures(images).allclose(model.ExtractFeatures(images)).Should().BeTrue();
            loaded.ExtractFeatures(images).shape.Should().Equal(1, 768);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static long Tokens(TransferPlan plan)
    {
        using var network = plan.Describe();
        return network.NamedWeights().Single(found => found.Name == "encoder.pos_embedding").Weight.Shape[1];
    }
}
