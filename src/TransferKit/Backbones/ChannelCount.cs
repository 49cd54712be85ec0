namespace TransferKit;

/// <summary>Scales channel counts as the mobile networks do (Sandler et al., 2018).</summary>
internal static class ChannelCount
{
    /// <summary>The nearest multiple of a divisor, at least the divisor itself and at least 90 % of the number.</summary>
    public static int Round(double channels, int divisor = 8)
    {
        var rounded = Math.Max(divisor, (int)(channels + divisor / 2.0) / divisor * divisor);
        return rounded < 0.9 * channels ? rounded + divisor : rounded;
    }
}
