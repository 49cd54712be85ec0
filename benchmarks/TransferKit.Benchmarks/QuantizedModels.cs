using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using TorchSharp;
using TransferKit.Vision;

namespace TransferKit.Benchmarks;

/// <summary>Exports in 8 bits beside those in float32, in ONNX Runtime: speed, size and accuracy.</summary>
internal static class QuantizedModels
{
    /// <summary>Speed and size, with weights that were never trained: neither depends on them.</summary>
    public static void Speed(IReadOnlyList<string> models, IReadOnlyList<int> batches, int repetitions)
    {
        Console.WriteLine("| model | batch | float32, ms an image | int8, ms an image | times as fast | float32, MB | int8, MB | in 8 bits |"
            + "\n|---|---|---|---|---|---|---|---|");
        using var folder = new Folder();
        foreach (var name in models)
        {
            using var model = Backbone.Create(name, Pretrained.None).On(ComputeDevice.Cpu).Build();
            var size = model.Preprocessing.CropSize;
            using var images = torch.randn(32, 3, size, size);
            var labels = Enumerable.Repeat(0, 32).ToArray();
            model.ExportOnnx(folder.File("float32.onnx"));
            var report = model.ExportOnnx(folder.File("int8.onnx"), new OnnxOptions
            {
                Weights = OnnxWeights.Int8,
                Calibration = new InMemoryDataset(images, labels, model.ClassNames),
                MaximumLoss = 1,
            })!;
            foreach (var batch in batches)
            {
                using var full = new Graph(folder.File("float32.onnx"));
                using var small = new Graph(folder.File("int8.onnx"));
                var input = new DenseTensor<float>(images[..batch].contiguous().data<float>().ToArray(), [batch, 3, size, size]);
                var (slow, fast) = Interleaved(() => full.Run(input), () => small.Run(input), repetitions);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"| {name} | {batch} | {slow / batch:F1} | {fast / batch:F1} | {slow / fast:F2} | {Size("float32.onnx"):F1} "
                    + $"| {Size("int8.onnx"):F1} | {LayersOf(report)} |"));
            }
        }

        double Size(string file) => new FileInfo(folder.File(file)).Length / 1e6;
    }

    /// <summary>
    /// Accuracy on samples that neither training nor calibration has seen, a run a seed: with every layer in 8 bits that is
    /// faster so, by each way to choose ranges, and as it is exported by default, with at most half a point lost on the
    /// calibration pictures.
    /// </summary>
    public static void Accuracy(string data, TransferPlan plan, int seeds, int epochs)
    {
        Console.WriteLine("| seed | ranges | float32 | int8 | other labels | in 8 bits |\n|---|---|---|---|---|---|");
        var all = ImageFolder.Open(data);
        var kinds = Enum.GetValues<CalibrationMethod>()
            .Select(method => (Name: $"{method}", Options: new OnnxOptions { CalibrationMethod = method, MaximumLoss = 1 }))
            .Append((Name: "as exported", Options: new OnnxOptions())).ToList();
        using var folder = new Folder();
        var lost = kinds.ToDictionary(kind => kind.Name, _ => new List<double>());
        for (var seed = 0; seed < seeds; seed++)
        {
            var (known, test) = all.Split(0.6, seed);
            var (train, calibration) = known.Split(0.6, seed);
            using var run = plan.ReplaceHead(all.ClassNames.Count).On(ComputeDevice.Cpu)
                .Train(train, calibration, new TrainingOptions { Epochs = epochs, Seed = seed });
            run.Model.ExportOnnx(folder.File("float32.onnx"));
            var (full, labels) = Predict(folder.File("float32.onnx"), test, run.Model.Preprocessing);
            var before = Share(full, labels);
            foreach (var (name, options) in kinds)
            {
                if (Export(run.Model, options, calibration) is not { } report)
                {
                    Print($"| {seed} | {name} | {before:P2} | refused | | |");
                    continue;
                }
                var (small, _) = Predict(folder.File("int8.onnx"), test, run.Model.Preprocessing);
                lost[name].Add(before - Share(small, labels));
                Print($"| {seed} | {name} | {before:P2} | {Share(small, labels):P2} | {1 - Share(small, full):P2} | {LayersOf(report)} |");
            }
        }
        foreach (var (name, points) in lost.Where(found => found.Value.Count > 0))
            Print($"{name}: {100 * points.Average():F2} points of accuracy lost on average.");

        QuantizationReport? Export(TransferModel model, OnnxOptions options, Dataset calibration)
        {
            try
            {
                return model.ExportOnnx(
                    folder.File("int8.onnx"), options with { Weights = OnnxWeights.Int8, Calibration = calibration });
            }
            catch (QuantizationException)
            {
                return null;
            }
        }
    }

    private static string LayersOf(QuantizationReport report) =>
        $"{report.Layers.Count(layer => layer.Precision == LayerPrecision.Int8)} of {report.Layers.Count}";

    private static (List<int> Predicted, List<int> Labels) Predict(string path, Dataset data, Preprocessing preprocessing)
    {
        using var graph = new Graph(path);
        var (predicted, labels) = (new List<int>(), new List<int>());
        foreach (var batch in data.Read(new ReadOptions { Preprocessing = preprocessing, BatchSize = 16 }))
            using (batch)
            {
                using var dense = batch.Images.contiguous();
                var images = new DenseTensor<float>(dense.data<float>().ToArray(), [.. dense.shape.Select(size => (int)size)]);
                var logits = graph.Run(images).Chunk(data.ClassNames.Count);
                predicted.AddRange(logits.Select(row => Array.IndexOf(row, row.Max())));
                labels.AddRange(batch.Targets.data<long>().ToArray().Select(label => (int)label));
            }
        return (predicted, labels);
    }

    private static double Share(List<int> some, List<int> others) =>
        some.Zip(others).Count(pair => pair.First == pair.Second) / (double)some.Count;

    /// <summary>The medians of both in milliseconds, taken in turn so that what else the machine does befalls both.</summary>
    private static (double First, double Second) Interleaved(Action first, Action second, int repetitions)
    {
        var (firsts, seconds) = (new List<double>(), new List<double>());
        for (var repetition = -1; repetition < repetitions; repetition++)
        {
            var times = (Time(first), Time(second));
            if (repetition < 0)
                continue;
            firsts.Add(times.Item1);
            seconds.Add(times.Item2);
        }
        return (firsts.Order().ElementAt(repetitions / 2), seconds.Order().ElementAt(repetitions / 2));

        static double Time(Action action)
        {
            var watch = Stopwatch.StartNew();
            action();
            return watch.Elapsed.TotalMilliseconds;
        }
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private sealed class Graph(string path) : IDisposable
    {
        private readonly InferenceSession _session = new(path);

        public float[] Run(DenseTensor<float> images)
        {
            using var results = _session.Run([NamedOnnxValue.CreateFromTensor("images", images)]);
            return [.. results[0].AsEnumerable<float>()];
        }

        public void Dispose() => _session.Dispose();
    }

    /// <summary>A temporary folder.</summary>
    private sealed class Folder : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("transferkit-");

        public string File(string name) => Path.Combine(_folder.FullName, name);

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
