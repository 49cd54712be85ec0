using System.Security.Cryptography;
using System.Text;

namespace TransferKit.Tests.Parity;

public sealed class StateDictParityTests
{
    public static TheoryData<string> Models => [.. Architectures.All.Select(model => model.Name)];

    [Theory]
    [MemberData(nameof(Models))]
    public void Keys_shapes_and_types_are_torchvisions(string model)
    {
        using var network = Architectures.Create(model);
        var weights = network.NamedWeights().ToList();
        var lines = Lines(network);
        var golden = Goldens.StateDicts[model];

        if (Digest(lines) != golden.Sha256)
        {
            var expected = Goldens.StateDictLines(model);
            Assert.Fail($"missing: {Some(expected.Except(lines))}; unexpected: {Some(lines.Except(expected))}");
        }

        lines.Should().HaveCount(golden.Keys);
        weights.Where(found => !found.Weight.IsBuffer).Sum(found => found.Weight.Count).Should().Be(golden.Parameters);
    }

    internal static string DigestOf(Network network) => Digest(Lines(network));

    internal static List<string> Lines(Network network) =>
        [.. network.NamedWeights().Select(found => Line(found.Name, found.Weight)).Order(StringComparer.Ordinal)];

    private static string Line(string key, Weight weight) =>
        $"{key} {string.Join(',', weight.Shape)} {weight.Type.ToString().ToLowerInvariant()}";

    private static string Digest(IEnumerable<string> lines) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n")))));

    private static string Some(IEnumerable<string> lines) => string.Join(" | ", lines.Take(10).DefaultIfEmpty("none"));
}
