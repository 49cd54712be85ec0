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
        ("convolution", ["conv2d", "convolution", "_convolution", "mkldnn_convolution", "convolution_backward",
            "mkldnn_convolution_backward", "convolution_overrideable", "_conv_depthwise2d"]),
        ("matrix product", ["addmm", "mm", "bmm", "baddbmm", "linear", "matmul", "_scaled_dot_product_flash_attention_for_cpu",
            "_scaled_dot_product_flash_attention_for_cpu_backward", "scaled_dot_product_attention", "mkldnn_linear"]),
        ("norm", ["batch_norm", "_batch_norm_impl_index", "native_batch_norm", "native_batch_norm_backward", "layer_norm",
            "native_layer_norm", "native_layer_norm_backward", "cudnn_batch_norm", "native_group_norm"]),
        ("activation", ["relu", "relu_", "relu6", "threshold_backward", "hardtanh", "hardtanh_", "hardtanh_backward", "silu", "silu_",
            "silu_backward", "gelu", "gelu_backward", "hardswish", "hardswish_", "hardswish_backward", "hardsigmoid",
            "hardsigmoid_backward", "sigmoid", "sigmoid_", "sigmoid_backward", "tanh", "clamp_min", "clamp_min_"]),
        ("copy or cast", ["copy_", "_to_copy", "to", "clone", "contiguous", "cat", "empty_like", "zero_", "fill_", "zeros", "zeros_like"]),
    ];

    /// <summary>Profiles a job in a process of its own, and prints its table.</summary>
    /// <param name="job">The command line of this program behind <c>profile</c>.</param>
    public static int Run(string[] job)
    {
        using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!,
            [.. Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? (string[])[typeof(TrainingProfile).Assembly.Location] : [],
                "profiled", .. job])
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
        var type = run.Model.Live.ComputeType;
        var (rate, bandwidth) = (ProductRate(type), Bandwidth());
        Console.WriteLine(End + JsonSerializer.Serialize(new Profile(
            steps.Wall.TotalSeconds, steps.Processor.TotalSeconds, steps.Whole.TotalSeconds, rate, bandwidth,
            [.. RecordedOperations.Recorded.Select(one => new Recorded(one.Name, one.IsBackward, one.Count, one.Seconds))],
            $"{run.Model.Plan}, {type}, {run.History.Count} epochs, {data.Count} pictures, {TorchRuntime.Threads} threads")));
    }

    private static void Print(Profile profile, OneDnnLog log)
    {
        Console.WriteLine($"{profile.Job}\n\n| | calls | s | share | floor, s |\n|---|---|---|---|---|");
        var left = profile.Wall;
        var direct = log.Kinds.GetValueOrDefault("convolution, forward").Seconds;
        foreach (var (kind, one) in log.Kinds.OrderByDescending(one => one.Value.Seconds))
            Row(kind, one.Count, one.Seconds, one.Operations == 0 ? null : 2 * one.Operations / profile.ProductRate);
        var named = profile.Operators.ToLookup(one => KindOf(one.Name), one => one);
        // oneDNN's own time is in that of the operators which call it; compiled layers call it without an operator.
        var within = log.Kinds.Values.Sum(one => one.Seconds);
        foreach (var kind in named.OrderByDescending(kind => kind.Sum(one => one.Seconds)))
            foreach (var half in kind.GroupBy(one => one.IsBackward))
                Row($"{(half.Key ? "backward and step" : "forward")}: {kind.Key}", half.Sum(one => one.Count), half.Sum(one => one.Seconds), null);
        var recorded = profile.Operators.Sum(one => one.Seconds);
        Row("no operator: compiled convolutions, .NET, waiting", 0, profile.Wall - recorded, null);
        Row("of these, waiting (no processor time of this thread)", 0, profile.Wall - profile.Processor, null);
        Row("all", 0, profile.Wall, null);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"\n{profile.ProductRate / 1e9:F0} GFLOP/s, {profile.Bandwidth / 1e9:F1} GB/s; the process took {profile.Whole:F1} s of processor time."));
        foreach (var one in profile.Operators.OrderByDescending(one => one.Seconds).Take(25))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"    {one.Seconds,8:F2} s {one.Count,8} {(one.IsBackward ? "backward" : "forward ")} {one.Name}"));

        void Row(string what, long count, double seconds, double? floor) => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {what} | {(count > 0 ? $"{count}" : "")} | {seconds:F2} | {seconds / profile.Wall:P0} | {floor:F2} |"));
    }

    private static string KindOf(string name)
    {
        var plain = name.Replace("aten::", "", StringComparison.Ordinal);
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

        public TimeSpan Wall { get; private set; }

        public TimeSpan Processor { get; private set; }

        public TimeSpan Whole { get; private set; }

        public void Report(TrainingProgress value)
        {
            RecordedOperations.HasRunBackward = false;
            if (value.Phase == TrainingPhase.Preparation)
                return;
            if (_start == 0)
            {
                RecordedOperations.Begin();
                RecordedOperations.Clear();
                Console.WriteLine(Begin);
                (_start, _processor, _whole) = (Stopwatch.GetTimestamp(), OfThread(), Environment.CpuUsage.TotalTime);
            }
            Wall = Stopwatch.GetElapsedTime(_start);
            (Processor, Whole) = (OfThread() - _processor, Environment.CpuUsage.TotalTime - _whole);
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

    private sealed record Recorded(string Name, bool IsBackward, long Count, double Seconds);

    private sealed record Profile(double Wall, double Processor, double Whole, double ProductRate, double Bandwidth,
        IReadOnlyList<Recorded> Operators, string Job);
}
