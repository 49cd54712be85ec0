namespace TransferKit;

/// <summary>Finds the tensors in what a checkpoint unpickles to: a state_dict, or one inside dictionaries and modules.</summary>
internal sealed class StateDict
{
    /// <summary>Keys under which training scripts store the state_dict, in the order in which they are tried.</summary>
    private static readonly string[] Wrappers =
    [
        "state_dict", "model_state_dict", "model", "module", "net", "network", "weights", "params", "state_dict_ema", "model_ema",
    ];

    private const int MaxDepth = 32;

    /// <summary>A pickle of a few lines can nest one list in itself so often that walking it would never end.</summary>
    private const int MaxVisits = 500_000;

    private readonly FileBytes _file;
    private readonly Dictionary<string, StoredTensor> _tensors = new(StringComparer.Ordinal);
    private int _visits;

    private StateDict(FileBytes file) => _file = file;

    public static IReadOnlyDictionary<string, StoredTensor> Find(object? root, FileBytes file)
    {
        var found = new StateDict(file);
        found.Collect(found.Unwrap(root), prefix: "", depth: 0);
        return found._tensors.Count > 0
            ? found._tensors
            : throw new WeightsException(file.Path, "holds no tensors under names, so it is no state_dict.");
    }

    private object? Unwrap(object? value)
    {
        for (var depth = 0; depth < MaxDepth; depth++)
        {
            var inner = Wrappers
                .Select(key => Items(value).LastOrDefault(pair => pair.Key is string name && name == key).Value)
                .FirstOrDefault(HasTensors);
            if (inner is null)
                return value;
            value = inner;
        }

        throw TooDeep();
    }

    private bool HasTensors(object? value) =>
        value is not PickleTensor && Items(value).Any(pair => pair.Value is PickleTensor || Items(pair.Value).Count > 0);

    private void Collect(object? value, string prefix, int depth)
    {
        if (depth == MaxDepth)
            throw TooDeep();

        foreach (var (key, item) in Items(value))
        {
            if (++_visits > MaxVisits)
                throw TooDeep();
            if (key is not string name)
                continue;
            if (item is PickleTensor { Tensor: var tensor })
            {
                _tensors[prefix + name] = tensor;
            }
            else
            {
                Collect(item, $"{prefix}{name}.", depth + 1);
            }
        }
    }

    private static List<KeyValuePair<object?, object?>> Items(object? value) => value switch
    {
        PickleDictionary dictionary => dictionary.Pairs,
        PickleObject { Attributes: { } attributes } => attributes.Pairs,
        _ => [],
    };

    private WeightsException TooDeep() => _file.Damaged("its dictionaries are nested too deeply, or in themselves");
}
