namespace TransferKit;

/// <summary>
/// How far numbers are from what they should be: of each number over all samples, then averaged over the numbers.
/// </summary>
internal static class RegressionErrors
{
    public static double MeanAbsolute(EvaluatedSamples samples) =>
        OfEach(samples, output => Mean(samples, sample => Math.Abs(Error(samples, sample, output))));

    public static double RootMeanSquared(EvaluatedSamples samples) =>
        OfEach(samples, output => Math.Sqrt(Squared(samples, output)));

    /// <summary>1 minus the squared error over the variance of the targets.</summary>
    public static double R2(EvaluatedSamples samples) => samples.Count < 2 ? double.NaN : OfEach(samples, output =>
    {
        var mean = Mean(samples, sample => samples.Target(sample, output));
        var variance = Mean(samples, sample => Math.Pow(samples.Target(sample, output) - mean, 2));
        var error = Squared(samples, output);
        return error == 0 ? 1 : variance == 0 ? 0 : 1 - error / variance;
    });

    private static double Squared(EvaluatedSamples samples, int output) =>
        Mean(samples, sample => Math.Pow(Error(samples, sample, output), 2));

    private static double Error(EvaluatedSamples samples, int sample, int output) =>
        (double)samples.Output(sample, output) - samples.Target(sample, output);

    private static double Mean(EvaluatedSamples samples, Func<int, double> value) =>
        Enumerable.Range(0, samples.Count).Average(value);

    private static double OfEach(EvaluatedSamples samples, Func<int, double> score) =>
        Enumerable.Range(0, samples.ClassNames.Count).Average(score);
}
