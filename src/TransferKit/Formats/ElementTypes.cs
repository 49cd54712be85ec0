using static TorchSharp.torch;

namespace TransferKit;

/// <summary>The element types that weights files hold.</summary>
internal static class ElementTypes
{
    /// <summary>Whether weights files hold elements of the type.</summary>
    public static bool IsKnown(ScalarType type) => type
        is ScalarType.Byte or ScalarType.Int8 or ScalarType.Bool or ScalarType.Int16 or ScalarType.Int32 or ScalarType.Int64
        or ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64;

    /// <summary>Whether elements are numbers with a fraction, as weights are and counters aren't.</summary>
    public static bool IsFloatingPoint(ScalarType type) =>
        type is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64;

    /// <summary>Bytes of one element.</summary>
    public static int SizeInBytes(this ScalarType type) => type switch
    {
        ScalarType.Byte or ScalarType.Int8 or ScalarType.Bool => 1,
        ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
        ScalarType.Int32 or ScalarType.Float32 => 4,
        ScalarType.Int64 or ScalarType.Float64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Weights files hold no such elements."),
    };

    /// <summary>The type of a storage class of Python's torch, by its name without the module; null for others.</summary>
    public static ScalarType? OfStorage(string name) => name switch
    {
        "FloatStorage" => ScalarType.Float32,
        "HalfStorage" => ScalarType.Float16,
        "BFloat16Storage" => ScalarType.BFloat16,
        "DoubleStorage" => ScalarType.Float64,
        "CharStorage" => ScalarType.Int8,
        "ByteStorage" or "UntypedStorage" or "_UntypedStorage" => ScalarType.Byte,
        "ShortStorage" => ScalarType.Int16,
        "IntStorage" => ScalarType.Int32,
        "LongStorage" => ScalarType.Int64,
        "BoolStorage" => ScalarType.Bool,
        _ => null,
    };

    /// <summary>The type of a name in a safetensors header; null for one that weights do not use.</summary>
    public static ScalarType? OfSafeTensors(string name) => name switch
    {
        "F32" => ScalarType.Float32,
        "F16" => ScalarType.Float16,
        "BF16" => ScalarType.BFloat16,
        "F64" => ScalarType.Float64,
        "I8" => ScalarType.Int8,
        "U8" => ScalarType.Byte,
        "I16" => ScalarType.Int16,
        "I32" => ScalarType.Int32,
        "I64" => ScalarType.Int64,
        "BOOL" => ScalarType.Bool,
        _ => null,
    };

    /// <summary>The type of a number in ONNX's TensorProto.DataType; null for one that weights do not use.</summary>
    public static ScalarType? OfOnnx(ulong number) => number switch
    {
        1 => ScalarType.Float32,
        2 => ScalarType.Byte,
        3 => ScalarType.Int8,
        5 => ScalarType.Int16,
        6 => ScalarType.Int32,
        7 => ScalarType.Int64,
        9 => ScalarType.Bool,
        10 => ScalarType.Float16,
        11 => ScalarType.Float64,
        16 => ScalarType.BFloat16,
        _ => null,
    };

    /// <summary>The number of a type in ONNX's TensorProto.DataType.</summary>
    public static int OnnxNumber(ScalarType type) =>
        Enumerable.Range(1, 16).First(number => OfOnnx((ulong)number) == type);

    /// <summary>The storage class of a type in Python's torch, without the module.</summary>
    public static string StorageName(ScalarType type) => type switch
    {
        ScalarType.Float32 => "FloatStorage",
        ScalarType.Float16 => "HalfStorage",
        ScalarType.BFloat16 => "BFloat16Storage",
        ScalarType.Float64 => "DoubleStorage",
        ScalarType.Int8 => "CharStorage",
        ScalarType.Byte => "ByteStorage",
        ScalarType.Int16 => "ShortStorage",
        ScalarType.Int32 => "IntStorage",
        ScalarType.Int64 => "LongStorage",
        ScalarType.Bool => "BoolStorage",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "PyTorch's files hold no such elements."),
    };

    /// <summary>The name of a type in a safetensors header.</summary>
    public static string SafeTensorsName(ScalarType type) => type switch
    {
        ScalarType.Float32 => "F32",
        ScalarType.Float16 => "F16",
        ScalarType.BFloat16 => "BF16",
        ScalarType.Float64 => "F64",
        ScalarType.Int8 => "I8",
        ScalarType.Byte => "U8",
        ScalarType.Int16 => "I16",
        ScalarType.Int32 => "I32",
        ScalarType.Int64 => "I64",
        ScalarType.Bool => "BOOL",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "safetensors files hold no such elements."),
    };
}
