namespace TransferKit;

/// <summary>
/// What a network's tensors are called in two libraries, the more particular names before the more general ones.
/// </summary>
internal sealed class NameTable(params IReadOnlyList<TensorNames> lines)
{
    /// <summary>The other library's tensors by our names; those that nothing is known of keep theirs.</summary>
    public IReadOnlyDictionary<string, StoredTensor> ToOurs(IReadOnlyDictionary<string, StoredTensor> theirs)
    {
        var ours = new Dictionary<string, StoredTensor>(theirs.Count, StringComparer.Ordinal);
        return WithOwnNames(ours, ToOurs(theirs, place: "", ours));
    }

    /// <summary>The same for those tensors that lie behind a prefix.</summary>
    /// <param name="theirs">All of the file's.</param>
    /// <param name="place">The prefix.</param>
    /// <param name="ours">Takes them by our names.</param>
    /// <returns>The others.</returns>
    public Dictionary<string, StoredTensor> ToOurs(
        IReadOnlyDictionary<string, StoredTensor> theirs, string place, Dictionary<string, StoredTensor> ours)
    {
        var others = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        var parts = new List<(string Name, TensorNames Line, string Key)>();
        foreach (var (key, tensor) in theirs)
        {
            var rest = key.StartsWith(place, StringComparison.Ordinal) ? key[place.Length..] : null;
            if (rest is null || lines.FirstOrDefault(line => line.MatchesTheirs(rest)) is not { } first)
            {
                others[key] = tensor;
                continue;
            }

            foreach (var line in lines.Where(line => line.Theirs == first.Theirs))
                if (line.ToOurs(rest) is not { } name)
                    continue;
                else if (line.Parts > 1)
                    parts.Add((name, line, key));
                else
                    ours[name] = line.Thirds is { } thirds ? RowsOfTensor.Thirds(tensor, thirds) : tensor;
        }

        foreach (var whole in parts.GroupBy(part => part.Name))
        {
            var tensors = whole.ToDictionary(part => part.Line.Part, part => theirs[part.Key]);
            if (JoinedTensor.TryJoin(tensors, whole.First().Line) is { } joined)
                ours[whole.Key] = joined;
            else
                foreach (var part in whole)
                    others[part.Key] = theirs[part.Key];
        }
        return others;
    }

    /// <summary>Our tensors by the other library's names; those that nothing is known of keep ours.</summary>
    public IReadOnlyDictionary<string, StoredTensor> ToTheirs(IReadOnlyDictionary<string, StoredTensor> ours)
    {
        var theirs = new Dictionary<string, StoredTensor>(ours.Count, StringComparer.Ordinal);
        var others = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach (var (key, tensor) in ours)
        {
            if (lines.FirstOrDefault(line => line.MatchesOurs(key)) is not { } first)
                others[key] = tensor;
            else
                foreach (var line in lines.Where(line => line.Ours == first.Ours))
                    theirs[line.ToTheirs(key)] = line.Parts == 1
                        ? tensor : RowsOfTensor.Thirds(tensor, line.Part..(line.Part + 1));
        }

        return WithOwnNames(theirs, others);
    }

    /// <summary>A file may hold a key and another name of it as well: the one that needs no renaming stands.</summary>
    private static Dictionary<string, StoredTensor> WithOwnNames(
        Dictionary<string, StoredTensor> renamed, Dictionary<string, StoredTensor> others)
    {
        foreach (var (key, tensor) in others)
            renamed[key] = tensor;
        return renamed;
    }
}
