using System.Text.Json;

namespace TransferKit;

/// <summary>What a run is: a checkpoint of another one can't be gone on from.</summary>
/// <param name="facts">All that decides which numbers come out.</param>
internal sealed class RunIdentity(IReadOnlyList<RunFact> facts)
{
    /// <summary>What checkpoints say of it, fact by fact; what is off is left out.</summary>
    public IReadOnlyDictionary<string, JsonElement> Data { get; } = facts.Where(fact => fact.Data is not null)
        .ToDictionary(fact => fact.Name, fact => fact.Data!.Value);

    /// <summary>Where a saved run differs, place by place.</summary>
    public IReadOnlyList<JsonDifference> DifferencesFrom(RunState saved) =>
    [
        .. Data.Keys.Union(saved.Run.Keys).Union(facts.Select(fact => fact.Name)).SelectMany(name =>
            saved.FormatVersion == RunState.VersionOfWords
                ? DifferencesInWords(name, saved.Run.TryGetValue(name, out var words) ? words : null)
                : JsonDifference.Between(name, Find(Data, name), Find(saved.Run, name))),
    ];

    private IEnumerable<JsonDifference> DifferencesInWords(string name, JsonElement? found)
    {
        var fact = facts.FirstOrDefault(fact => fact.Name == name);
        // An option that is off, and was not known then.
        if (found is null && fact is { Data: null })
            return [];
        var (here, there) = (fact?.Words, found?.GetString());
        return Plain(here) == Plain(there) ? [] : [new JsonDifference(name, $"{here}", $"{there}")];

        // They have the decimal comma of the machine that wrote them.
        static string? Plain(string? words) => words?.Replace(',', '.').Replace('\u066B', '.');
    }

    private static JsonElement? Find(IReadOnlyDictionary<string, JsonElement> data, string name) =>
        data.TryGetValue(name, out var found) ? found : null;
}
