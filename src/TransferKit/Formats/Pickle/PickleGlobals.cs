namespace TransferKit;

/// <summary>
/// The allow-list: the only Python names a weights file may use. None of them is ever looked up or run; a few have a
/// meaning in <see cref="Unpickler"/>, and the others become inert <see cref="PickleObject"/>s.
/// </summary>
internal static class PickleGlobals
{
    /// <summary>Names found beside state_dicts in the checkpoints that training scripts write.</summary>
    private static readonly HashSet<string> Inert =
    [
        "argparse.Namespace", "types.SimpleNamespace", "pathlib.PosixPath", "pathlib.WindowsPath", "pathlib.PurePosixPath",
        "pathlib.Path", "datetime.datetime", "datetime.timedelta", "collections.Counter", "_codecs.encode",
        "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "numpy.core.multiarray._reconstruct",
        "numpy._core.multiarray._reconstruct", "numpy.dtype", "numpy.ndarray", "numpy.float64", "numpy.float32",
        "numpy.int64", "torch.device", "torch.Generator", "torch.nn.parameter.Parameter", "torch.Tensor",
    ];

    private static readonly HashSet<string> Meaningful =
    [
        "collections.OrderedDict", "collections.defaultdict", "torch.Size",
        "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter",
        "torch._utils._rebuild_parameter_with_state", "torch._tensor._rebuild_from_type_v2",
    ];

    /// <summary>Python's own types, which pickles of protocol 2 name by their module in Python 2.</summary>
    private static readonly HashSet<string> Builtins =
    [
        "set", "frozenset", "list", "dict", "tuple", "int", "float", "bool", "str", "bytes", "bytearray", "complex", "object",
        "slice", "range",
    ];

    /// <summary>The types of elements: <c>torch.float32</c> and its like, as values.</summary>
    private static readonly HashSet<string> ElementTypeNames =
    [
        "float16", "bfloat16", "float32", "float64", "uint8", "int8", "int16", "int32", "int64", "bool", "float", "half",
        "double", "long",
    ];

    /// <param name="name">The name in a file.</param>
    /// <param name="isScript">Whether the file is a TorchScript archive, whose modules have classes of their own.</param>
    public static bool Allows(PickleGlobal name, bool isScript) => name.Module switch
    {
        "builtins" or "__builtin__" => Builtins.Contains(name.Name),
        "torch" when ElementTypeNames.Contains(name.Name) => true,
        _ when IsStorage(name) => true,
        "torch.jit._pickle" => isScript,
        _ when name.Module.StartsWith("__torch__", StringComparison.Ordinal) => isScript,
        _ => Meaningful.Contains(name.ToString()) || Inert.Contains(name.ToString()),
    };

    /// <summary>Whether the name is a storage class: <c>torch.FloatStorage</c>, <c>torch.cuda.FloatStorage</c>, ...</summary>
    public static bool IsStorage(PickleGlobal name) =>
        name.Module is "torch" or "torch.cuda" or "torch.storage" && name.Name.EndsWith("Storage", StringComparison.Ordinal);
}
