using System.Runtime.InteropServices;

namespace TransferKit.Vision;

public sealed partial class Predictor
{
    /// <summary>
    /// As <see cref="PredictMany(IEnumerable{string})"/>, by several processes that take batches in turns, and all get all
    /// results: those of one process, bit for bit. All make the same call with the same files, and take all results.
    /// </summary>
    /// <param name="files">The files, of the same names and in the same order on all processes; folders may differ.</param>
    /// <param name="distributed">The processes.</param>
    /// <exception cref="DistributedException">
    /// Thrown as results are taken: another process failed, has other files, or can't read one that this one can.
    /// </exception>
    public IEnumerable<PredictionResult> PredictMany(IEnumerable<string> files, ProcessGroup distributed)
    {
        ArgumentNullException.ThrowIfNull(files);
        return PredictMany(files.Select(ImageSource.FromFile), distributed);
    }

    /// <summary>As <see cref="PredictMany(IEnumerable{string}, ProcessGroup)"/>, for pictures from anywhere.</summary>
    /// <param name="images">The pictures, of the same names and in the same order on all processes.</param>
    /// <param name="distributed">The processes.</param>
    public IEnumerable<PredictionResult> PredictMany(IEnumerable<ImageSource> images, ProcessGroup distributed)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(distributed);
        return distributed.Size == 1 ? Run(images) : RunTogether(images, distributed);
    }

    private IEnumerable<PredictionResult> RunTogether(IEnumerable<ImageSource> images, ProcessGroup group)
    {
        // A batch for each rank, from when they are read until their results are there.
        var rounds = new Queue<ImageSource[][]>();
        using var own = Run(images.Chunk(BatchSize).Chunk(group.Size).Select(batches =>
        {
            rounds.Enqueue(batches);
            return group.Rank < batches.Length ? batches[group.Rank] : [];
        })).GetEnumerator();
        while (group.Together(() => TakeRound(own, rounds, group)) is { } results)
            foreach (var result in results)
                yield return result;
    }

    /// <returns>What all ranks say of the pictures of the next round; null: there is none.</returns>
    private PredictionResult[]? TakeRound(
        IEnumerator<PredictionResult[]> own, Queue<ImageSource[][]> rounds, ProcessGroup group)
    {
        var found = own.MoveNext() ? own.Current : null;
        var round = found is null ? [] : rounds.Dequeue();
        var checksum = Crc32.OfLines(
            round.SelectMany(batch => batch).Select(image => Path.GetFileName(image.Name)).Concat(ClassNames));
        var parts = group.Gather([.. BitConverter.GetBytes(checksum), .. (found ?? []).SelectMany(Pack)]);
        if (Array.FindIndex(parts, part => !part.AsSpan(0, sizeof(uint)).SequenceEqual(parts[0].AsSpan(0, sizeof(uint))))
            is >= 0 and var other)
            throw new DistributedException(other, $"{group.NameOf(other)} is about to predict other pictures, or other classes, "
                + "than rank 0. All ranks need the same model, and the same pictures in the same order.");
        if (found is null)
            return null;
        var results = round.SelectMany((batch, rank) => Unpack(batch, parts[rank].AsSpan(sizeof(uint)))).ToArray();
        var first = round.Take(group.Rank).Sum(batch => batch.Length);
        found.CopyTo(results, first);
        List<UnreadSample> unread =
        [
            .. found.Index().Where(result => !result.Item.IsSuccess).Select(result =>
                new UnreadSample(IsTraining: false, first + result.Index, result.Item.Error!.Message, group.Rank)),
        ];
        UnreadSample.Agree(unread, group, sample => results[sample.Index].Image.Name, sample =>
        {
            // The reason that the others give is this process's too, if it finds one.
            using var batch = _reader.Read(results[sample.Index].Image);
            results[sample.Index] = new PredictionResult(results[sample.Index].Image, prediction: null, batch.Failures[0]);
            return batch.Failures[0] is null;
        });
        return results;
    }

    /// <summary>A byte that says whether there is a prediction, and its numbers.</summary>
    private static byte[] Pack(PredictionResult result) => result.IsSuccess
        ? [1, .. MemoryMarshal.AsBytes<float>(result.Prediction.Numbers)]
        : [0];

    private PredictionResult[] Unpack(ImageSource[] batch, ReadOnlySpan<byte> part)
    {
        var results = new PredictionResult[batch.Length];
        for (var place = 0; place < batch.Length; place++)
        {
            var isThere = part[0] == 1;
            part = part[1..];
            Prediction? prediction = null;
            if (isThere)
            {
                var numbers = MemoryMarshal.Cast<byte, float>(part[..(2 * ClassNames.Count * sizeof(float))]);
                prediction = new Prediction(_engine.Task, ClassNames, numbers[..ClassNames.Count].ToArray(),
                    numbers[ClassNames.Count..].ToArray(), _options);
                part = part[(2 * ClassNames.Count * sizeof(float))..];
            }
            results[place] = new PredictionResult(batch[place], prediction, error: null);
        }
        return results;
    }
}
