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

    private static readonly Dictionary<(string Name, StepPart Part), (long Count, long Ticks)> Totals = [];
    private static readonly Stack<(long Start, long Children, StepPart Part)> Running = [];
    private static delegate* unmanaged<nint, byte*> _name;
    private static int _thread;

    /// <summary>What runs outside of backward passes; the first of these makes <see cref="StepPart.Update"/> of it.</summary>
    public static StepPart Part { get; set; }

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

    /// <summary>What operators took.</summary>
    public static IEnumerable<RecordedOperator> Recorded => Totals.Select(one => new RecordedOperator(
        one.Key.Name, one.Key.Part, one.Value.Count, (double)one.Value.Ticks / Stopwatch.Frequency));

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
            if (isBackward)
                Part = StepPart.Update;
            var part = isBackward ? StepPart.Backward : Running.TryPeek(out var outer) ? outer.Part : Part;
            Running.Push((Stopwatch.GetTimestamp(), 0, part));
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
        var key = (Marshal.PtrToStringUTF8((nint)_name(function))!, ended.Part);
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

/// <summary>The parts of a training step.</summary>
internal enum StepPart
{
    /// <summary>Everything in front of the backward pass.</summary>
    Forward,

    /// <summary>What the backward pass calls.</summary>
    Backward,

    /// <summary>Everything behind it: the optimizer, and what is measured.</summary>
    Update,
}

/// <summary>What an operator took, without what it called itself.</summary>
/// <param name="Name">Its name: <c>aten::relu_</c>.</param>
/// <param name="Part">Where it was called.</param>
/// <param name="Count">How often.</param>
/// <param name="Seconds">For how long, in all.</param>
internal sealed record RecordedOperator(string Name, StepPart Part, long Count, double Seconds);
