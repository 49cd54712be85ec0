using System.Text;
using TorchSharp;
using TransferKit.Tests.Parity;

namespace TransferKit.Tests.Weights;

[Trait("Lane", "Slow")]
public sealed class TransformersNamesTests
{
    private const double Tolerance = 1e-4;

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, Goldens.Transformers.Count)];

    /// <summary>The kind of a network, and a name and a shape as they stand in transformers' class of it.</summary>
    public static TheoryData<string, string> Facts => new()
    {
        { "swin", "swin.embeddings.patch_embeddings.projection.weight 96,3,4,4" },
        { "swin", "swin.embeddings.norm.weight 96" },
        { "swin", "swin.encoder.layers.0.blocks.0.attention.self.relative_position_bias_table 169,3" },
        { "swin", "swin.encoder.layers.0.downsample.norm.weight 384" },
        { "swin", "swin.encoder.layers.0.downsample.reduction.weight 192,384" },
        { "swin", "swin.encoder.layers.2.downsample.reduction.weight 768,1536" },
        { "swin", "swin.layernorm.bias 768" },
        { "swin", "classifier.weight 5,768" },
        { "clip", "vision_model.embeddings.class_embedding 256" },
        { "clip", "vision_model.embeddings.patch_embedding.weight 256,3,16,16" },
        { "clip", "vision_model.embeddings.position_embedding.weight 10,256" },
        { "clip", "vision_model.pre_layrnorm.weight 256" },
        { "clip", "vision_model.encoder.layers.9.self_attn.out_proj.weight 256,256" },
        { "clip", "vision_model.post_layernorm.bias 256" },
        { "clip", "visual_projection.weight 6,256" },
        { "siglip", "vision_model.embeddings.patch_embedding.bias 768" },
        { "siglip", "vision_model.embeddings.position_embedding.weight 4,768" },
        { "siglip", "vision_model.post_layernorm.weight 768" },
        { "siglip", "vision_model.head.probe 1,1,768" },
        { "siglip", "vision_model.head.attention.in_proj_weight 2304,768" },
        { "siglip", "vision_model.head.attention.in_proj_bias 2304" },
        { "siglip", "vision_model.head.attention.out_proj.weight 768,768" },
        { "siglip", "vision_model.head.layernorm.weight 768" },
        { "siglip", "vision_model.head.mlp.fc1.weight 3072,768" },
        { "siglip", "vision_model.head.mlp.fc2.bias 768" },
        { "dinov2_with_registers", "embeddings.cls_token 1,1,384" },
        { "dinov2_with_registers", "embeddings.mask_token 1,384" },
        { "dinov2_with_registers", "embeddings.register_tokens 1,4,384" },
        { "dinov2_with_registers", "embeddings.position_embeddings 1,10,384" },
        { "dinov2_with_registers", "embeddings.patch_embeddings.projection.weight 384,3,14,14" },
        { "dinov2_with_registers", "encoder.layer.11.attention.attention.query.weight 384,384" },
        { "dinov2_with_registers", "encoder.layer.0.attention.output.dense.bias 384" },
        { "dinov2_with_registers", "encoder.layer.0.layer_scale1.lambda1 384" },
        { "dinov2_with_registers", "encoder.layer.0.mlp.fc1.weight 1536,384" },
        { "dinov2_with_registers", "layernorm.weight 384" },
    };

    /// <summary>What tensors are called elsewhere: the network's kind, how keys begin, and how they begin there.</summary>
    public static TheoryData<string, string, string> Layouts => new()
    {
        // As modules of transformers 5 have them.
        { "dinov3_vit", "layer.", "model.layer." },
        { "dinov3_convnext", "stages.", "model.stages." },
        { "siglip", "vision_model.", "" },
        // In a module of someone's own.
        { "dinov3_vit", "", "model." },
        { "dinov3_convnext", "", "model." },
        { "dinov2_with_registers", "", "backbone." },
        { "swin", "", "net." },
    };

    [Theory]
    [MemberData(nameof(Facts))]
    public void Goldens_have_transformers_names_and_shapes(string kind, string fact) => OfKind(kind).First().Shapes
        .Select(tensor => $"{tensor.Key} {string.Join(',', tensor.Value)}").Should().Contain(fact);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_repository_gives_the_network_and_what_it_says(int index)
    {
        var golden = Goldens.Transformers[index];
        RequireOutputs(golden, FileOf(golden));
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Other_layouts_of_the_same_tensors_say_the_same(string kind, string start, string instead)
    {
        foreach (var golden in OfKind(kind))
            RequireOutputs(golden, FileOf(golden).ToDictionary(
                file => file.Key.StartsWith(start, StringComparison.Ordinal) ? instead + file.Key[start.Length..] : file.Key,
                file => file.Value));
    }

    private static IEnumerable<TransformersGolden> OfKind(string kind) =>
        Goldens.Transformers.Where(golden => golden.Config.GetProperty("model_type").GetString() == kind);

    private static void RequireOutputs(TransformersGolden golden, Dictionary<string, torch.Tensor> file)
    {
        using var folder = new TemporaryFolder();
        var config = HubConfig.Read(folder.File("config.json", Encoding.UTF8.GetBytes(golden.Config.GetRawText())), null);
        var architecture = config.FindArchitecture("someone/network");
        architecture.Name.Should().Be(golden.Architecture);
        using var scope = torch.NewDisposeScope();
        var hasHead = golden.Shapes.Keys.Any(
            key => key.StartsWith("classifier", StringComparison.Ordinal) || key == "visual_projection.weight");
        var plan = new TransferPlan(new ModelRecipe(architecture, Pretrained.FromStateDict(file))).On(ComputeDevice.Cpu);

        using var model = (hasHead ? plan : plan.ReplaceHead(2)).Build();

        var images = torch.tensor(FormulaWeights.Images(2, golden.Size), [2, 3, golden.Size, golden.Size]);
        var outputs = hasHead ? model.Forward(images) : model.ExtractFeatures(images);
        for (var image = 0; image < 2; image++)
            for (var i = 0; i < golden.Outputs[image].Length; i++)
                outputs[image, i].item<float>().Should().BeApproximately(
                    (float)golden.Outputs[image][i], (float)(Tolerance * golden.Largest), $"this is output {i} of image {image}");
        // What is left out says nothing of the image; parts of others aren't left out.
        string[] silent = ["text_model.", "text_projection.", "logit_", "mask_token", "position_ids", "relative_position_index"];
        model.WeightsReport!.LeftOut.Where(key => !silent.Any(key.Contains)).Should().BeEmpty();
    }

    [Theory]
    [InlineData("vit.encoder.layer.11.attention.attention.key.bias")]
    [InlineData("vit.encoder.layer.3.attention.attention.query.weight")]
    public void A_part_that_is_missing_is_told_by_the_layer_that_lacks_it(string missing)
    {
        var golden = Goldens.Transformers[0];
        using var scope = torch.NewDisposeScope();
        var file = FileOf(golden);
        file.Remove(missing);
        var plan = Backbone.Create("vit_tiny_patch16_224", Zoo.Timm, Pretrained.FromStateDict(file))
            .WithImageSize(48).ReplaceHead(2).On(ComputeDevice.Cpu);

        FluentActions.Invoking(() => plan.Build().Dispose()).Should().Throw<WeightsException>()
            .Which.MissingKeys.Should().ContainSingle().Which.Should().Contain(".attn.qkv.");
    }

    /// <summary>The tensors of a repository's file.</summary>
    internal static Dictionary<string, torch.Tensor> FileOf(TransformersGolden golden) =>
        golden.Shapes.ToDictionary(tensor => tensor.Key, tensor => Filled(tensor.Key, tensor.Value, golden.Filling));

    private static torch.Tensor Filled(string key, long[] shape, Filling filling)
    {
        var values = new float[shape.Aggregate(1L, (count, size) => count * size)];
        FormulaWeights.Fill(key, values, shape, filling);
        return torch.tensor(values, shape);
    }
}
