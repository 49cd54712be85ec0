using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;
using TransferKit.Vision;

namespace TransferKit.Fuzz;

/// <summary>All that several processes answer together besides training, as text: the same of any number of them.</summary>
internal static class DistributedAnswers
{
    /// <summary>The argument by which the program is a process that answers.</summary>
    public const string Command = "answer-ranks";

    /// <summary>Is a rank: answers, and writes what came out, or why nothing did.</summary>
    /// <param name="folder">
    /// Where each rank leaves <c>rank-N.txt</c>, and has its own <c>host-N/pictures</c>, by class.
    /// </param>
    /// <returns>The exit code: 1 where it failed.</returns>
    public static int Answer(string folder)
    {
        var group = MpiGroup.World;
        Directory.SetCurrentDirectory(Path.Join(folder, $"host-{group.Rank}"));
        var (answer, code) = ("", 0);
        try
        {
            answer = Answer(group);
        }
        catch (TransferKitException error)
        {
            (answer, code) = (error.Message, 1);
        }
        File.WriteAllText(Path.Join(folder, $"rank-{group.Rank}.txt"), answer);
        return code;
    }

    private static string Answer(ProcessGroup group)
    {
        const string ModelFile = "model.tkm";
        TorchRuntime.EnsureLoaded();
        torch.set_num_threads(1);
        torch.manual_seed(1);
        var data = ImageFolder.Open("pictures", new ImageOptions { Unreadable = UnreadableImages.Skip });
        using (var made = DistributedRun.Small.ReplaceHead(data.ClassNames.Count).WithImageSize(32).Build())
        {
            made.ClassNames = data.ClassNames;
            made.Save(ModelFile);
        }
        using var model = TransferModel.Load(ModelFile, new LoadOptions
        {
            CustomBackbone = DistributedRun.Small, Precision = Precision.Float32,
        });
        using var predictor = Predictor.Load(ModelFile, new PredictorOptions { CustomBackbone = DistributedRun.Small, BatchSize = 2 });
        var features = model.ExtractFeatures(data, batchSize: 2, group);
        var measured = model.Evaluate(data, new EvaluationOptions { BatchSize = 2, Distributed = group });
        var viewed = model.Evaluate(data, new EvaluationOptions
        {
            BatchSize = 2, TestTimeAugmentation = TestTimeAugmentation.Flip, Distributed = group,
        });
        var predictions = predictor.PredictMany(data.Sources, group);
        return string.Create(CultureInfo.InvariantCulture, $"""
            {string.Join(' ', features.Indices)} {Convert.ToHexString(MemoryMarshal.AsBytes<float>(features.ToArray().Cast<float>().ToArray()))}
            {measured.Loss:R} {measured.LogLoss:R} {measured.Accuracy:R} {viewed.Loss:R} {viewed.LogLoss:R}
            {string.Join('\n', predictions.Select(one => $"{one} {string.Join(' ', one.Prediction?.Probabilities ?? [])}"))}
            {data.Inspect(distributed: group)}
            All on one host: {group.LocalRank == group.Rank}
            {string.Join(' ', SumsOf(group, 5))} {string.Join(' ', SumsOf(group, 10_007))}
            """).Replace(Environment.CurrentDirectory, "", StringComparison.Ordinal);
    }

    /// <summary>The numbers from 0, of which each rank gives some, as float32 and as float64: few go another way than many.</summary>
    private static double[] SumsOf(ProcessGroup group, int count)
    {
        double[] own = [.. Enumerable.Range(0, count).Select(number => number % group.Size == group.Rank ? (double)number : 0)];
        using var singles = torch.tensor([.. own.Select(number => (float)number)]);
        Collectives.Wait(group.SumAsync(singles));
        group.Sum(own);
        return [.. own, .. singles.data<float>().ToArray()];
    }
}
