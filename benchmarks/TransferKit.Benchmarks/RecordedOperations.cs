using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace TransferKit.Benchmarks;

/// <summary>
/// What libtorch's operators take on one thread, each without what it calls itself. Told by libtorch's own callbacks
/// (<c>at::addGlobalCallback</c>, which PyTorch's profiler uses), so nothing of what is measured changes.
/// </summary>
internal static unsafe class RecordedOperations
{
    // RecordScope: FUNCTION and BACKWARD_FUNCTION, the first of ten.
    private const int Scopes = 10, Operator = 0, BackwardNode = 1;

    private static readonly Dictionary<(string Name, bool IsBackward), (long Count, long Ticks)> Totals = [];
    private static readonly Stack<(long Start, long Children, bool IsBackward)> Running = [];
    private static delegate* unmanaged<nint, byte*> _name;
    private static int _thread;

    /// <summary>Whether a backward pass has run since this was set to false.</summary>
    public static bool HasRunBackward { get; set; }

    /// <summary>Begins to listen to the calling thread. For the rest of the program.</summary>
    public static void Begin()
    {
        _thread = Environment.CurrentManagedThreadId;
        if (_name is not null)
            return;
        torch.InitializeDeviceType(DeviceType.CPU);
        var library = NativeLibrary.Load(Process.GetCurrentProcess().Modules.Cast<ProcessModule>()
            .First(module => module.ModuleName.StartsWith("libtorch_cpu", StringComparison.Ordinal)).FileName);
        _name = (delegate* unmanaged<nint, byte*>)NativeLibrary.GetExport(library, "_ZNK2at14RecordFunction4nameEv");
        var add = (delegate* unmanaged<Callback, ulong>)NativeLibrary.GetExport(
            library, "_ZN2at17addGlobalCallbackENS_22RecordFunctionCallbackE");
        foreach (var (scope, start) in new[] { (Operator, (nint)Started), (BackwardNode, (nint)StartedBackward) })
        {
            var callback = new Callback { Start = start, End = (nint)Ended, Probability = 1 };
            callback.Scopes[scope] = 1;
            add(callback);
        }
    }

    /// <summary>Forgets what was recorded so far.</summary>
    public static void Clear() => Totals.Clear();

    /// <summary>
    /// Seconds that operators took by name, and whether a backward pass called them, or they ran behind it (of the same step).
    /// </summary>
    public static IEnumerable<(string Name, bool IsBackward, long Count, double Seconds)> Recorded => Totals.Select(one =>
        (one.Key.Name, one.Key.IsBackward, one.Value.Count, (double)one.Value.Ticks / Stopwatch.Frequency));

    private static nint Started => (nint)(delegate* unmanaged<nint*, nint, nint*>)&Start;

    private static nint StartedBackward => (nint)(delegate* unmanaged<nint*, nint, nint*>)&StartBackward;

    private static nint Ended => (nint)(delegate* unmanaged<nint, nint, void>)&End;

    [UnmanagedCallersOnly]
    private static nint* Start(nint* context, nint function) => Push(context, isBackward: false);

    [UnmanagedCallersOnly]
    private static nint* StartBackward(nint* context, nint function) => Push(context, isBackward: true);

    private static nint* Push(nint* context, bool isBackward)
    {
        // No context of ours goes with the call.
        *context = 0;
        if (Environment.CurrentManagedThreadId == _thread)
        {
            HasRunBackward |= isBackward;
            Running.Push((Stopwatch.GetTimestamp(), 0, isBackward || (Running.TryPeek(out var outer) && outer.IsBackward)));
        }
        return context;
    }

    [UnmanagedCallersOnly]
    private static void End(nint function, nint context)
    {
        if (Environment.CurrentManagedThreadId != _thread || !Running.TryPop(out var ended))
            return;
        var ticks = Stopwatch.GetTimestamp() - ended.Start;
        if (Running.TryPop(out var outer))
            Running.Push(outer with { Children = outer.Children + ticks });
        var key = (Marshal.PtrToStringUTF8((nint)_name(function))!, ended.IsBackward || HasRunBackward);
        ref var total = ref CollectionsMarshal.GetValueRefOrAddDefault(Totals, key, out _);
        total = (total.Count + 1, total.Ticks + ticks - ended.Children);
    }

    /// <summary>libtorch's <c>at::RecordFunctionCallback</c>.</summary>
    private struct Callback
    {
        public nint Start, End;
        public double Probability;
        public Flags Scopes;
    }

    /// <summary>Which scopes are listened to, then whether inputs, outputs and numbers are asked for.</summary>
    [InlineArray(Scopes + 3)]
    private struct Flags
    {
        private byte _first;
    }
}
