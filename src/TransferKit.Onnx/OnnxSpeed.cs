using System.Diagnostics;
using System.Globalization;

namespace TransferKit.Vision;

/// <summary>How fast two ONNX files are on this machine, such as a model in float32 and the same in 8 bits.</summary>
public sealed record OnnxSpeed
{
    private const int Rounds = 15;

    private OnnxSpeed()
    {
    }

    /// <summary>Milliseconds that the first file takes for a picture, which is prepared already: the median.</summary>
    public required double FirstMilliseconds { get; init; }

    /// <summary>The same of the second.</summary>
    public required double SecondMilliseconds { get; init; }

    /// <summary>How many pictures were computed at a time.</summary>
    public required int BatchSize { get; init; }

    /// <summary>How many times as fast as the first the second is: above 1 where it gains.</summary>
    public double Factor => FirstMilliseconds / SecondMilliseconds;

    /// <summary>
    /// Computes with both in turn, so that what else the machine does befalls both alike; takes as long as
    /// thirty of their batches, and some to warm up.
    /// </summary>
    /// <param name="first">A file, such as a model in float32.</param>
    /// <param name="second">Another, such as the same model in 8 bits.</param>
    /// <param name="batchSize">How many pictures at a time, at least 1.</param>
    /// <param name="options">How to compute; null: the defaults.</param>
    /// <exception cref="ModelFileException">A file can't be opened, as <see cref="OnnxPredictor.Load"/> says.</exception>
    /// <exception cref="ArgumentException">The options are wrong, or name an execution provider that isn't there.</exception>
    public static OnnxSpeed Compare(string first, string second, int batchSize = 1, OnnxPredictorOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        options ??= new OnnxPredictorOptions();
        using var one = new Run(first, batchSize, options);
        using var other = new Run(second, batchSize, options);
        for (var round = 0; round < Rounds; round++)
        {
            one.Time();
            other.Time();
        }
        return new() { FirstMilliseconds = one.Median, SecondMilliseconds = other.Median, BatchSize = batchSize };
    }

    /// <summary>A sentence for people.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{FirstMilliseconds:F1} and {SecondMilliseconds:F1} ms a picture, {BatchSize} at a time: {Factor:F2} times as fast.");

    /// <summary>A file, and how long it took for a batch of gray pictures.</summary>
    private sealed class Run : IDisposable
    {
        private readonly OnnxEngine _engine;
        private readonly NormalizedViews _views;
        private readonly List<double> _milliseconds = [];

        public Run(string path, int batchSize, OnnxPredictorOptions options)
        {
            (_engine, var reader) = OnnxPredictor.Open(path, options);
            using (reader)
            {
                var pixels = new float[batchSize * reader.Size.Height * reader.Size.Width * reader.Channels];
                pixels.AsSpan().Fill(0.5f);
                _views = new(pixels, batchSize, reader.Size.Height, reader.Size.Width, reader.Channels);
            }
            for (var i = 0; i < 2; i++)
                _engine.Run(_views);
        }

        public double Median => _milliseconds.Order().ElementAt(_milliseconds.Count / 2);

        public void Time()
        {
            var start = Stopwatch.GetTimestamp();
            _engine.Run(_views);
            _milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds / _views.Count);
        }

        public void Dispose() => _engine.Dispose();
    }
}
