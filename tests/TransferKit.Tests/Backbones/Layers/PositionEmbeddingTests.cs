using TorchSharp;

namespace TransferKit.Tests.Backbones.Layers;

public class PositionEmbeddingTests
{
    /// <summary>interpolate_embeddings of torchvision 0.14 for sin(0.37 · i) in [1, 1 + 3 · 3, 2].</summary>
    public static TheoryData<int, float[]> Torchvisions => new()
    {
        {
            1 + 2 * 2,
            [0, 0.361615f, 0.674288f, 0.895699f, 0.796565f, 0.524044f, -0.892648f, -0.66924f, 0.36796f, 0.679305f]
        },
        {
            1 + 4 * 4,
            [
                0, 0.361615f, 0.674288f, 0.895699f, 0.916785f, 0.989212f, 0.968866f, 0.830914f, 0.796566f, 0.524044f, 0.455267f,
                0.207197f, 0.150342f, -0.123977f, -0.28083f, -0.511657f, -0.557051f, -0.703007f, -0.212131f, -0.459351f, -0.497736f,
                -0.664882f, -0.722401f, -0.740495f, -0.739606f, -0.636878f, -0.892648f, -0.66924f, -0.60479f, -0.280739f, -0.067865f,
                0.293642f, 0.36796f, 0.679305f,
            ]
        },
    };

    [Theory]
    [MemberData(nameof(Torchvisions))]
    public void Interpolation_is_torchvisions(int tokens, float[] expected)
    {
        using var scope = torch.NewDisposeScope();
        var interpolated = PositionEmbedding.Interpolate(Sines(), tokens);
        interpolated.shape.Should().Equal(1, tokens, 2);
        interpolated.data<float>().Zip(expected).Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) < 1e-5);
    }

    [Fact]
    public void Tokens_that_are_no_square_are_refused() =>
        FluentActions.Invoking(() => PositionEmbedding.Interpolate(Sines(), 8)).Should().Throw<ArgumentException>().WithMessage("*8*");

    [Fact]
    public void Weights_for_other_image_sizes_are_interpolated_when_they_are_loaded()
    {
        using var scope = torch.NewDisposeScope();
        using var layer = new PositionEmbedding(1 + 2 * 2, 2);
        foreach (var (_, weight) in layer.NamedWeights())
            weight.Allocate(torch.CPU);
        using var file = WeightsFile.FromStateDict(new Dictionary<string, torch.Tensor> { ["pos_embedding"] = Sines() });
        StateDictLoader.Load(file, layer.NamedWeights());
        layer.Weights[0].Value.allclose(PositionEmbedding.Interpolate(Sines(), 1 + 2 * 2)).Should().BeTrue();
    }

    [Fact]
    public void Weights_of_another_width_do_not_fit()
    {
        using var scope = torch.NewDisposeScope();
        using var layer = new PositionEmbedding(1 + 2 * 2, 3);
        foreach (var (_, weight) in layer.NamedWeights())
            weight.Allocate(torch.CPU);
        using var file = WeightsFile.FromStateDict(new Dictionary<string, torch.Tensor> { ["pos_embedding"] = Sines() });
        FluentActions.Invoking(() => StateDictLoader.Load(file, layer.NamedWeights())).Should().Throw<WeightsException>();
    }

    private static torch.Tensor Sines() => (torch.arange(20, torch.float32) * 0.37).sin().view(1, 10, 2);
}
