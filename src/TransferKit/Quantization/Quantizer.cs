using TorchSharp;

namespace TransferKit;

/// <summary>
/// Decides which layers of a model compute in 8 bits: all but those that gain nothing, and then, as long as the loss is too
/// great, without those that cost most, found by rounding each alone.
/// </summary>
internal sealed class Quantizer : IDisposable
{
    /// <summary>Fewer say nothing of the range of values, nor of accuracy.</summary>
    public const int FewestPictures = 32;

    private const int BatchSize = 8;

    /// <summary>On how many pictures each layer is rounded alone.</summary>
    private const int SensitivityPictures = 16;

    private readonly LiveModel _model;
    private readonly Network _network;
    private readonly Dataset _data;
    private readonly OnnxOptions _options;
    private readonly Preprocessing _preprocessing;
    private readonly TaskDefinition _task;
    private readonly IReadOnlyList<string> _classNames;
    private readonly int[]? _order;
    private readonly CancellationToken _cancellation;
    private readonly Dictionary<Weight, torch.Tensor> _rounded = [];

    /// <param name="model">The model.</param>
    /// <param name="network">Its network as it is exported, with norms folded.</param>
    /// <param name="options">The calibration pictures, and what may be lost on them.</param>
    /// <param name="preprocessing">How the pictures are made.</param>
    /// <param name="task">What outputs mean.</param>
    /// <param name="classNames">What outputs are called.</param>
    /// <param name="cancellation">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">There are too few pictures.</exception>
    public Quantizer(LiveModel model, Network network, OnnxOptions options, Preprocessing preprocessing, LearningTask task,
        IReadOnlyList<string> classNames, CancellationToken cancellation)
    {
        (_model, _network, _options, _preprocessing, _cancellation) = (model, network, options, preprocessing, cancellation);
        (_data, _task, _classNames) = (options.Calibration!, TaskDefinition.Of(task), classNames);
        _order = _task.HasClasses && _data.Targets.Task == task ? ClassOrder.Of(_data.ClassNames, classNames) : null;
        RequirePictures(_data.Count);
    }

    public void Dispose()
    {
        foreach (var kernel in _rounded.Values)
            kernel.Dispose();
    }

    /// <summary>Finds what to round, and what it costs.</summary>
    /// <param name="bytes">How many bytes all weights take in float32.</param>
    /// <exception cref="QuantizationException">It is greater, whatever is left in float32.</exception>
    /// <exception cref="ArgumentException">There are too few pictures, or they aren't what the network takes.</exception>
    public (Quantization Quantization, QuantizationReport Report) Run(long bytes)
    {
        var limit = _options.MaximumLoss;
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        TorchRuntime.UseThreads();
        var (layers, ranges) = Calibrate();
        var expected = OutputsOf(_network.Forward);
        var worthwhile = RoundingCosts.Worthwhile(_network, _network.InputShape(_preprocessing.CropSize), layers);
        var best = Measure(new Quantization(worthwhile, ranges), expected);
        var errors = new Dictionary<Weight, double>();
        if (best.Report.Loss > limit)
        {
            errors = ErrorsOf(worthwhile, ranges);
            var worst = layers.Where(worthwhile.Contains).OrderByDescending(layer => errors[layer]).ToList();
            for (var count = 1; best.Report.Loss > limit && count <= worst.Count / 2; count *= 2)
            {
                var next = Measure(new Quantization(worst.Skip(count).ToHashSet(), ranges), expected);
                best = next.Report.Loss < best.Report.Loss ? next : best;
            }
        }

        var names = _network.NamedWeights().ToDictionary(found => found.Weight, found => found.Name);
        var report = best.Report with
        {
            Float32Bytes = bytes,
            Int8Bytes = bytes - best.Quantization.Kernels.Sum(kernel => kernel.Count * (sizeof(float) - sizeof(sbyte))),
            Layers =
            [
                .. layers.Select(layer => new QuantizedLayer(LayerOf(names[layer]),
                    best.Quantization.Kernels.Contains(layer) ? LayerPrecision.Int8
                        : worthwhile.Contains(layer) ? LayerPrecision.Float32ForAccuracy : LayerPrecision.Float32ForSpeed,
                    errors.GetValueOrDefault(layer, double.NaN))),
            ],
        };
        return report.Loss <= limit ? (best.Quantization, report) : throw new QuantizationException(report, limit);

        static string LayerOf(string weight) => weight.EndsWith(".weight", StringComparison.Ordinal)
            ? weight[..weight.LastIndexOf('.')]
            : weight;
    }

    /// <summary>Which layers there are, by their kernels, and in which ranges values lie in front of and behind them.</summary>
    private (IReadOnlyList<Weight> Layers, IReadOnlyDictionary<int, QuantizationRange> Ranges) Calibrate()
    {
        var activations = new ActivationHistograms();
        IReadOnlyList<Weight> layers = [];
        foreach (var isCounting in new[] { false, true })
        {
            activations.IsCounting = isCounting;
            var pictures = 0;
            foreach (var batch in Read())
            {
                using var scope = torch.NewDisposeScope();
                var operations = new CalibrationOperations(activations);
                _network.Compute(operations, batch.Images);
                layers = operations.Kernels;
                pictures += batch.Indices.Count;
            }
            RequirePictures(pictures);
        }
        return (layers, activations.ToRanges(_options.CalibrationMethod));
    }

    private (Quantization Quantization, QuantizationReport Report) Measure(Quantization quantization, Outputs expected)
    {
        var outputs = OutputsOf(images => Compute(quantization, images));
        var agreement = Score(outputs.Values, _task.ToTargets(expected.Values));
        return (quantization, new QuantizationReport
        {
            Pictures = outputs.Indices.Count,
            Float32Accuracy = AccuracyOf(expected),
            Int8Accuracy = AccuracyOf(outputs),
            Agreement = _task.HasClasses ? agreement.Accuracy : agreement.R2,
            Float32Bytes = 0,
            Int8Bytes = 0,
            Layers = [],
        });

        double AccuracyOf(Outputs found)
        {
            if (_order is null)
                return double.NaN;
            using var places = torch.tensor([.. _order.Select(place => (long)place)]);
            return Score(found.Values.index_select(1, places), found.Targets).Accuracy;
        }

        EvaluationResult Score(torch.Tensor values, torch.Tensor targets)
        {
            var samples = new EvaluatedSamples(_task.Task, _classNames);
            samples.Add(values, targets, outputs.Indices);
            return EvaluationResult.From(samples, loss: null);
        }
    }

    /// <summary>How far outputs are off when one layer alone is rounded, as a share of their variance.</summary>
    private Dictionary<Weight, double> ErrorsOf(
        IReadOnlyCollection<Weight> layers, IReadOnlyDictionary<int, QuantizationRange> ranges)
    {
        using var scope = torch.NewDisposeScope();
        var spread = Enumerable.Range(0, SensitivityPictures).Select(i => i * _data.Count / SensitivityPictures);
        var images = torch.cat([.. Read([.. spread]).Select(batch => batch.Images.clone())]);
        var expected = _network.Forward(images);
        var variance = Math.Max(MeanSquare(expected - expected.mean()), double.Epsilon);
        return layers.ToDictionary(layer => layer, layer =>
        {
            using var inner = torch.NewDisposeScope();
            return MeanSquare(Compute(new Quantization(new HashSet<Weight> { layer }, ranges), images) - expected) / variance;
        });

        static double MeanSquare(torch.Tensor values) => (values * values).mean().item<float>();
    }

    private torch.Tensor Compute(Quantization quantization, torch.Tensor images)
    {
        _cancellation.ThrowIfCancellationRequested();
        return _network.Compute(new FakeQuantization(quantization, _rounded), images);
    }

    /// <summary>
    /// What is computed of all pictures, in the order of the model's classes; the caller's dispose scope owns it.
    /// </summary>
    private Outputs OutputsOf(Func<torch.Tensor, torch.Tensor> compute)
    {
        using var scope = torch.NewDisposeScope();
        var (values, targets, indices) = (new List<torch.Tensor>(), new List<torch.Tensor>(), new List<int>());
        foreach (var batch in Read())
        {
            using var inner = torch.NewDisposeScope();
            values.Add(compute(batch.Images).cpu().MoveToOuterDisposeScope());
            targets.Add(batch.Targets.cpu().alias().MoveToOuterDisposeScope());
            indices.AddRange(batch.Indices);
        }
        return new Outputs(torch.cat(values).MoveToOuterDisposeScope(), torch.cat(targets).MoveToOuterDisposeScope(), indices);
    }

    /// <summary>The pictures, a batch at a time, each of which lives until the next is asked for.</summary>
    /// <exception cref="ArgumentException">They aren't what the network takes.</exception>
    private IEnumerable<ImageBatch> Read(IReadOnlyList<int>? order = null)
    {
        var pass = _model.ReadInOrder(_data, BatchSize, workers: 0) with { Preprocessing = _preprocessing };
        if (order is not null)
            pass = pass with { Order = order };
        foreach (var batch in new ImageBatches(_model, _data).Read(pass, _cancellation))
            using (batch)
            {
                var (height, width, size) = (batch.Images.shape[2], batch.Images.shape[3], _preprocessing.CropSize);
                if (height != size || width != size)
                    throw Wrong($"are {height} × {width} px, and the graph takes {size} × {size} px: prepare them so, or export "
                        + $"with {nameof(OnnxOptions.ImageSize)} = {height}");
                yield return batch;
            }
    }

    private static void RequirePictures(int count)
    {
        if (count < FewestPictures)
            throw Wrong($"are {count}, and it takes at least {FewestPictures} that can be read, better a few hundred, to find "
                + "the ranges of values and what rounding costs");
    }

    private static ArgumentException Wrong(string what) => new($"The calibration pictures {what}.");

    /// <param name="Values"><c>[N, outputs]</c></param>
    /// <param name="Targets">As in a batch.</param>
    /// <param name="Indices">Where the pictures lie in their dataset.</param>
    private sealed record Outputs(torch.Tensor Values, torch.Tensor Targets, IReadOnlyList<int> Indices);
}
