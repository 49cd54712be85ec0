using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using TransferKit.Benchmarks;

switch (args)
{
    case ["loader", var folder, .. var rest]:
        LoaderThroughput.Run(folder, Number(rest, "--workers", Environment.ProcessorCount), Number(rest, "--epochs", 3));
        return 0;
    case ["weights", var model, var file, .. var rest]:
        WeightsLoading.Run(model, file, Number(rest, "--repetitions", 15));
        return 0;
    case ["listing", var folder]:
        Listing.Run(folder);
        return 0;
    case ["resampler", .. var rest]:
        ResamplerSpeed.Run(Number(rest, "--repetitions", 200));
        return 0;
    case ["bench", .. var rest]:
        // In this process: a project of its own for each benchmark would copy libtorch each time.
        BenchmarkSwitcher.FromAssembly(typeof(ForwardBenchmarks).Assembly).Run(
            rest, DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance)));
        return 0;
    default:
        Console.Error.WriteLine("""
            Usage: loader FOLDER [--workers N] [--epochs N]     images a second from a folder
                   listing FOLDER                               listing and splitting a folder, time and memory
                   resampler [--repetitions N]                  resizing alone, on one thread
                   weights MODEL FILE [--repetitions N]         loading weights, beside reading the bytes
                   bench [--filter PATTERN]                     BenchmarkDotNet
            """);
        return 2;
}

static int Number(string[] options, string name, int otherwise) =>
    Array.IndexOf(options, name) is >= 0 and var at ? int.Parse(options[at + 1]) : otherwise;
