using static TorchSharp.torch;

namespace TransferKit;

// What an unpickled value may be, besides null, bool, long, double, string, byte[] and List<object?>.

/// <summary>A tuple.</summary>
internal sealed record PickleTuple(object?[] Items);

/// <summary>A dictionary, ordered or not, as its pairs: keys may be anything and are never hashed or compared.</summary>
internal sealed class PickleDictionary
{
    public List<KeyValuePair<object?, object?>> Pairs { get; } = [];
}

/// <summary>A Python class or function, by name only.</summary>
internal sealed record PickleGlobal(string Module, string Name)
{
    public override string ToString() => $"{Module}.{Name}";
}

/// <summary>An object of a class that is let through but means nothing here. It does nothing.</summary>
internal sealed class PickleObject(PickleGlobal type)
{
    public PickleGlobal Type { get; } = type;

    /// <summary>The attributes, where they were pickled as a dictionary.</summary>
    public PickleDictionary? Attributes { get; set; }
}

/// <summary>A storage: bytes and the type of their elements.</summary>
internal sealed record PickleStorage(Storage Bytes, ScalarType Type);

/// <summary>A tensor, or a parameter.</summary>
internal sealed record PickleTensor(FileTensor Tensor);
