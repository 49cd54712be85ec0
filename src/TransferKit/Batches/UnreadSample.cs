using System.Text.Json;
using System.Text.Json.Serialization;

namespace TransferKit;

/// <summary>A sample that a process couldn't read, as it tells the others.</summary>
/// <param name="IsTraining">Whether it is one to train on, and not to measure on.</param>
/// <param name="Index">Its position in its dataset.</param>
/// <param name="Reason">Why, a sentence.</param>
/// <param name="Rank">The process.</param>
internal sealed record UnreadSample(bool IsTraining, int Index, string Reason, int Rank)
{
    /// <summary>One that this process couldn't read.</summary>
    public static UnreadSample Of(SkippedSample sample, bool isTraining, ProcessGroup group) =>
        new(isTraining, sample.Index, sample.Reason?.Message ?? "the dataset left it out.", group.Rank);

    /// <summary>Tells all processes what each couldn't read, where there is something.</summary>
    /// <param name="own">What this process couldn't read.</param>
    /// <param name="group">The processes.</param>
    /// <param name="nameOf">What a sample is called.</param>
    /// <param name="canRead">Tries whether this process can read a sample that another one couldn't.</param>
    /// <returns>What none of them can read.</returns>
    /// <exception cref="DistributedException">One can read what another one couldn't: it is their folder's fault.</exception>
    public static IReadOnlyList<UnreadSample> Agree(IReadOnlyList<UnreadSample> own, ProcessGroup group,
        Func<UnreadSample, string> nameOf, Func<UnreadSample, bool> canRead)
    {
        double[] count = [own.Count];
        group.Sum(count);
        if (group.Size == 1 || count[0] == 0)
            return own;
        var parts = group.Gather(JsonSerializer.SerializeToUtf8Bytes(own, UnreadSampleJson.Default.IReadOnlyListUnreadSample));
        List<UnreadSample> all =
        [
            .. parts.SelectMany(part => JsonSerializer.Deserialize(part, UnreadSampleJson.Default.IReadOnlyListUnreadSample)!)
                .DistinctBy(found => (found.IsTraining, found.Index)),
        ];
        var readable = group.Gather([.. all.Select(found => (byte)(found.Rank != group.Rank && canRead(found) ? 1 : 0))]);
        foreach (var (place, found) in all.Index())
            if (Array.FindIndex(readable, of => of[place] == 1) is >= 0 and var other)
                throw new DistributedException(found.Rank, $"{group.NameOf(found.Rank)} can't read the sample {nameOf(found)}, "
                    + $"which {group.NameOf(other)} can: {found.Reason} All ranks need the same files.");
        return all;
    }

    /// <summary>Whether this process can read the sample.</summary>
    public bool CanRead(Dataset data, Preprocessing preprocessing)
    {
        var read = false;
        foreach (var batch in data.Read(new ReadOptions
        {
            Preprocessing = preprocessing,
            Order = [Index],
            BatchSize = 1,
            Workers = 1,
        }))
        {
            batch.Dispose();
            read = true;
        }
        return read;
    }
}

/// <summary>The JSON form of <see cref="UnreadSample"/>.</summary>
[JsonSerializable(typeof(IReadOnlyList<UnreadSample>))]
internal sealed partial class UnreadSampleJson : JsonSerializerContext;
