namespace TransferKit.Tests.Data;

public class SeededRandomTests
{
    [Fact]
    public void The_generator_is_SplitMix64()
    {
        // The published sequence from state 0.
        var random = default(SeededRandom);
        random.NextUInt64().Should().Be(0xE220A8397B1DCDAF);
        random.NextUInt64().Should().Be(0x6E789E6AA1B965F4);
        random.NextUInt64().Should().Be(0x06C45D188009454F);
    }

    [Fact]
    public void Different_keys_give_different_numbers()
    {
        var firsts = new HashSet<ulong>();
        for (var seed = -3; seed < 10; seed++)
            for (var key = -3; key < 10; key++)
                for (var subkey = -3; subkey < 10; subkey++)
                    firsts.Add(new SeededRandom(seed, key, subkey).NextUInt64());

        firsts.Should().HaveCount(13 * 13 * 13);
    }

    [Fact]
    public void Doubles_are_uniform_in_0_to_1()
    {
        var random = new SeededRandom(1, 2);
        var values = Enumerable.Range(0, 100_000).Select(_ => random.NextDouble()).ToArray();

        values.Min().Should().BeGreaterThanOrEqualTo(0);
        values.Max().Should().BeLessThan(1);
        values.Average().Should().BeApproximately(0.5, 0.005);
        values.Select(value => (value - 0.5) * (value - 0.5)).Average().Should().BeApproximately(1.0 / 12, 0.001);
    }

    [Fact]
    public void Neighbouring_keys_are_independent()
    {
        var pairs = Enumerable.Range(0, 50_000)
            .Select(i => (new SeededRandom(0, 0, i).NextDouble() - 0.5) * (new SeededRandom(0, 0, i + 1).NextDouble() - 0.5));
        pairs.Average().Should().BeApproximately(0, 0.002);
    }

    [Fact]
    public void Integers_cover_their_range_evenly()
    {
        var random = new SeededRandom(4, 0);
        var counts = new int[7];
        for (var i = 0; i < 70_000; i++)
            counts[random.Next(7)]++;

        counts.Should().OnlyContain(count => count > 9_600 && count < 10_400);
    }

    [Fact]
    public void A_bounded_double_stays_in_its_bounds()
    {
        var random = new SeededRandom(5, 0);
        for (var i = 0; i < 1000; i++)
            random.NextDouble(-2, 3).Should().BeInRange(-2, 3);
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(1)]
    [InlineData(4.5)]
    public void Gamma_and_beta_variables_have_their_distributions_moments(double shape)
    {
        var random = new SeededRandom(8, 0);
        var gammas = Enumerable.Range(0, 100_000).Select(_ => random.NextGamma(shape)).ToArray();
        gammas.Average().Should().BeApproximately(shape, 0.02 * shape);
        gammas.Average(value => (value - shape) * (value - shape)).Should().BeApproximately(shape, 0.05 * shape);

        var betas = Enumerable.Range(0, 100_000).Select(_ => random.NextBeta(shape)).ToArray();
        betas.Average().Should().BeApproximately(0.5, 0.005);
        betas.Average(value => (value - 0.5) * (value - 0.5)).Should().BeApproximately(1 / (8 * shape + 4), 0.003);
    }

    [Fact]
    public void A_beta_variable_of_the_smallest_parameter_is_a_number()
    {
        var random = new SeededRandom(9, 0);
        for (var i = 0; i < 1000; i++)
            random.NextBeta(1e-6).Should().BeInRange(0, 1);
    }

    [Fact]
    public void Normal_variables_have_mean_0_and_deviation_1()
    {
        var random = new SeededRandom(7, 0);
        var values = Enumerable.Range(0, 100_000).Select(_ => random.NextNormal()).ToArray();
        values.Average().Should().BeApproximately(0, 0.015);
        values.Average(value => value * value).Should().BeApproximately(1, 0.02);
        values.Average(value => value * value * value * value).Should().BeApproximately(3, 0.15);
    }

    [Fact]
    public void Shuffling_keeps_the_items_and_favours_no_place()
    {
        var whereZeroWent = new int[5];
        for (var seed = 0; seed < 10_000; seed++)
        {
            int[] items = [0, 1, 2, 3, 4];
            new SeededRandom(seed, 0).Shuffle<int>(items);
            items.Order().Should().Equal(0, 1, 2, 3, 4);
            whereZeroWent[Array.IndexOf(items, 0)]++;
        }

        whereZeroWent.Should().OnlyContain(count => count > 1_850 && count < 2_150);
    }
}
