using System.Reflection;
using System.Text.Json;

namespace TransferKit;

/// <summary>Makes sure that all processes are about to do the same.</summary>
internal static class RankAgreement
{
    /// <summary>Compares what the processes are about to do, and the programs by which they do it.</summary>
    /// <param name="group">The processes.</param>
    /// <param name="own">All that counts of it, by name.</param>
    /// <exception cref="DistributedException">One is about to do something else; the message says what differs.</exception>
    public static void Require(ProcessGroup group, IEnumerable<KeyValuePair<string, JsonElement>> own)
    {
        if (group.Size == 1)
            return;
        var facts = own.Concat(
        [
            new("TransferKit", Text(VersionOf(typeof(RankAgreement).Assembly))),
            new("The program", Text(VersionOf(Assembly.GetEntryAssembly()))),
        ]).ToDictionary();
        var all = group.Gather(JsonSerializer.SerializeToUtf8Bytes(facts, RunStateJson.Default.DictionaryStringJsonElement))
            .Select(json => JsonSerializer.Deserialize(json, RunStateJson.Default.DictionaryStringJsonElement)!).ToList();
        foreach (var (rank, others) in all.Index().Skip(1))
        {
            var differences = all[0].Keys.Union(others.Keys).SelectMany(name =>
                JsonDifference.Between(name, Find(others, name), Find(all[0], name)));
            var list = string.Join("; ", differences.Select(found =>
                $"{found.Path} is '{found.Here}', on rank 0 it is '{found.There}'"));
            if (list.Length > 0)
                throw new DistributedException(rank, $"{group.NameOf(rank)} is about to make another run: {list}. All "
                    + "ranks need the same program, options and data.");
        }
    }

    /// <inheritdoc cref="Require(ProcessGroup, IEnumerable{KeyValuePair{string, JsonElement}})"/>
    public static void Require(ProcessGroup group, IEnumerable<RunFact> own) => Require(group, own
        .Where(fact => fact.Data is not null).Select(fact => new KeyValuePair<string, JsonElement>(fact.Name, fact.Data!.Value)));

    /// <summary>What a network computes of samples without training depends on.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">The samples.</param>
    /// <param name="batchSize">Samples at a time.</param>
    public static IEnumerable<RunFact> FactsOf(LiveModel model, Dataset data, int batchSize)
    {
        var pictures = data.Fingerprint(model.Preprocessing, augment: false);
        return
        [
            RunFact.Of("The weights", $"{model.Network.Checksum(int.MaxValue):x8}"),
            RunFact.Of("Computes in", $"{model.ComputeType}"),
            RunFact.Of("Samples", $"{data.Count}, {data.Targets.Checksum:x8}"),
            new RunFact("Pictures", pictures, $"{pictures}"),
            RunFact.Of("BatchSize", $"{batchSize}"),
        ];
    }

    /// <summary>Differs wherever the code does: compilers make a new identifier for every module.</summary>
    private static string VersionOf(Assembly? assembly) => assembly is null
        ? "unknown"
        : $"{assembly.GetName().Name} {assembly.GetName().Version}, build {assembly.ManifestModule.ModuleVersionId}";

    private static JsonElement Text(string text) => JsonSerializer.SerializeToElement(text, RunFactJson.Default.String);

    private static JsonElement? Find(Dictionary<string, JsonElement> facts, string name) =>
        facts.TryGetValue(name, out var found) ? found : null;
}
