using TorchSharp;

namespace TransferKit.Tests.Backbones.Layers;

public sealed class RelativeResamplingTests
{
    // Of timm.layers.resize_rel_pos_bias_table, for the sines of 0, 1, 2 … of two heads, the last two rows of which stay.
    [Theory]
    [InlineData(2, 3, new[] { 0, 0.841471, 0, 0.841471, 0.909297, 0.14112, -0.756802, -0.958924, -0.756802, -0.958924, 0, 0.841471 })]
    [InlineData(4, 2, new[]
        { 0.551427, 0.999912, 0.529083, -0.428183, -0.991779, -0.643538, 0.901788, 0.123573, -0.768255, -0.953753 })]
    public void Tables_for_another_window_are_resampled_as_timm_does(int from, int to, double[] expected)
    {
        using var scope = torch.NewDisposeScope();
        var rows = (2 * from - 1) * (2 * from - 1) + 2;
        var table = torch.tensor([.. Enumerable.Range(0, 2 * rows).Select(i => MathF.Sin(i))], [rows, 2]);
        var adapter = RelativeResampling.OfTable(to, heads: 2, extra: 2);

        adapter.CanAdapt(table.shape).Should().BeTrue();
        adapter.CanAdapt([rows + 1, 2]).Should().BeFalse("that is no square of offsets");
        var resampled = adapter.Adapt(table);

        resampled.shape.Should().Equal((2 * to - 1) * (2 * to - 1) + 2, 2);
        resampled.flatten().data<float>().Zip(expected).Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) < 2e-5);
        resampled[-1, 1].item<float>().Should().Be(table[-1, 1].item<float>());
    }

    [Fact]
    public void Grids_are_resampled_as_tables_are()
    {
        using var scope = torch.NewDisposeScope();
        var table = torch.randn(25, 3);
        var grid = table.transpose(0, 1).reshape(3, 5, 5);

        var resampled = RelativeResampling.OfGrid(5, heads: 3).Adapt(grid);

        var rows = RelativeResampling.OfTable(5, heads: 3).Adapt(table);
        resampled.flatten(1).transpose(0, 1).allclose(rows).Should().BeTrue();
        RelativeResampling.OfGrid(5, heads: 3).CanAdapt([3, 4, 4]).Should().BeFalse("windows have odd numbers of offsets");
    }
}
