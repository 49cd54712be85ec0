using System.Diagnostics;
using System.Globalization;

namespace TransferKit;

/// <summary>How much memory this process holds, tensors included.</summary>
/// <param name="ResidentMiB">Resident memory now, in MiB.</param>
/// <param name="PeakMiB">The most it has been since the process started, in MiB.</param>
internal readonly record struct MemoryUse(double ResidentMiB, double PeakMiB)
{
    private const double BytesPerMiB = 1 << 20;

    /// <summary><c>812 MiB, 1204 MiB at most</c></summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{ResidentMiB:F0} MiB, {PeakMiB:F0} MiB at most");

    /// <summary>Asks the operating system.</summary>
    public static MemoryUse Measure()
    {
        if (OperatingSystem.IsLinux())
            return FromProcStatus(File.ReadLines("/proc/self/status"));
        using var process = Process.GetCurrentProcess();
        var resident = process.WorkingSet64 / BytesPerMiB;
        return new MemoryUse(resident, Math.Max(resident, process.PeakWorkingSet64 / BytesPerMiB));
    }

    /// <summary>Reads the lines <c>VmRSS: 1234 kB</c> and <c>VmHWM: 1234 kB</c> of Linux's process status.</summary>
    internal static MemoryUse FromProcStatus(IEnumerable<string> lines)
    {
        double resident = 0, peak = 0;
        foreach (var line in lines)
        {
            if (line.StartsWith("VmRSS:", StringComparison.Ordinal))
                resident = MiB(line);
            else if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                peak = MiB(line);
        }

        return new MemoryUse(resident, peak);

        static double MiB(string line) =>
            double.Parse(line.AsSpan(6).TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) / 1024;
    }
}
