using static TorchSharp.torch;

namespace TransferKit;

/// <summary>What the few functions that rebuild a state_dict mean. All others that are allowed give an inert object.</summary>
internal sealed class PickleCalls(FileBytes file, bool isScript)
{
    /// <summary>Copying is the only work that a short pickle could ask for over and over.</summary>
    private const int MaxCopiedPairs = 4_000_000;
    private const int MaxRank = 64;
    private int _copiedPairs;

    /// <summary>A class or function by its name, if the allow-list has it.</summary>
    public PickleGlobal Name(string module, string name)
    {
        var global = new PickleGlobal(module, name);
        return PickleGlobals.Allows(global, isScript) ? global : throw Refusal(global);
    }

    public object? Call(PickleGlobal function, object?[] arguments) => (function.Module, function.Name) switch
    {
        ("collections", "OrderedDict" or "defaultdict") or ("builtins" or "__builtin__", "dict") => Dictionary(arguments),
        ("builtins" or "__builtin__", "list" or "set" or "frozenset") => List(arguments),
        ("torch", "Size") => arguments is [PickleTuple or List<object?>] ? arguments[0] : throw Damaged("a torch.Size"),
        ("torch._utils", "_rebuild_tensor" or "_rebuild_tensor_v2") => Tensor(arguments),
        ("torch._utils", "_rebuild_parameter" or "_rebuild_parameter_with_state") => First(arguments),
        ("torch._tensor", "_rebuild_from_type_v2") => Subclass(arguments),
        ("torch.jit._pickle", _) => First(arguments),
        _ => new PickleObject(function),
    };

    private PickleDictionary Dictionary(object?[] arguments)
    {
        // Python 2 pickled an OrderedDict as a list of [key, value].
        var dictionary = new PickleDictionary();
        if (arguments is [List<object?> pairs])
        {
            _copiedPairs += pairs.Count;
            if (_copiedPairs is < 0 or > MaxCopiedPairs)
                throw Damaged("its dictionaries");
            foreach (var pair in pairs)
            {
                dictionary.Pairs.Add(pair switch
                {
                    List<object?> { Count: 2 } list => new(list[0], list[1]),
                    PickleTuple { Items: [var key, var value] } => new(key, value),
                    _ => throw Damaged("an OrderedDict"),
                });
            }
        }

        return dictionary;
    }

    private static List<object?> List(object?[] arguments) => arguments is [List<object?> items] ? items : [];

    private object? First(object?[] arguments) => arguments.Length > 0 ? arguments[0] : throw Damaged("a parameter");

    /// <summary>_rebuild_from_type_v2(function, type, arguments, state): a parameter with attributes of its own.</summary>
    private object? Subclass(object?[] arguments) =>
        arguments is [PickleGlobal { Module: "torch._utils" } function, _, PickleTuple inner, ..]
            ? Call(function, inner.Items)
            : throw Damaged("a tensor of a class of its own");

    /// <summary>_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks, metadata).</summary>
    private object Tensor(object?[] arguments)
    {
        if (arguments is [PickleObject unknown, ..])
            return unknown;
        return arguments is [PickleStorage storage, long offset, PickleTuple shape, PickleTuple strides, ..]
            ? new PickleTensor(new FileTensor(storage.Bytes, storage.Type, Longs(shape), Longs(strides), offset))
            : throw Damaged("a tensor");
    }

    private long[] Longs(PickleTuple tuple) => tuple.Items.Length <= MaxRank
        ? Array.ConvertAll(tuple.Items, item => item is long number ? number : throw Damaged("a shape"))
        : throw Damaged("a shape");

    private WeightsException Damaged(string what) => file.Damaged($"it describes {what} wrongly");

    private WeightsException Refusal(PickleGlobal name)
    {
        var isModel = name.Module.Contains("models", StringComparison.Ordinal)
            || name.Module.StartsWith("torch.nn", StringComparison.Ordinal);
        var advice = isModel
            ? "It seems to hold a whole pickled model: in Python, save model.state_dict() instead."
            : "If you trust the file, load it in Python and save only its state_dict.";
        return new WeightsException(
            file.Path,
            $"needs the Python object {name}, which is no part of a state_dict and is never run here. "
                + advice);
    }
}
