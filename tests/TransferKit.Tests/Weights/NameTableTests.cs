using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit.Tests.Weights;

public sealed class NameTableTests
{
    private static readonly NameTable Table = new(
        new TensorNames("blocks.#.norm", "layers.#.ln"), new TensorNames("blocks.#", "layers.#.rest"),
        new TensorNames("dist_head", null),
        new TensorNames("q", "qkv") { Part = 0, Parts = 3 }, new TensorNames("k", "qkv") { Part = 1, Parts = 3 },
        new TensorNames("v", "qkv") { Part = 2, Parts = 3 });

    [Fact]
    public void The_first_name_that_fits_is_taken_and_what_no_name_is_known_for_keeps_its_own()
    {
        using var scope = NewDisposeScope();
        using var file = File("blocks.3.norm.weight", "blocks.3.scale", "dist_head.bias", "other");
        var ours = Table.ToOurs(file.Tensors);
        ours.Keys.Should().BeEquivalentTo("layers.3.ln.weight", "layers.3.rest.scale", "other");
        ours["layers.3.ln.weight"].Should().BeSameAs(file.Tensors["blocks.3.norm.weight"]);

        using var own = File("layers.3.ln.weight", "layers.3.rest.scale", "other");
        Table.ToTheirs(own.Tensors).Keys.Should().BeEquivalentTo("blocks.3.norm.weight", "blocks.3.scale", "other");
    }

    [Fact]
    public void A_tensor_that_has_our_name_already_stands()
    {
        using var scope = NewDisposeScope();
        using var file = File("layers.0.ln.bias", "blocks.0.norm.bias");
        var ours = Table.ToOurs(file.Tensors);
        ours.Should().ContainSingle();
        ours["layers.0.ln.bias"].Should().BeSameAs(file.Tensors["layers.0.ln.bias"]);
    }

    [Fact]
    public void Only_what_lies_behind_a_prefix_is_renamed()
    {
        using var scope = NewDisposeScope();
        using var file = File("net.blocks.0.norm.bias", "blocks.1.norm.bias");
        var ours = new Dictionary<string, StoredTensor>();
        Table.ToOurs(file.Tensors, "net.", ours).Keys.Should().Equal("blocks.1.norm.bias");
        ours.Keys.Should().Equal("layers.0.ln.bias");
    }

    [Fact]
    public void Parts_are_put_together_where_all_are_there_and_taken_apart_again()
    {
        using var scope = NewDisposeScope();
        using var file = File("q.weight", "k.weight", "v.weight", "other");
        var ours = Table.ToOurs(file.Tensors);
        ours.Keys.Should().BeEquivalentTo("qkv.weight", "other");
        using var joined = ours["qkv.weight"].Read();
        joined.data<float>().ToArray().Should().Equal(0, 0, 1, 1, 2, 2);
        var apart = Table.ToTheirs(ours);
        apart.Keys.Should().BeEquivalentTo("q.weight", "k.weight", "v.weight", "other");
        using var third = apart["v.weight"].Read();
        third.data<float>().ToArray().Should().Equal(2, 2);

        using var incomplete = File("q.weight", "v.weight");
        Table.ToOurs(incomplete.Tensors).Keys.Should().BeEquivalentTo("q.weight", "v.weight");
    }

    /// <summary>A file of tensors of two numbers, which say which of them it is; the caller's dispose scope owns them.</summary>
    private static WeightsFile File(params string[] keys) => WeightsFile.FromStateDict(
        keys.Index().ToDictionary(key => key.Item, key => tensor(new float[] { key.Index, key.Index })));
}
