using TorchSharp;
using TransferKit.Vision;
using static TransferKit.Layers;

namespace TransferKit.Fuzz;

/// <summary>
/// Trains and predicts while another thread collects garbage all the time, and compares what comes out, bit for bit, with what
/// comes out when nobody does. A native object that is freed while libtorch reads it shows as an exception or as another result.
/// </summary>
internal static class CollectionTrial
{
    private const int Threads = 8, ImageSize = 16;

    private static readonly Optimizer[] Optimizers =
    [
        Optimizer.Sgd(1e-3, nesterov: true, weightDecay: 1e-4), Optimizer.Adam(1e-4, weightDecay: 1e-4), Optimizer.AdamW(1e-4),
        Optimizer.RmsProp(1e-4, momentum: 0.9, weightDecay: 1e-4), Optimizer.Lion(1e-5, weightDecay: 1e-2), Optimizer.Lamb(1e-4),
    ];

    private static readonly TransferPlan Plan = Backbone.Custom("small", Network,
        Preprocessing.ImageNet with { CropSize = ImageSize, ResizeSize = ImageSize }).ReplaceHead(2);

    /// <summary>Runs the trial.</summary>
    /// <param name="calls">How many steps are trained, over all optimizers, and how many predictions are made.</param>
    /// <param name="pause">How long the other thread waits between two collections, in milliseconds.</param>
    /// <param name="folder">An empty folder to work in.</param>
    /// <returns>What was done, in a sentence.</returns>
    /// <exception cref="InvalidOperationException">Something came out otherwise.</exception>
    public static string Run(int calls, int pause, string folder)
    {
        var threads = TorchRuntime.Threads;
        TorchRuntime.Threads = 1;
        try
        {
            var collections = 0L;
            var steps = Math.Max(calls / Optimizers.Length, 4);
            foreach (var optimizer in Optimizers)
            {
                var expected = Train(optimizer, steps, folder);
                using var collector = new Collector(pause);
                if (!Train(optimizer, steps, folder).AsSpan().SequenceEqual(expected))
                    throw new InvalidOperationException($"Training with {optimizer} ended otherwise while garbage was collected.");
                collections += collector.Stop();
            }
            collections += Predict(calls, pause, folder);
            return $"{steps * Optimizers.Length} training steps and {calls} predictions on {Threads} threads during {collections} "
                + "collections: no exception, and every bit as without them.";
        }
        finally
        {
            TorchRuntime.Threads = threads;
        }
    }

    /// <summary>Trains with all that computes with numbers.</summary>
    /// <returns>The weights.</returns>
    private static byte[] Train(Optimizer optimizer, int steps, string folder)
    {
        using var scope = torch.NewDisposeScope();
        using var generator = new torch.Generator(7, torch.CPU);
        var labels = Enumerable.Range(0, 24).Select(i => i % 2).ToArray();
        var images = torch.randn([labels.Length, 3, ImageSize, ImageSize], generator: generator);
        var data = new InMemoryDataset(images, labels, ["even", "odd"]);
        const int BatchSize = 4, StepsPerEpoch = 4;
        using var run = Plan.Train(data, new TrainingOptions
        {
            Epochs = (steps + StepsPerEpoch - 1) / StepsPerEpoch,
            BatchSize = BatchSize,
            ValidationFraction = 1.0 / 3,
            Optimizer = optimizer,
            ClipNorm = 1,
            ClipValue = 0.1,
            Average = WeightAverage.Ema(0.9),
            Mix = Mix.OneOf(Mix.MixUp(), Mix.CutMix()),
            Loss = Loss.Focal(),
        });
        run.Model.Calibrate(data);
        run.Model.Save(Model(folder));
        var weights = Path.Join(folder, "weights.safetensors");
        run.Model.ExportSafeTensors(weights);
        return File.ReadAllBytes(weights);
    }

    /// <summary>Predicts on several threads at once, with the model that was trained last.</summary>
    /// <returns>How many collections there were meanwhile.</returns>
    private static long Predict(int calls, int pause, string folder)
    {
        using var predictor = Predictor.Load(Model(folder), new PredictorOptions { CustomBackbone = Plan });
        var random = new Random(7);
        var pictures = Enumerable.Range(0, 16).Select(_ =>
        {
            var pixels = new byte[3 * ImageSize * ImageSize];
            random.NextBytes(pixels);
            return pixels;
        }).ToArray();
        float[] Say(int picture) => [.. predictor.PredictPixels(pictures[picture], ImageSize, ImageSize).Probabilities];
        var expected = pictures.Select((_, picture) => Say(picture)).ToArray();
        using var collector = new Collector(pause);
        Task.WaitAll([.. Enumerable.Range(0, Threads).Select(first => Task.Factory.StartNew(() =>
        {
            for (var call = first; call < calls; call += Threads)
                if (!Say(call % pictures.Length).AsSpan().SequenceEqual(expected[call % pictures.Length]))
                    throw new InvalidOperationException($"Prediction {call} said something else while garbage was collected.");
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))]);
        return collector.Stop();
    }

    private static string Model(string folder) => Path.Join(folder, "model.tkm");

    private static Blueprint Network() => new(
        [
            ("stem", Chain(("conv", Conv(3, 8, 3)), ("bn", BatchNorm(8)), Relu)),
            ("block", Residual(
                Chain(("conv", Conv(8, 8, 3)), ("bn", BatchNorm(8)), StochasticDepth(0.2)), then: Relu)),
            MaxPool(2, 2),
        ],
        head => [GlobalAveragePool, Flatten(), Dropout(0.1), ("fc", head.Vector(8))]);

    /// <summary>A thread that collects garbage until it is told to stop.</summary>
    private sealed class Collector : IDisposable
    {
        private readonly Thread _thread;
        private volatile bool _isStopped;
        private long _collections;

        public Collector(int pause)
        {
            _thread = new Thread(() =>
            {
                for (; !_isStopped; _collections++)
                {
                    GC.Collect(0);
                    if (pause > 0)
                        Thread.Sleep(pause);
                }
            });
            _thread.Start();
        }

        /// <summary>Stops, and says how often it collected.</summary>
        public long Stop()
        {
            Dispose();
            return _collections;
        }

        public void Dispose()
        {
            _isStopped = true;
            _thread.Join();
        }
    }
}
