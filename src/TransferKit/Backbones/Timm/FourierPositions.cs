namespace TransferKit.Timm;

/// <summary>
/// Adds to each pixel of <c>[N, C, H, W]</c> a projection of sines and cosines of its row and column (El-Nouby et al., 2021),
/// with the parameter names of timm's <c>PositionalEncodingFourier</c>.
/// </summary>
/// <param name="channels">Channels, C.</param>
internal sealed class FourierPositions(int channels) : Layer
{
    // Waves of a side, from one as long as the map to one of 10,000 times its length.
    private const int Waves = 32;
    private const double LongestWave = 10_000, Epsilon = 1e-6;

    private readonly Conv _projection = new(2 * Waves, channels, new Kernel2d(1), bias: true);

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [("token_projection", _projection)];

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var (height, width) = (ops.Size(input, 2), ops.Size(input, 3));
        var values = new float[2 * Waves * height * width];
        for (var i = 0; i < values.Length; i++)
        {
            var (wave, pixel) = (i / (height * width), i % (height * width));
            var (place, side) = wave < Waves ? (pixel / width, height) : (pixel % width, width);
            values[i] = (float)Wave(wave % Waves, 2 * Math.PI * (place + 1) / (side + Epsilon));
        }
        return ops.AddInPlace(input, ops.Run(_projection, ops.Constant(input, values, 1, 2 * Waves, height, width)));
    }

    /// <summary>A sine and a cosine in turn, of waves that grow longer.</summary>
    private static double Wave(long number, double place)
    {
        var phase = place / Math.Pow(LongestWave, number / 2 * 2 / (double)Waves);
        return number % 2 == 0 ? Math.Sin(phase) : Math.Cos(phase);
    }
}
