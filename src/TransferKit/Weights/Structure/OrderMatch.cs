namespace TransferKit;

/// <summary>
/// Names the tensors of a state_dict of another program by their order, in which its layers were made: each must be of the kind
/// and the shape of the model's next one.
/// </summary>
internal static class OrderMatch
{
    /// <summary>Kinds of tensors by the last part of their names, PyTorch's first, then those of other libraries.</summary>
    private static readonly string[][] Kinds =
    [
        ["weight", "kernel", "gamma", "scale"], ["bias", "beta", "offset"], ["running_mean", "moving_mean", "mean"],
        ["running_var", "moving_variance", "var", "variance"],
    ];

    /// <inheritdoc cref="StructureMatch.Name"/>
    public static void Name(WeightsFile file, Network network, bool replacesHead)
    {
        // Libraries that sort tensors by their names leave no order to go by.
        var given = file.Tensors.Where(pair => ElementTypes.IsFloatingPoint(pair.Value.Type)).ToList();
        var keys = given.Select(pair => pair.Key).ToList();
        if (keys.Count > 1 && keys.SequenceEqual(keys.Order(StringComparer.Ordinal)))
        {
            file.Mismatch = "Its tensors are sorted by their names, so that their order doesn't tell what they are either.";
            return;
        }

        var expected = network.NamedWeights().Where(found => ElementTypes.IsFloatingPoint(found.Weight.Type)).ToList();
        var body = replacesHead ? [.. expected.Where(found => !network.IsInHead(found.Name))] : expected;
        var named = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        for (var i = 0; i < Math.Max(body.Count, given.Count); i++)
        {
            if (i >= body.Count && replacesHead && HeadOf(given, body.Count) is { } head)
            {
                foreach (var (role, tensor) in head)
                    named[$"{network.HeadPaths[0]}.{role}"] = tensor;
                break;
            }

            if (i >= body.Count || i >= given.Count || !AreAlike(body[i], given[i], network))
            {
                var ours = i < body.Count ? Show(body[i].Name, body[i].Weight.Shape) : "nothing more";
                var theirs = i < given.Count ? Show(given[i].Key, given[i].Value.Shape) : "nothing more";
                file.Mismatch = $"By their order they part where the network has {ours}, and the file has {theirs}.";
                return;
            }

            named[body[i].Name] = given[i].Value;
        }

        file.Name(named, WeightsMatch.Order);
    }

    private static bool AreAlike(
        (string Name, Weight Weight) expected, KeyValuePair<string, StoredTensor> given, Network network)
    {
        // The last layer has as many outputs as there are classes, which the file may know better.
        var free = network.GivesOutputs(expected.Weight) ? 1 : 0;
        return given.Value.Shape.Count == expected.Weight.Shape.Count
            && given.Value.Shape.Skip(free).SequenceEqual(expected.Weight.Shape.Skip(free))
            && (expected.Weight.Shape.Count > 1 || (KindOf(expected.Name) is { } kind && KindOf(given.Key) == kind));
    }

    /// <summary>A last linear layer, whose classes the network doesn't want.</summary>
    private static IReadOnlyList<(string Role, StoredTensor Tensor)>? HeadOf(
        List<KeyValuePair<string, StoredTensor>> given, int first) => given[first..] switch
        {
            [{ Value: { Shape: [var classes, _, ..] } matrix }] when classes > 0 => [("weight", matrix)],
            [{ Value: { Shape: [var classes, _, ..] } matrix }, { Value: { Shape: [var biases] } bias }] when classes == biases =>
                [("weight", matrix), ("bias", bias)],
            _ => null,
        };

    private static int? KindOf(string name)
    {
        var last = name[(name.LastIndexOfAny(['.', '/', '_']) + 1)..];
        var kind = Array.FindIndex(Kinds, names => names.Any(known => name.EndsWith(known, StringComparison.OrdinalIgnoreCase)
            && known.EndsWith(last, StringComparison.OrdinalIgnoreCase)));
        return kind < 0 ? null : kind;
    }

    private static string Show(string name, IReadOnlyList<long> shape) => $"{name} {StoredTensor.Show(shape)}";
}
