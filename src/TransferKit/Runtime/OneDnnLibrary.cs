using TorchSharp;
using unsafe ConvolutionDescriber =
    delegate* unmanaged<nint*, nint, int, int, nint, nint, nint, nint, long*, long*, long*, long*, nint, int>;

namespace TransferKit;

/// <summary>
/// oneDNN's own C interface, version 3, within libtorch. libtorch's operators look up in each call how to compute, which takes
/// longer than a small map takes; here that is kept. Types and constants are those of dnnl_types.h. Thread-safe.
/// </summary>
internal sealed unsafe class OneDnnLibrary
{
    /// <summary>Of memory, in bytes: that of the longest vectors.</summary>
    public const int Alignment = 64;

    private const int Major = 3, Cpu = 1, InOrder = 1, AnyLayout = 1, BFloat16 = 2, Float32 = 3;

    private static readonly Lazy<OneDnnLibrary?> Found = new(Find);

    private readonly bool _isComplete;

    // libtorch's own; a tensor's handle is an at::Tensor* there as in TorchSharp.
    private readonly delegate* unmanaged<long, long*, long*, int, int, int, nint*, int> _empty;
    private readonly delegate* unmanaged<nint, nint*, int> _values;
    private readonly delegate* unmanaged<nint, long**, int> _strides;

    private OneDnnLibrary(IReadOnlyDictionary<string, nint> hidden)
    {
        var isComplete = true;
        _empty = (delegate* unmanaged<long, long*, long*, int, int, int, nint*, int>)At("aoti_torch_empty_strided");
        _values = (delegate* unmanaged<nint, nint*, int>)At("aoti_torch_get_data_ptr");
        _strides = (delegate* unmanaged<nint, long**, int>)At("aoti_torch_get_strides");
        CreateTagged = (delegate* unmanaged<nint*, int, long*, int, int, int>)At("dnnl_memory_desc_create_with_tag");
        CreateStrided = (delegate* unmanaged<nint*, int, long*, int, long*, int>)At("dnnl_memory_desc_create_with_strides");
        Clone = (delegate* unmanaged<nint*, nint, int>)At("dnnl_memory_desc_clone");
        DestroyDescription = (delegate* unmanaged<nint, int>)At("dnnl_memory_desc_destroy");
        AreEqual = (delegate* unmanaged<nint, nint, int>)At("dnnl_memory_desc_equal");
        SizeOf = (delegate* unmanaged<nint, nuint>)At("dnnl_memory_desc_get_size");
        CreateMemory = (delegate* unmanaged<nint*, nint, nint, nint, int>)At("dnnl_memory_create");
        SetAddress = (delegate* unmanaged<nint, nint, int>)At("dnnl_memory_set_data_handle");
        DestroyMemory = (delegate* unmanaged<nint, int>)At("dnnl_memory_destroy");
        CreateAttributes = (delegate* unmanaged<nint*, int>)At("dnnl_primitive_attr_create");
        DestroyAttributes = (delegate* unmanaged<nint, int>)At("dnnl_primitive_attr_destroy");
        SetScratchpadMode = (delegate* unmanaged<nint, int, int>)At("dnnl_primitive_attr_set_scratchpad_mode");
        SetPostOperations = (delegate* unmanaged<nint, nint, int>)At("dnnl_primitive_attr_set_post_ops");
        CreatePostOperations = (delegate* unmanaged<nint*, int>)At("dnnl_post_ops_create");
        DestroyPostOperations = (delegate* unmanaged<nint, int>)At("dnnl_post_ops_destroy");
        AppendSum = (delegate* unmanaged<nint, float, int, int, int>)At("dnnl_post_ops_append_sum");
        AppendFunction = (delegate* unmanaged<nint, int, float, float, int>)At("dnnl_post_ops_append_eltwise");
        DescribeConvolution = (ConvolutionDescriber)At("dnnl_convolution_forward_primitive_desc_create");
        DescribeReorder = (delegate* unmanaged<nint*, nint, nint, nint, nint, nint, int>)At("dnnl_reorder_primitive_desc_create");
        Query = (delegate* unmanaged<nint, int, int, nint>)At("dnnl_primitive_desc_query_md");
        DestroyPrimitiveDescription = (delegate* unmanaged<nint, int>)At("dnnl_primitive_desc_destroy");
        CreatePrimitive = (delegate* unmanaged<nint*, nint, int>)At("dnnl_primitive_create");
        DestroyPrimitive = (delegate* unmanaged<nint, int>)At("dnnl_primitive_destroy");
        Execute = (delegate* unmanaged<nint, nint, int, OneDnnArgument*, int>)At("dnnl_primitive_execute");
        var createEngine = (delegate* unmanaged<nint*, int, nuint, int>)At("dnnl_engine_create");
        var createStream = (delegate* unmanaged<nint*, nint, uint, int>)At("dnnl_stream_create");
        _isComplete = isComplete;
        if (!isComplete)
            return;
        nint engine, stream;
        Require(createEngine(&engine, Cpu, 0));
        Require(createStream(&stream, engine, InOrder));
        (Engine, Stream) = (engine, stream);

        nint At(string name)
        {
            var address = hidden.TryGetValue(name, out var found) ? found : LibtorchPackage.FindFunction(name);
            isComplete &= address != 0;
            return address;
        }
    }

    /// <summary>Null: this libtorch has none, or one of another version.</summary>
    public static OneDnnLibrary? Instance => Found.Value;

    /// <summary>The processor.</summary>
    public nint Engine { get; }

    /// <summary>Where work is done at once, by the thread that calls.</summary>
    public nint Stream { get; }

    public delegate* unmanaged<nint*, int, long*, int, int, int> CreateTagged { get; }
    public delegate* unmanaged<nint*, int, long*, int, long*, int> CreateStrided { get; }
    public delegate* unmanaged<nint*, nint, int> Clone { get; }
    public delegate* unmanaged<nint, int> DestroyDescription { get; }
    public delegate* unmanaged<nint, nint, int> AreEqual { get; }
    public delegate* unmanaged<nint, nuint> SizeOf { get; }
    public delegate* unmanaged<nint*, nint, nint, nint, int> CreateMemory { get; }
    public delegate* unmanaged<nint, nint, int> SetAddress { get; }
    public delegate* unmanaged<nint, int> DestroyMemory { get; }
    public delegate* unmanaged<nint*, int> CreateAttributes { get; }
    public delegate* unmanaged<nint, int> DestroyAttributes { get; }
    public delegate* unmanaged<nint, int, int> SetScratchpadMode { get; }
    public delegate* unmanaged<nint, nint, int> SetPostOperations { get; }
    public delegate* unmanaged<nint*, int> CreatePostOperations { get; }
    public delegate* unmanaged<nint, int> DestroyPostOperations { get; }
    public delegate* unmanaged<nint, float, int, int, int> AppendSum { get; }
    public delegate* unmanaged<nint, int, float, float, int> AppendFunction { get; }
    public ConvolutionDescriber DescribeConvolution { get; }
    public delegate* unmanaged<nint*, nint, nint, nint, nint, nint, int> DescribeReorder { get; }
    public delegate* unmanaged<nint, int, int, nint> Query { get; }
    public delegate* unmanaged<nint, int> DestroyPrimitiveDescription { get; }
    public delegate* unmanaged<nint*, nint, int> CreatePrimitive { get; }
    public delegate* unmanaged<nint, int> DestroyPrimitive { get; }
    public delegate* unmanaged<nint, nint, int, OneDnnArgument*, int> Execute { get; }

    public static void Require(int status)
    {
        if (status != 0)
            throw new TorchRuntimeException($"oneDNN could not compute a layer: its status is {status}.");
    }

    /// <summary>A description of memory; whoever asks destroys it.</summary>
    /// <param name="type">The kind of its numbers: float32 or bfloat16.</param>
    /// <param name="sizes">Its dimensions.</param>
    /// <param name="strides">The distances of their elements; null: in any layout.</param>
    public nint Describe(torch.ScalarType type, long[] sizes, long[]? strides)
    {
        nint description;
        var numbers = type == torch.ScalarType.Float32 ? Float32 : BFloat16;
        fixed (long* lengths = sizes, distances = strides)
            Require(strides is null
                ? CreateTagged(&description, sizes.Length, lengths, numbers, AnyLayout)
                : CreateStrided(&description, sizes.Length, lengths, numbers, distances));
        return description;
    }

    /// <summary>Memory that somebody else owns, as it is described; whoever asks destroys it.</summary>
    public nint Memory(nint description, nint values)
    {
        nint memory;
        Require(CreateMemory(&memory, description, Engine, values));
        return memory;
    }

    /// <summary>A tensor on the CPU, with any values.</summary>
    public torch.Tensor Empty(torch.ScalarType type, long[] sizes, long[] strides)
    {
        nint tensor;
        fixed (long* lengths = sizes, distances = strides)
            Require(_empty(sizes.Length, lengths, distances, (int)type, 0, 0, &tensor));
        return torch.Tensor.UnsafeCreateTensor(tensor);
    }

    /// <summary>Where a tensor's values are.</summary>
    public nint Values(torch.Tensor tensor)
    {
        nint values;
        Require(_values(tensor.Handle, &values));
        return values;
    }

    /// <summary>Whether a tensor lies in memory so; what has one element in a dimension may have any stride there.</summary>
    public bool Lies(torch.Tensor tensor, long[] sizes, long[] strides)
    {
        long* distances;
        Require(_strides(tensor.Handle, &distances));
        for (var i = 0; i < sizes.Length; i++)
            if (sizes[i] > 1 && distances[i] != strides[i])
                return false;
        GC.KeepAlive(tensor);
        return true;
    }

    private static OneDnnLibrary? Find()
    {
        TorchRuntime.EnsureLoaded();
        var hidden = HiddenFunctions.Find("dnnl_");
        if (!hidden.TryGetValue("dnnl_version", out var version) || *((delegate* unmanaged<int*>)version)() != Major)
            return null;
        var library = new OneDnnLibrary(hidden);
        return library._isComplete ? library : null;
    }
}

/// <summary>Memory that an operation takes or fills, and as what.</summary>
internal readonly record struct OneDnnArgument(int Role, nint Memory)
{
    public const int Input = 1, Output = 17, Kernel = 33, Bias = 41, Scratchpad = 80;
}
