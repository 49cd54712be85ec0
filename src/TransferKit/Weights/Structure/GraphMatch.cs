namespace TransferKit;

/// <summary>
/// Pairs the layers of two graphs that compute the same. Layers are told apart by what they are and by all that comes before and
/// behind them, refined round by round until nothing more is told apart (Weisfeiler and Leman, 1968).
/// </summary>
internal static class GraphMatch
{
    /// <summary>The pairs, in the order of the first graph.</summary>
    /// <param name="network">The layers of the network.</param>
    /// <param name="file">Those of the file.</param>
    /// <param name="trouble">Where they part, or which can't be told apart; empty with pairs.</param>
    /// <returns>Null if the graphs differ, or more than one pairing would do.</returns>
    public static IReadOnlyList<(WeightedLayer Network, WeightedLayer File)>? Pair(
        IReadOnlyList<WeightedLayer> network, IReadOnlyList<WeightedLayer> file, out string trouble)
    {
        var colors = Refine(network, file, withBehind: true);
        var theirs = file.ToLookup(layer => colors[layer]);
        var ours = network.ToLookup(layer => colors[layer]);
        trouble = "";
        if (network.Count != file.Count || network.Any(layer => theirs[colors[layer]].Count() != ours[colors[layer]].Count()))
            trouble = Parting(network, file);
        else if (network.FirstOrDefault(layer => ours[colors[layer]].Count() > 1 && layer.Tensors.Any()) is { } doubtful)
            trouble = $"{string.Join(" and ", theirs[colors[doubtful]].Take(2))} stand in the same place, and either could be "
                + $"{doubtful}";
        return trouble.Length > 0 ? null
            : [.. network.Where(layer => layer.Tensors.Any()).Select(layer => (layer, theirs[colors[layer]].Single()))];
    }

    /// <summary>The first layer of either graph that the other hasn't, seen from the input.</summary>
    private static string Parting(IReadOnlyList<WeightedLayer> network, IReadOnlyList<WeightedLayer> file)
    {
        var colors = Refine(network, file, withBehind: false);
        var (ours, theirs) = (First(network, file), First(file, network));
        return (ours, theirs) switch
        {
            ({ }, { }) => $"where the network has {ours}, the file has {theirs}"
                + (ours.Shape.SequenceEqual(theirs.Shape) ? $" ({theirs.Kind} instead of {ours.Kind}, or fed by other layers)"
                    : ""),
            (null, { }) => $"the file has {theirs}, for which the network has no place",
            ({ }, null) => $"the network has {ours}, and the file has no such layer",
            _ => "the same layers feed others",
        };

        WeightedLayer? First(IReadOnlyList<WeightedLayer> mine, IReadOnlyList<WeightedLayer> others)
        {
            var left = others.CountBy(layer => colors[layer]).ToDictionary();
            return mine.FirstOrDefault(layer => (left[colors[layer]] = left.GetValueOrDefault(colors[layer]) - 1) < 0);
        }
    }

    private static Dictionary<WeightedLayer, int> Refine(
        IReadOnlyList<WeightedLayer> network, IReadOnlyList<WeightedLayer> file, bool withBehind)
    {
        var all = network.Concat(file).ToList();
        var behind = all.SelectMany(layer => layer.Before.Select(before => (before, layer)))
            .ToLookup(pair => pair.before, pair => pair.layer);
        var colors = Number(layer => $"{layer.Kind} {StoredTensor.Show(Comparable(layer))}");
        for (var (count, before) = (colors.Values.Distinct().Count(), 0); count > before;)
        {
            var last = colors;
            colors = Number(layer => $"{last[layer]}<{Sorted(layer.Before)}>{(withBehind ? Sorted(behind[layer]) : "")}");
            (count, before) = (colors.Values.Distinct().Count(), count);

            string Sorted(IEnumerable<WeightedLayer> layers) =>
                string.Join(',', layers.Where(last.ContainsKey).Select(layer => last[layer]).Order());
        }

        return colors;

        // A network's last layer has as many outputs as there are classes, which may differ.
        IEnumerable<long> Comparable(WeightedLayer layer) =>
            layer.IsLinear && !behind[layer].Any() ? layer.Shape.Skip(1) : layer.Shape;

        Dictionary<WeightedLayer, int> Number(Func<WeightedLayer, string> describe)
        {
            var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
            return all.ToDictionary(layer => layer, layer =>
            {
                var text = describe(layer);
                if (!numbers.TryGetValue(text, out var number))
                    numbers.Add(text, number = numbers.Count);
                return number;
            });
        }
    }
}
