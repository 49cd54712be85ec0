namespace TransferKit;

/// <summary>Scales channel counts as the mobile networks do (Sandler et al., 2018).</summary>
internal static class ChannelCount
{
    /// <summary>The nearest multiple of a divisor, at least the divisor itself and at least a share of the number.</summary>
    /// <param name="channels">The number.</param>
    /// <param name="divisor">The divisor.</param>
    /// <param name="least">The share.</param>
    public static int Round(double channels, int divisor = 8, double least = 0.9)
    {
        var rounded = Math.Max(divisor, (int)(channels + divisor / 2.0) / divisor * divisor);
        return rounded < least * channels ? rounded + divisor : rounded;
    }
}
