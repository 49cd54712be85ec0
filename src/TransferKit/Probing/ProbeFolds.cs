using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// Samples that are divided into folds, each of which is classified by what was learned from others. Its tensor belongs to the
/// dispose scope that it was made in.
/// </summary>
internal sealed class ProbeFolds
{
    private readonly FeatureVectors _features;
    private readonly Dataset _data;
    private readonly ProbeOptions _options;
    private readonly Tensor _values;
    private readonly int[] _folds;

    /// <param name="features">The features.</param>
    /// <param name="data">Whose they are; one class a sample.</param>
    /// <param name="options">How many folds.</param>
    public ProbeFolds(FeatureVectors features, Dataset data, ProbeOptions options)
    {
        (_features, _data, _options, _values) = (features, data, options, features.ToTensor());
        Labels = [.. features.Indices.Select(index => data.Labels[index])];
        _folds = StratifiedSplit.Folds(Labels, data.ClassNames.Count, options.Folds, keepSingle: true, options.Seed);
        Held = [.. Enumerable.Range(0, _folds.Length).Where(row => _folds[row] != StratifiedSplit.NeverHeldOut)];
    }

    /// <summary>The class of each sample.</summary>
    public IReadOnlyList<int> Labels { get; }

    /// <summary>
    /// The samples that are classified: all but the only ones of a class, as nothing would be left to learn the class from.
    /// </summary>
    public IReadOnlyList<int> Held { get; }

    /// <summary>The fold of a sample.</summary>
    public int FoldOf(int row) => _folds[row];

    /// <summary>The samples that aren't in a fold.</summary>
    public IEnumerable<int> Others(int fold) => Enumerable.Range(0, _folds.Length).Where(row => _folds[row] != fold);

    /// <summary>Classifies the samples of every fold; ranks take folds in turns.</summary>
    /// <param name="train">From which samples is learned for a fold.</param>
    /// <param name="onFold">Told how many folds are done.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    public EvaluationResult Classify(Func<int, int[]> train, Action<int>? onFold, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var logits = zeros(Labels.Count, _data.ClassNames.Count);
        var group = _options.Distributed;
        for (var round = 0; round < _options.Folds; round += group.Size)
        {
            var own = round + group.Rank;
            var parts = group.Gather(own < _options.Folds ? group.Together(() => ClassifyFold(own)) : []);
            foreach (var (rank, part) in parts.Index().Where(part => part.Item.Length > 0))
            {
                using var inner = NewDisposeScope();
                var held = HeldOf(round + rank);
                logits.index_copy_(0, Positions(held),
                    tensor(MemoryMarshal.Cast<byte, float>(part).ToArray(), [held.Length, _data.ClassNames.Count]));
                onFold?.Invoke(round + rank + 1);
            }
        }
        var samples = new EvaluatedSamples(_data.Targets.Task, _data.ClassNames);
        samples.Add(logits.index_select(0, Positions(Held)), tensor([.. Held.Select(row => (long)Labels[row])]),
            [.. Held.Select(row => _features.Indices[row])]);
        return EvaluationResult.From(samples, loss: null);

        byte[] ClassifyFold(int fold)
        {
            using var inner = NewDisposeScope();
            return LinearProbe.Logits(_values, Labels, train(fold), HeldOf(fold), _data.ClassNames.Count, _options.Seed,
                cancellationToken).contiguous().bytes.ToArray();
        }
    }

    private int[] HeldOf(int fold) => [.. Held.Where(row => _folds[row] == fold)];

    private static Tensor Positions(IReadOnlyList<int> rows) => tensor([.. rows.Select(row => (long)row)]);
}
