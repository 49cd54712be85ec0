namespace TransferKit.Tests.Runtime.Devices;

public sealed class PrecisionChoiceTests
{
    [Theory]
    [InlineData(false, false, true, false)]
    [InlineData(true, false, true, true)]
    [InlineData(true, false, false, false)]
    [InlineData(true, true, false, true)]
    public void Networks_are_faster_in_bfloat16_where_the_processor_multiplies_more_numbers_a_cycle_in_it(
        bool hasInstructions, bool hasTiles, bool isAmd, bool isFast) =>
        CpuFeatures.HasFastBFloat16(hasInstructions, hasTiles, isAmd).Should().Be(isFast);
}
