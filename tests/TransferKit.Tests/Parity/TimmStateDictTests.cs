using TransferKit.Timm;

namespace TransferKit.Tests.Parity;

[Trait("Lane", "Slow")]
public sealed class TimmStateDictTests
{
    [Fact]
    public void Keys_shapes_and_types_of_all_architectures_are_timms()
    {
        var differing = new List<string>();
        foreach (var (name, digest) in Goldens.TimmStateDicts)
        {
            using var network = TimmTables.Find(name)?.Describe();
            // "make_timm_goldens.py keys NAME" prints the lines that the digest is of.
            if (network is not null && !StateDictParityTests.DigestOf(network).StartsWith(digest, StringComparison.Ordinal))
                differing.Add(name);
        }

        differing.Should().BeEmpty();
    }

    [Fact]
    public void Every_architecture_here_has_a_golden() =>
        TimmTables.Names.Where(name => TimmTables.Find(name) is not null).Except(Goldens.TimmStateDicts.Keys).Should().BeEmpty();
}
