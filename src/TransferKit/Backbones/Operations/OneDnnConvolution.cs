using System.Runtime.InteropServices;
using TorchSharp;

namespace TransferKit;

/// <summary>
/// A convolution of inputs of one size, with a sum and an activation, ready to be run: oneDNN's "primitive". Thread-safe.
/// </summary>
internal sealed unsafe class OneDnnConvolution : IDisposable
{
    // Constants of dnnl_types.h: the purpose and the algorithm, what can be asked of a description, who provides memory.
    private const int Inference = 96, Direct = 1, KernelOf = 131, ScratchpadOf = 136, ByCaller = 1;

    private readonly OneDnnLibrary _library;
    private readonly long[] _inputSizes, _inputStrides, _outputSizes, _outputStrides;
    private readonly nint _input, _output, _bias, _attributes, _description, _primitive, _kernel, _scratchpad;
    private readonly nuint _room;
    private Memories? _idle;

    /// <param name="library">What computes.</param>
    /// <param name="owner">The kernel, which must outlive this.</param>
    /// <param name="task">What shall be computed.</param>
    public OneDnnConvolution(OneDnnLibrary library, OneDnnKernel owner, OneDnnTask task)
    {
        _library = library;
        var (type, sizes) = (owner.Type, owner.Sizes);
        (_inputSizes, _outputSizes) = (task.InputSizes, task.OutputSizes(sizes[0]));
        (_inputStrides, _outputStrides) = (ChannelsLast(_inputSizes), ChannelsLast(_outputSizes));
        _input = library.Describe(type, _inputSizes, _inputStrides);
        _output = library.Describe(type, _outputSizes, _outputStrides);
        _bias = task.HasBias ? library.Describe(type, [sizes[0]], [1]) : 0;
        _attributes = Attributes(library, task);
        long[] grouped = task.Groups == 1 ? sizes : [task.Groups, sizes[0] / task.Groups, .. sizes[1..]];
        var anyLayout = library.Describe(type, grouped, strides: null);
        nint made;
        fixed (long* strides = task.Window.Strides, paddings = task.Window.Paddings,
            gaps = task.Window.Dilations.Select(distance => distance - 1).ToArray())
            // Another processor, or libtorch, may have no code for it.
            _description = library.DescribeConvolution(&made, library.Engine, Inference, Direct, _input, anyLayout, _bias,
                _output, strides, gaps, paddings, paddings, _attributes) == 0 ? made : 0;
        library.DestroyDescription(anyLayout);
        if (_description == 0)
            return;
        OneDnnLibrary.Require(library.CreatePrimitive(&made, _description));
        _primitive = made;
        _kernel = owner.LaidOut(grouped, library.Query(_description, KernelOf, 0));
        _scratchpad = library.Query(_description, ScratchpadOf, 0);
        _room = library.SizeOf(_scratchpad);
    }

    /// <summary>Whether it can be run.</summary>
    public bool IsReady => _kernel != 0;

    /// <summary>Convolves; see <see cref="OneDnnKernel.Convolve"/>.</summary>
    public torch.Tensor Run(torch.Tensor input, torch.Tensor? bias, torch.Tensor? addend)
    {
        if (!_library.Lies(input, _inputSizes, _inputStrides))
            input = MemoryLayout.ChannelsLast(input);
        if (addend is not null && !_library.Lies(addend, _outputSizes, _outputStrides))
            addend = MemoryLayout.ChannelsLast(addend);
        var output = addend ?? _library.Empty(input.dtype, _outputSizes, _outputStrides);
        // One caller at a time takes what is kept; others make their own.
        var memories = Interlocked.Exchange(ref _idle, null) ?? new Memories(this);
        var room = _room == 0 ? 0 : (nint)NativeMemory.AlignedAlloc(_room, OneDnnLibrary.Alignment);
        var status = memories.Execute(_primitive, _library.Values(input), _library.Values(output), room,
            bias is null ? 0 : _library.Values(bias));
        NativeMemory.AlignedFree((void*)room);
        Interlocked.Exchange(ref _idle, memories)?.Dispose();
        OneDnnLibrary.Require(status);
        GC.KeepAlive(input);
        GC.KeepAlive(bias);
        // The same tensor again would be disposed twice.
        return addend is null ? output : output.alias();
    }

    public void Dispose()
    {
        _idle?.Dispose();
        if (_description != 0)
        {
            _library.DestroyPrimitive(_primitive);
            _library.DestroyPrimitiveDescription(_description);
        }
        _library.DestroyAttributes(_attributes);
        foreach (var description in new[] { _input, _output, _bias })
            if (description != 0)
                _library.DestroyDescription(description);
    }

    private static nint Attributes(OneDnnLibrary library, OneDnnTask task)
    {
        nint attributes, operations;
        OneDnnLibrary.Require(library.CreateAttributes(&attributes));
        OneDnnLibrary.Require(library.SetScratchpadMode(attributes, ByCaller));
        OneDnnLibrary.Require(library.CreatePostOperations(&operations));
        if (task.Adds)
            OneDnnLibrary.Require(library.AppendSum(operations, 1, 0, 0));
        if (task.Activation is { } activation)
        {
            var (function, alpha, beta) = Constants(activation);
            OneDnnLibrary.Require(library.AppendFunction(operations, function, alpha, beta));
        }
        OneDnnLibrary.Require(library.SetPostOperations(attributes, operations));
        library.DestroyPostOperations(operations);
        return attributes;
    }

    /// <summary>A function as oneDNN numbers it, with its two parameters.</summary>
    private static (int Function, float Alpha, float Beta) Constants(ActivationFunction activation) => activation switch
    {
        ActivationFunction.Relu => (0x20, 0, 0),
        ActivationFunction.Relu6 => (0x2E, 0, 6),
        ActivationFunction.Silu => (0x2C, 1, 0),
        ActivationFunction.Hardswish => (0x34, 1 / 6f, 0.5f),
        ActivationFunction.Hardsigmoid => (0x28, 1 / 6f, 0.5f),
        ActivationFunction.Sigmoid => (0x29, 0, 0),
        ActivationFunction.Tanh => (0x21, 0, 0),
        ActivationFunction.Gelu => (0x31, 0, 0),
        ActivationFunction.GeluTanh => (0x2B, 0, 0),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "oneDNN has no such function."),
    };

    private static long[] ChannelsLast(long[] sizes) =>
        [sizes[1] * sizes[2] * sizes[3], 1, sizes[1] * sizes[3], sizes[1]];

    /// <summary>oneDNN's view of what a call takes and fills, with other addresses in each. For one thread at a time.</summary>
    private sealed class Memories(OneDnnConvolution owner) : IDisposable
    {
        private readonly OneDnnLibrary _library = owner._library;

        // The kernel stays where it is.
        private readonly OneDnnArgument[] _arguments =
        [
            new(OneDnnArgument.Input, owner._library.Memory(owner._input, 0)),
            new(OneDnnArgument.Output, owner._library.Memory(owner._output, 0)),
            new(OneDnnArgument.Scratchpad, owner._library.Memory(owner._scratchpad, 0)),
            .. owner._bias == 0 ? (OneDnnArgument[])[] : [new(OneDnnArgument.Bias, owner._library.Memory(owner._bias, 0))],
            new(OneDnnArgument.Kernel, owner._kernel),
        ];

        /// <summary>Runs a primitive on what lies at these addresses; without a bias, the last doesn't count.</summary>
        public int Execute(nint primitive, nint input, nint output, nint scratchpad, nint bias)
        {
            ReadOnlySpan<nint> addresses = [input, output, scratchpad, bias];
            for (var i = 0; i < _arguments.Length - 1; i++)
                OneDnnLibrary.Require(_library.SetAddress(_arguments[i].Memory, addresses[i]));
            fixed (OneDnnArgument* arguments = _arguments)
                return _library.Execute(primitive, _library.Stream, _arguments.Length, arguments);
        }

        public void Dispose()
        {
            foreach (var argument in _arguments.AsSpan(..^1))
                _library.DestroyMemory(argument.Memory);
        }
    }
}

/// <summary>What a convolution computes, but for the values.</summary>
/// <param name="Batch">Samples.</param>
/// <param name="Channels">Channels of the input.</param>
/// <param name="Height">Its height.</param>
/// <param name="Width">Its width.</param>
/// <param name="Window">How the kernel slides.</param>
/// <param name="Groups">Groups of channels.</param>
/// <param name="HasBias">Whether each output channel gets a number added.</param>
/// <param name="Adds">Whether a map is added.</param>
/// <param name="Activation">What follows; null: nothing.</param>
/// <param name="Threads">Threads that share the work.</param>
internal readonly record struct OneDnnTask(long Batch, long Channels, long Height, long Width, Kernel2d Window, int Groups,
    bool HasBias, bool Adds, ActivationFunction? Activation, int Threads)
{
    public long[] InputSizes => [Batch, Channels, Height, Width];

    public long[] OutputSizes(long channels) =>
        [Batch, channels, Window.Height.Output(Height, ceiling: false), Window.Width.Output(Width, ceiling: false)];
}
