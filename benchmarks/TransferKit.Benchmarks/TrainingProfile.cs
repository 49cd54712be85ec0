using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using TorchSharp;
using TransferKit.Vision;

namespace TransferKit.Benchmarks;

/// <summary>
/// Where the time of a training goes: seconds by kind of operation, beside what they would take if products ran at the rate of
/// one large matrix product, and everything else at the rate of copying memory. The training runs in a process of its own, whose
/// operators are recorded and whose oneDNN logs. From the end of the first step to the end of the last.
/// </summary>
internal static class TrainingProfile
{
    private const string Begin = "profile begins", End = "profile ends ";

    private static readonly (string Kind, string[] Operators)[] Kinds =
    [
        ("convolution", ["convolution", "_convolution", "conv2d", "mkldnn_convolution", "_conv_depthwise2d"]),
        ("matrix product", ["addmm", "mm", "bmm", "baddbmm", "linear", "matmul", "scaled_dot_product_attention",
            "_scaled_dot_product_flash_attention_for_cpu"]),
        ("norm", ["batch_norm", "_batch_norm_impl_index", "native_batch_norm", "layer_norm", "native_layer_norm",
            "native_group_norm"]),
        ("activation", ["relu", "relu6", "threshold", "hardtanh", "silu", "gelu", "hardswish", "hardsigmoid", "sigmoid", "tanh",
            "clamp", "clamp_min"]),
        ("copy or cast", ["copy", "to", "_to_copy", "clone", "contiguous", "cat", "zero", "fill", "zeros", "zeros_like"]),
    ];

    /// <summary>Profiles a job in a process of its own, and prints its table.</summary>
    /// <param name="job">The command line of this program behind <c>profile</c>.</param>
    public static int Run(string[] job)
    {
        // Environment.ProcessPath is this program or, where that is run by it, dotnet, whose first argument it is.
        var program = Environment.ProcessPath!;
        string[] assembly =
            Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(TrainingProfile).Assembly.Location] : [];
        using var child = Process.Start(new ProcessStartInfo(program, [.. assembly, "profiled", .. job])
        {
            RedirectStandardOutput = true, Environment = { ["ONEDNN_VERBOSE"] = "profile_exec" },
        })!;
        OneDnnLog? log = null;
        while (child.StandardOutput.ReadLine() is { } line)
            if (line == Begin)
                log = new OneDnnLog();
            else if (line.StartsWith(End, StringComparison.Ordinal))
                Print(JsonSerializer.Deserialize<Profile>(line[End.Length..])!, log!);
            else if (log?.Read(line) != true && !line.StartsWith("onednn_verbose", StringComparison.Ordinal))
                Console.WriteLine(line);
        child.WaitForExit();
        return child.ExitCode;
    }

    /// <summary>The job itself.</summary>
    /// <param name="folder">A folder of pictures.</param>
    /// <param name="plan">The model.</param>
    /// <param name="unfreeze">Layers that train; none: all of them.</param>
    /// <param name="options">How it trains.</param>
    public static void RunRecorded(string folder, TransferPlan plan, string[] unfreeze, TrainingOptions options)
    {
        var data = ImageFolder.Open(folder);
        plan = plan.ReplaceHead(data.ClassNames.Count);
        plan = unfreeze.Length > 0 ? plan.Unfreeze(unfreeze) : plan.UnfreezeAll();
        var steps = new Steps();
        using var run = plan.Train(data, options, steps);
        var (type, network) = (run.Model.Live.ComputeType, run.Model.Network);
        using var prefix = FrozenPrefix.Of(network, plan.BatchNorm);
        var traffic = new Dictionary<string, double>();
        var shape = network.InputShape(run.Model.Preprocessing.CropSize);
        foreach (var step in prefix.Frozen)
            shape = step.OutputShape(shape);
        foreach (var step in prefix.Trained)
            shape = step.OutputShape(shape, (layer, input, output, _) =>
            {
                // Passes over what a layer makes: its statistics twice, the values; two sums of two, then the gradient from both.
                if (KindOf(layer) is { } kind)
                    traffic[kind] = traffic.GetValueOrDefault(kind) + (kind == "norm" ? 8 : 5) * (double)output.Count;
            });
        foreach (var kind in traffic.Keys)
            traffic[kind] *= type.ElementSize() * steps.Samples;
        Console.WriteLine(End + JsonSerializer.Serialize(new Profile(
            $"{plan}, {type}, {run.History.Count} epochs, {data.Count} pictures, {TorchRuntime.Threads} threads",
            [.. RecordedOperations.Recorded], steps.Times, new Rates(ProductRate(type), Bandwidth()), traffic)));
    }

    private static void Print(Profile profile, OneDnnLog log)
    {
        var (wall, processor, whole) = profile.Times;
        var parts = Enum.GetValues<StepPart>();
        Console.WriteLine($"{profile.Job}\n\n| operators, s | {string.Join(" | ", parts)} | share | floor |\n|---|---|---|---|---|---|");
        var kinds = profile.Operators.GroupBy(one => KindOf(one.Name));
        foreach (var kind in kinds.OrderByDescending(kind => kind.Sum(one => one.Seconds)))
            Row(kind.Key, [.. parts.Select(part => kind.Where(one => one.Part == part).Sum(one => one.Seconds))],
                profile.Traffic.TryGetValue(kind.Key, out var bytes) ? bytes / profile.Rates.BytesASecond : null);
        var outside = wall - profile.Operators.Sum(one => one.Seconds);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| outside of operators: compiled layers, .NET, waiting | {outside:F2} | | | {outside / wall:P0} | |\n"));
        Console.WriteLine("| oneDNN, within | calls | s | share | floor, s |\n|---|---|---|---|---|");
        foreach (var (kind, (count, seconds, operations)) in log.Kinds.OrderByDescending(one => one.Value.Seconds))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {kind} | {count} | {seconds:F2} | {seconds / wall:P0} | {Floor(operations):F2} |"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""

            {wall:F1} s in all, {wall - processor:F1} s of it without processor time of this thread; {whole:F1} s of all threads.
            {profile.Rates.ProductsASecond / 1e9:F0} GFLOP/s, {profile.Rates.BytesASecond / 1e9:F1} GB/s
            """));
        foreach (var one in profile.Operators.OrderByDescending(one => one.Seconds).Take(25))
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{one.Seconds,8:F2} s {one.Count,8} {one.Part,-9} {one.Name}"));

        double? Floor(double operations) => operations == 0 ? null : 2 * operations / profile.Rates.ProductsASecond;

        void Row(string kind, double[] seconds, double? floor) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {kind} | {seconds[0]:F2} | {seconds[1]:F2} | {seconds[2]:F2} | {seconds.Sum() / wall:P0} | {floor:F2} |"));
    }

    private static string? KindOf(Layer layer) => layer.IsNorm ? "norm" : layer is Activation ? "activation" : null;

    // aten::threshold_backward and aten::relu_ go with what they belong to.
    private static string KindOf(string name)
    {
        const string space = "aten::", backward = "_backward";
        var plain = name.StartsWith(space, StringComparison.Ordinal) ? name[space.Length..] : name;
        plain = (plain.EndsWith(backward, StringComparison.Ordinal) ? plain[..^backward.Length] : plain).TrimEnd('_');
        return Kinds.FirstOrDefault(kind => kind.Operators.Contains(plain)).Kind ?? "other";
    }

    private static double ProductRate(torch.ScalarType type)
    {
        const int size = 2048;
        using var scope = torch.NewDisposeScope();
        var (left, right) = (torch.rand(size, size, dtype: type), torch.rand(size, size, dtype: type));
        return 2.0 * size * size * size / Least(() => left.matmul(right).Dispose());
    }

    private static double Bandwidth()
    {
        const long count = 64 << 20;
        using var scope = torch.NewDisposeScope();
        var (from, to) = (torch.zeros(count), torch.zeros(count));
        return 2.0 * sizeof(float) * count / Least(() => to.copy_(from));
    }

    private static double Least(Action action)
    {
        var least = double.MaxValue;
        for (var run = 0; run < 8; run++)
        {
            var start = Stopwatch.GetTimestamp();
            action();
            least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return least;
    }

    /// <summary>Begins recording behind the first step, and tells steps apart.</summary>
    private sealed class Steps : IProgress<TrainingProgress>
    {
        private long _start;
        private TimeSpan _processor, _whole;
        private int _first;

        /// <summary>How long it took: by the clock, of this thread's processor time, and of all threads', in seconds.</summary>
        public Times Times { get; private set; } = new(0, 0, 0);

        /// <summary>Samples that were trained on.</summary>
        public long Samples { get; private set; }

        public void Report(TrainingProgress value)
        {
            RecordedOperations.Part = StepPart.Forward;
            if (value.Phase == TrainingPhase.Preparation)
                return;
            if (_start == 0)
            {
                RecordedOperations.Begin();
                Console.WriteLine(Begin);
                _first = value.Samples;
                (_start, _processor, _whole) = (Stopwatch.GetTimestamp(), OfThread(), Environment.CpuUsage.TotalTime);
            }
            Times = new(Stopwatch.GetElapsedTime(_start).TotalSeconds, (OfThread() - _processor).TotalSeconds,
                (Environment.CpuUsage.TotalTime - _whole).TotalSeconds);
            if (value.Phase == TrainingPhase.Training && value.Step == value.Steps)
                Samples += value.Samples - _first;
            if (value.Phase == TrainingPhase.Validation)
                _first = 0;
        }

        private static TimeSpan OfThread()
        {
            const int threadClock = 3;
            Span<long> time = stackalloc long[2];
            _ = clock_gettime(threadClock, ref time[0]);
            return TimeSpan.FromSeconds(time[0] + time[1] / 1e9);
        }

#pragma warning disable SYSLIB1054, IDE1006, CA5392 // The C library's own name.
        [DllImport("libc")]
        private static extern int clock_gettime(int clock, ref long time);
#pragma warning restore
    }

    private sealed record Times(double Wall, double Processor, double Whole);

    private sealed record Rates(double ProductsASecond, double BytesASecond);

    private sealed record Profile(string Job, IReadOnlyList<RecordedOperator> Operators, Times Times, Rates Rates,
        IReadOnlyDictionary<string, double> Traffic);
}
