using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using TorchSharp;

namespace TransferKit;

/// <summary>What TransferKit runs on here, and what is missing; see <see cref="TorchRuntime.Diagnose"/>.</summary>
public sealed record RuntimeDiagnosis
{
    private RuntimeDiagnosis()
    {
    }

    /// <summary>Operating system, processor architecture and .NET, for people.</summary>
    public string Platform { get; } = string.Join(", ",
        RuntimeInformation.OSDescription, RuntimeInformation.ProcessArchitecture, RuntimeInformation.FrameworkDescription);

    /// <summary>TorchSharp's version, such as <c>0.107.0</c>.</summary>
    public string TorchSharpVersion { get; } =
        typeof(torch).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>libtorch's version, such as <c>2.10.0</c>; null if it does not load.</summary>
    public string? LibtorchVersion { get; private init; }

    /// <summary>Whether libtorch is the build for NVIDIA GPUs.</summary>
    public bool IsCudaBuild { get; private init; }

    /// <summary>The processor's instruction sets that libtorch makes use of, such as <c>AVX512</c> and <c>AMX_BF16</c>.</summary>
    public IReadOnlyList<string> CpuCapability { get; } = CpuFeatures.Names;

    /// <summary>Processor cores that this process may use.</summary>
    public int Cores { get; } = Environment.ProcessorCount;

    /// <summary>Threads with which libtorch computes one operation; 0 if it does not load.</summary>
    public int Threads { get; private init; }

    /// <summary>The devices that can be computed on; the CPU is first. Empty if libtorch does not load.</summary>
    public IReadOnlyList<DeviceInfo> Devices { get; private init; } = [];

    /// <summary>What is missing or could be better, each with what to do about it, in one line.</summary>
    public IReadOnlyList<string> Problems { get; private init; } = [];

    /// <summary>The whole diagnosis as a few lines of text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        Line("platform", Platform);
        Line("TorchSharp", TorchSharpVersion);
        var build = IsCudaBuild ? "CUDA" : "CPU";
        Line("libtorch", LibtorchVersion is null ? "does not load" : $"{LibtorchVersion} ({build} build)");
        Line("processor", CpuCapability.Count > 0 ? string.Join(", ", CpuCapability) : "baseline instructions only");
        Line("cores", Cores.ToString(CultureInfo.InvariantCulture));
        if (Threads > 0)
            Line("threads", Threads.ToString(CultureInfo.InvariantCulture));
        foreach (var device in Devices)
            Line("device", device.ToString());
        foreach (var problem in Problems)
            Line("problem", problem);
        return text.ToString().TrimEnd();

        void Line(string name, string value) => text.Append(CultureInfo.InvariantCulture, $"{name,-11} {value}\n");
    }

    private static IEnumerable<string> FindProblems()
    {
        if (LibtorchPackage.LoadedVersion is var version && version != LibtorchPackage.Version)
            yield return $"TorchSharp was built for libtorch {LibtorchPackage.Version}, and {version} is loaded. Neighboring "
                + "versions mostly work together; where something doesn't, take the one that it was built for.";
        if (!OneDnnCaches.Tell())
            yield return "This virtual machine hides the processor's caches, and oneDNN in this libtorch can't be told of them: "
                + "convolutions may end the process or be wrong. "
                + $"Take libtorch {LibtorchPackage.Version} on Linux, or another machine.";
        if (CudaDevices.IsExpected && CudaDevices.FindProblem() is { } problem)
            yield return problem;
    }

    internal static RuntimeDiagnosis Make(string? loadProblem)
    {
        if (loadProblem is not null)
            return new RuntimeDiagnosis { Problems = [loadProblem] };
        try
        {
            return new RuntimeDiagnosis
            {
                LibtorchVersion = LibtorchPackage.LoadedVersion,
                IsCudaBuild = LibtorchPackage.IsCuda,
                Threads = torch.get_num_threads(),
                Devices = DeviceInfo.FindAll(),
                Problems = [.. FindProblems()],
            };
        }
        catch (Exception error)
        {
            // A diagnosis that fails where things are broken would be of no use.
            return new RuntimeDiagnosis
            {
                Problems = [$"libtorch loads but does not answer: {error.Message.ReplaceLineEndings(" ")}"],
            };
        }
    }
}
