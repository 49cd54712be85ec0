using System.Text.Json;

namespace TransferKit;

/// <summary>A place where two JSON values differ.</summary>
/// <param name="Path">The place: <c>Optimizer.LearningRate</c>, <c>Schedule.Milestones[1]</c>.</param>
/// <param name="Here">What the first has there; <c>null</c> where it has nothing.</param>
/// <param name="There">What the second has there.</param>
internal sealed record JsonDifference(string Path, string Here, string There)
{
    /// <summary>
    /// All places where two values differ; objects of different <c>kind</c>, and lists of different length, differ as a whole.
    /// </summary>
    public static IEnumerable<JsonDifference> Between(string path, JsonElement? here, JsonElement? there) => (here, there) switch
    {
        ({ ValueKind: JsonValueKind.Object } mine, { ValueKind: JsonValueKind.Object } theirs)
            when InText(Member(mine, "kind")) == InText(Member(theirs, "kind")) =>
            mine.EnumerateObject().Concat(theirs.EnumerateObject()).Select(member => member.Name).Distinct()
                .SelectMany(name => Between($"{path}.{name}", Member(mine, name), Member(theirs, name))),
        ({ ValueKind: JsonValueKind.Array } mine, { ValueKind: JsonValueKind.Array } theirs)
            when mine.GetArrayLength() == theirs.GetArrayLength() =>
            Enumerable.Range(0, mine.GetArrayLength()).SelectMany(i => Between($"{path}[{i}]", mine[i], theirs[i])),
        ({ } mine, { } theirs) when JsonElement.DeepEquals(mine, theirs) => [],
        (null or { ValueKind: JsonValueKind.Null }, null or { ValueKind: JsonValueKind.Null }) => [],
        _ => [new JsonDifference(path, InText(here), InText(there))],
    };

    private static JsonElement? Member(JsonElement value, string name) =>
        value.TryGetProperty(name, out var found) ? found : null;

    /// <summary>On one line, however it was written.</summary>
    private static string InText(JsonElement? value) => value switch
    {
        null or { ValueKind: JsonValueKind.Null } => "null",
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { } some => JsonSerializer.Serialize(some, RunFactJson.Default.JsonElement),
    };
}
