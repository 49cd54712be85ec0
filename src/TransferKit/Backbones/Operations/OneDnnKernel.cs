using System.Runtime.InteropServices;
using TorchSharp;

namespace TransferKit;

/// <summary>
/// A convolution's kernel with what oneDNN needs to compute it, both kept: a primitive for each size of input, up to a number,
/// and the kernel's values in the layouts that these ask for, mostly one. Thread-safe.
/// </summary>
internal sealed unsafe class OneDnnKernel : IDisposable
{
    // Sizes of input share layouts, mostly; a layout takes as much memory as the kernel again.
    private const int MostConvolutions = 16, MostLayouts = 2;

    private readonly OneDnnLibrary _library;
    private readonly torch.Tensor _kernel;
    private readonly Dictionary<OneDnnTask, OneDnnConvolution?> _convolutions = [];
    private readonly List<(nint Description, nint Memory, nint Values)> _layouts = [];

    /// <param name="library">What computes.</param>
    /// <param name="kernel">
    /// <c>[Out, In / groups, height, width]</c>, or <c>[Out, In]</c> for single pixels, float32 or bfloat16, on the CPU; stays as
    /// it is.
    /// </param>
    public OneDnnKernel(OneDnnLibrary library, torch.Tensor kernel) => (_library, _kernel) = (library, kernel);

    /// <summary>float32 or bfloat16.</summary>
    public torch.ScalarType Type => _kernel.dtype;

    /// <summary><c>[Out, In / groups, height, width]</c></summary>
    public long[] Sizes => _kernel.dim() == 2 ? [.. _kernel.shape, 1, 1] : _kernel.shape;

    /// <summary>Convolves.</summary>
    /// <param name="input">The feature map, <c>[N, C, H, W]</c>, of the kernel's type; fastest channels last.</param>
    /// <param name="bias"><c>[C']</c>, of the kernel's type, or null.</param>
    /// <param name="addend">What is added, <c>[N, C', H', W']</c>, and may be overwritten by the output; null: nothing.</param>
    /// <param name="task">All else.</param>
    /// <returns>
    /// The output, <c>[N, C', H', W']</c>, channels last; null: oneDNN can't, or it would take too much memory.
    /// </returns>
    public torch.Tensor? Convolve(torch.Tensor input, torch.Tensor? bias, torch.Tensor? addend, OneDnnTask task) =>
        Kept(task)?.Run(input, bias, addend);

    private OneDnnConvolution? Kept(OneDnnTask task)
    {
        lock (_convolutions)
        {
            if (_convolutions.TryGetValue(task, out var kept) || _convolutions.Count == MostConvolutions)
                return kept;
            var made = new OneDnnConvolution(_library, this, task);
            if (!made.IsReady)
            {
                made.Dispose();
                made = null;
            }
            _convolutions.Add(task, made);
            return made;
        }
    }

    /// <summary>The kernel's values in a layout; they belong to this. Called while a convolution is made.</summary>
    /// <param name="sizes"><see cref="Sizes"/>, with the number of groups in front where there are several.</param>
    /// <param name="layout">The layout, described.</param>
    /// <returns>Memory with them; 0: they are in as many layouts as may be.</returns>
    public nint LaidOut(long[] sizes, nint layout)
    {
        foreach (var (known, memory, _) in _layouts)
            if (_library.AreEqual(known, layout) != 0)
                return memory;
        if (_layouts.Count == MostLayouts)
            return 0;
        nint description, reorder, primitive;
        OneDnnLibrary.Require(_library.Clone(&description, layout));
        var values = (nint)NativeMemory.AlignedAlloc(_library.SizeOf(description), OneDnnLibrary.Alignment);
        var target = _library.Memory(description, values);
        _layouts.Add((description, target, values));
        using var inOrder = _kernel.contiguous();
        var plain = _library.Describe(Type, sizes,
            [.. sizes.Select((_, at) => sizes[(at + 1)..].Aggregate(1L, (product, size) => product * size))]);
        var source = _library.Memory(plain, _library.Values(inOrder));
        OneDnnLibrary.Require(_library.DescribeReorder(&reorder, plain, _library.Engine, description, _library.Engine, 0));
        OneDnnLibrary.Require(_library.CreatePrimitive(&primitive, reorder));
        var arguments = stackalloc OneDnnArgument[] { new(OneDnnArgument.Input, source), new(OneDnnArgument.Output, target) };
        OneDnnLibrary.Require(_library.Execute(primitive, _library.Stream, 2, arguments));
        _library.DestroyPrimitive(primitive);
        _library.DestroyPrimitiveDescription(reorder);
        _library.DestroyMemory(source);
        _library.DestroyDescription(plain);
        return target;
    }

    public void Dispose()
    {
        foreach (var convolution in _convolutions.Values)
            convolution?.Dispose();
        foreach (var (description, memory, values) in _layouts)
        {
            _library.DestroyMemory(memory);
            _library.DestroyDescription(description);
            NativeMemory.AlignedFree((void*)values);
        }
        _convolutions.Clear();
        _layouts.Clear();
    }
}
