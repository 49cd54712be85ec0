using System.Text;
using TorchSharp;
using TransferKit.Tests.Parity;

namespace TransferKit.Tests.Weights;

[Trait("Lane", "Slow")]
public sealed class TransformersNamesTests
{
    private const double Tolerance = 1e-4;

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, Goldens.Transformers.Count)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_repository_gives_the_network_and_what_it_says(int index)
    {
        var golden = Goldens.Transformers[index];
        using var folder = new TemporaryFolder();
        var config = HubConfig.Read(folder.File("config.json", Encoding.UTF8.GetBytes(golden.Config.GetRawText())), null);
        var architecture = config.FindArchitecture("someone/network");
        architecture.Name.Should().Be(golden.Architecture);
        using var scope = torch.NewDisposeScope();
        var file = FileOf(golden);
        var hasHead = file.Keys.Any(
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
