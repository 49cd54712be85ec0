using System.Runtime.InteropServices;
using TorchSharp;

namespace TransferKit;

/// <summary>
/// oneDNN's convolutions and linear maps on kernels that are laid out for them beforehand, with the activation in the same pass.
/// TorchSharp doesn't have them; libtorch 2.10 and later offers them to other languages by C functions (its "AOTInductor shim"),
/// which report errors by a number. Thread-safe.
/// </summary>
internal static unsafe class OneDnn
{
    // Schemas of operators are those of the version that a caller says it was written for: 2.10.
    private const ulong Version = (2UL << 56) | (10UL << 48);

    private static readonly Lazy<Functions?> Library = new(Functions.Find);

    /// <summary>Whether this libtorch has them, and the processor the instructions for which they are written.</summary>
    public static bool IsAvailable => Library.Value is not null;

    /// <summary>Lays a kernel out as a convolution reads it fastest.</summary>
    /// <param name="kernel"><c>[Out, In / groups, height, width]</c>, float32 or bfloat16, on the CPU; stays as it is.</param>
    /// <param name="window">How it slides.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="input">The sizes of the input, <c>[N, C, H, W]</c>. With others the kernel gives the same, if slower.</param>
    /// <returns>The kernel, opaque: of use for <see cref="Convolution"/> alone. Null: libtorch refuses.</returns>
    public static torch.Tensor? PackKernel(torch.Tensor kernel, OneDnnWindow window, int groups, long[] input) =>
        Dispatch("mkldnn::_reorder_convolution_weight"u8, [New(kernel), List(window.Paddings), List(window.Strides),
            List(window.Dilations), (ulong)groups, Optional(List(input))]);

    /// <summary>Lays a matrix out as a linear map reads it fastest.</summary>
    /// <param name="matrix"><c>[Out, In]</c>, float32 or bfloat16, on the CPU; stays as it is.</param>
    /// <param name="rows">Vectors of the input. With others the matrix gives the same, if slower.</param>
    /// <returns>The matrix, opaque: of use for <see cref="Linear"/> alone. Null: libtorch refuses.</returns>
    public static torch.Tensor? PackMatrix(torch.Tensor matrix, long rows) =>
        Dispatch("mkldnn::_reorder_linear_weight"u8, [New(matrix), Optional((ulong)rows)]);

    /// <summary>A convolution, a sum and an activation, <c>[N, C, H, W]</c> → <c>[N, C', H', W']</c>.</summary>
    /// <param name="input">The feature map, channels last.</param>
    /// <param name="kernel">What <see cref="PackKernel"/> gave.</param>
    /// <param name="bias"><c>[C']</c>, or null.</param>
    /// <param name="window">How the kernel slides.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="addend">What is added, <c>[N, C', H', W']</c>, and overwritten by the output; null: nothing.</param>
    /// <param name="activation">What follows; behind a sum, none or <c>relu</c>.</param>
    /// <returns>The output; null: libtorch refuses.</returns>
    public static torch.Tensor? Convolution(torch.Tensor input, torch.Tensor kernel, torch.Tensor? bias, OneDnnWindow window,
        int groups, torch.Tensor? addend, OneDnnActivation activation)
    {
        nint output, biasHandle = bias?.Handle ?? 0;
        int error;
        double low = 0, high = 6;
        var limits = stackalloc double*[] { &low, &high };
        fixed (long* paddings = window.Paddings, strides = window.Strides, dilations = window.Dilations)
        fixed (byte* name = activation.Name, algorithm = activation.Algorithm)
        {
            var (chosen, function) = ((nint)algorithm, (nint)name);
            fixed (byte* add = "add"u8)
                error = addend is null
                    ? Library.Value!.Convolution(input.Handle, kernel.Handle, bias is null ? null : &biasHandle,
                        paddings, 2, strides, 2, dilations, 2, groups, name, limits, activation.HasLimits ? 2 : 0,
                        algorithm is null ? null : (byte**)&chosen, &output)
                    : Library.Value!.AddConvolution(addend.Handle, input.Handle, kernel.Handle, bias is null ? null : &biasHandle,
                        paddings, 2, strides, 2, dilations, 2, groups, add, null,
                        activation.IsNone ? null : (byte**)&function, null, 0, null, &output);
        }
        KeepAlive(input, kernel, bias);
        GC.KeepAlive(addend);
        return error == 0 ? torch.Tensor.UnsafeCreateTensor(output) : null;
    }

    /// <summary>A linear map of the last dimension and an activation, <c>[N, …, In]</c> → <c>[N, …, Out]</c>.</summary>
    /// <param name="input">The vectors.</param>
    /// <param name="matrix">What <see cref="PackMatrix"/> gave.</param>
    /// <param name="bias"><c>[Out]</c>, or null.</param>
    /// <param name="activation">What follows.</param>
    /// <returns>The output; null: libtorch refuses.</returns>
    public static torch.Tensor? Linear(
        torch.Tensor input, torch.Tensor matrix, torch.Tensor? bias, OneDnnActivation activation)
    {
        nint output, biasHandle = bias?.Handle ?? 0;
        int error;
        double low = 0, high = 6;
        var limits = stackalloc double*[] { &low, &high };
        fixed (byte* name = activation.Name, algorithm = activation.Algorithm)
        {
            var chosen = algorithm;
            error = Library.Value!.Linear(input.Handle, matrix.Handle, bias is null ? null : &biasHandle, name, limits,
                activation.HasLimits ? 2 : 0, chosen is null ? null : &chosen, &output);
        }
        KeepAlive(input, matrix, bias);
        return error == 0 ? torch.Tensor.UnsafeCreateTensor(output) : null;
    }

    // The arguments belong to the call, also where it fails; what it gives lies in the first one's place.
    private static torch.Tensor? Dispatch(ReadOnlySpan<byte> name, Span<ulong> arguments)
    {
        byte overload = 0;
        fixed (byte* operation = name)
        fixed (ulong* stack = arguments)
            return Library.Value!.Dispatch(operation, &overload, stack, Version) == 0
                ? torch.Tensor.UnsafeCreateTensor((nint)stack[0]) : null;
    }

    private static ulong New(torch.Tensor tensor)
    {
        nint handle;
        Require(Library.Value!.NewHandle(tensor.Handle, &handle));
        GC.KeepAlive(tensor);
        return (ulong)handle;
    }

    private static ulong List(long[] values)
    {
        nint list;
        Require(Library.Value!.NewList((nuint)values.Length, &list));
        foreach (var value in values)
            Require(Library.Value.Append(list, (ulong)value));
        return (ulong)list;
    }

    // A value that may be missing is a pointer to memory that libtorch frees as it frees its own: by the C library.
    private static ulong Optional(ulong value)
    {
        var memory = (ulong*)NativeMemory.Alloc(sizeof(ulong));
        *memory = value;
        return (ulong)memory;
    }

    private static void Require(int error)
    {
        if (error != 0)
            throw new TorchRuntimeException("libtorch could not pass values to one of its operators; the line above says why.");
    }

    private static void KeepAlive(torch.Tensor input, torch.Tensor weight, torch.Tensor? bias)
    {
        GC.KeepAlive(input);
        GC.KeepAlive(weight);
        GC.KeepAlive(bias);
    }

    /// <summary>libtorch's functions; a tensor's handle is an <c>at::Tensor*</c> there as in TorchSharp.</summary>
    private sealed class Functions
    {
        public delegate* unmanaged<nint, nint*, int> NewHandle;
        public delegate* unmanaged<nuint, nint*, int> NewList;
        public delegate* unmanaged<nint, ulong, int> Append;
        public delegate* unmanaged<byte*, byte*, ulong*, ulong, int> Dispatch;
        public delegate* unmanaged<nint, nint, nint*, long*, long, long*, long, long*, long, long, byte*, double**, long, byte**,
            nint*, int> Convolution;
        public delegate* unmanaged<nint, nint, nint, nint*, long*, long, long*, long, long*, long, long, byte*, double*, byte**,
            double**, long, byte**, nint*, int> AddConvolution;
        public delegate* unmanaged<nint, nint, nint*, byte*, double**, long, byte**, nint*, int> Linear;

        // In the order of the fields above.
        private static readonly string[] Exports =
        [
            "aoti_torch_new_tensor_handle", "torch_new_list_reserve_size", "torch_list_push_back", "torch_call_dispatcher",
            "aoti_torch_cpu_mkldnn__convolution_pointwise",
                    "aoti_torch_cpu_mkldnn__convolution_pointwise_binary_", "aoti_torch_cpu__linear_pointwise",
        ];

        public static Functions? Find()
        {
            TorchRuntime.EnsureLoaded();
            // What is optional is freed by another allocator than .NET's where a system has several.
            if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
                return null;
            nint[] found = [.. Exports.Select(LibtorchPackage.FindFunction)];
            return found.Contains(0) ? null : new Functions
            {
                NewHandle = (delegate* unmanaged<nint, nint*, int>)found[0],
                NewList = (delegate* unmanaged<nuint, nint*, int>)found[1],
                Append = (delegate* unmanaged<nint, ulong, int>)found[2],
                Dispatch = (delegate* unmanaged<byte*, byte*, ulong*, ulong, int>)found[3],
                Convolution = (delegate* unmanaged<nint, nint, nint*, long*, long, long*, long, long*, long, long, byte*,
                    double**, long, byte**, nint*, int>)found[4],
                AddConvolution = (delegate* unmanaged<nint, nint, nint, nint*, long*, long, long*, long, long*, long, long, byte*,
                    double*, byte**, double**, long, byte**, nint*, int>)found[5],
                Linear = (delegate* unmanaged<nint, nint, nint*, byte*, double**, long, byte**, nint*, int>)found[6],
            };
        }
    }
}

/// <summary>How a kernel slides: height, then width.</summary>
/// <param name="Strides">Steps, in pixels.</param>
/// <param name="Paddings">Zeros in front and behind.</param>
/// <param name="Dilations">Distances between the kernel's values.</param>
internal sealed record OneDnnWindow(long[] Strides, long[] Paddings, long[] Dilations);

/// <summary>What a convolution or a linear map ends with, as libtorch names it.</summary>
/// <param name="name">Its name, in ASCII and ended by a zero.</param>
/// <param name="algorithm">Its kind; empty: there are none.</param>
/// <param name="hasLimits">Whether values are kept between 0 and 6.</param>
internal readonly ref struct OneDnnActivation(
    ReadOnlySpan<byte> name, ReadOnlySpan<byte> algorithm = default, bool hasLimits = false)
{
    /// <summary>The name; what lies behind it is a zero.</summary>
    public ReadOnlySpan<byte> Name { get; } = name;

    /// <summary>The kind, or nothing.</summary>
    public ReadOnlySpan<byte> Algorithm { get; } = algorithm;

    /// <summary>Whether values are kept between 0 and 6.</summary>
    public bool HasLimits { get; } = hasLimits;

    /// <summary>Whether there is none.</summary>
    public bool IsNone => Name.SequenceEqual("none"u8);
}
