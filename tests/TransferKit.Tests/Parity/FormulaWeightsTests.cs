using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace TransferKit.Tests.Parity;

public sealed class FormulaWeightsTests
{
    public static IEnumerable<object[]> Fillings =>
        Goldens.Formula.Fillings.Select(golden => new object[] { golden.Key, golden.Style });

    [Theory]
    [MemberData(nameof(Fillings))]
    public void Filling_is_the_same_bit_for_bit_as_in_python(string key, string style)
    {
        var golden = Goldens.Formula.Fillings.Single(golden => golden.Key == key && golden.Style == style);
        var values = new float[golden.Shape.Aggregate(1L, (product, size) => product * size)];

        FormulaWeights.Fill(key, values, golden.Shape, new Filling(golden.Gain, style));

        RequireSame(values, golden.First, golden.Sha256);
    }

    [Fact]
    public void Images_are_the_same_bit_for_bit_as_in_python()
    {
        var golden = Goldens.Formula.Images;

        RequireSame(FormulaWeights.Images(count: 2, golden.Size), golden.First, golden.Sha256);
    }

    [Fact]
    public void Coefficients_are_the_same_bit_for_bit_as_in_python()
    {
        var golden = Goldens.Formula.Coefficients;

        RequireSame(FormulaWeights.Coefficients(count: 2, golden.Classes), golden.First, golden.Sha256);
    }

    private static void RequireSame(float[] values, float[] first, string sha256)
    {
        values.Take(first.Length).Should().Equal(first);
        Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<float>(values))).Should().Be(sha256);
    }
}
