using TorchSharp;

namespace TransferKit;

/// <summary>
/// What a model said about every sample that it was measured on, and what it should have said, in managed memory: four bytes
/// for each sample and output. Immutable once measured.
/// </summary>
public sealed class EvaluatedSamples
{
    private readonly List<float> _outputs = [], _values = [];
    private readonly List<int> _indices = [], _labels = [];
    private readonly Lazy<double[]> _logSums;

    internal EvaluatedSamples(LearningTask task, IReadOnlyList<string> classNames)
    {
        (Task, ClassNames) = (task, classNames);
        _logSums = new(() => [.. Enumerable.Range(0, Count).Select(LogSum)]);
    }

    /// <summary>What the model learnt to say.</summary>
    public LearningTask Task { get; }

    /// <summary>The names of the classes, or of the numbers of a regression.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>The number of samples.</summary>
    public int Count => _indices.Count;

    /// <summary>The position of every sample in its dataset.</summary>
    public IReadOnlyList<int> Indices => _indices;

    /// <summary>The class of every sample.</summary>
    /// <exception cref="InvalidOperationException">The samples don't have exactly one class each.</exception>
    public IReadOnlyList<int> Labels => Task == LearningTask.Classification
        ? _labels
        : throw new InvalidOperationException($"The samples have {Task} targets, not one class each: ask Target.");

    /// <summary>What the network put out: a logit, or a number of a regression.</summary>
    /// <param name="sample">The sample, in <c>[0, Count)</c>.</param>
    /// <param name="output">The class or the number, in <c>[0, ClassNames.Count)</c>.</param>
    public float Output(int sample, int output) => _outputs[sample * ClassNames.Count + output];

    /// <summary>What it should have put out: 1 or 0 for a class that a sample is of or not, or a number of a regression.</summary>
    /// <param name="sample">The sample, in <c>[0, Count)</c>.</param>
    /// <param name="output">The class or the number, in <c>[0, ClassNames.Count)</c>.</param>
    public float Target(int sample, int output) => Task == LearningTask.Classification
        ? _labels[sample] == output ? 1 : 0
        : _values[sample * ClassNames.Count + output];

    /// <summary>The probability of a class, in 0..1: softmax over the classes, or sigmoid where a sample may have several.</summary>
    /// <param name="sample">The sample, in <c>[0, Count)</c>.</param>
    /// <param name="label">The class, in <c>[0, ClassNames.Count)</c>.</param>
    /// <exception cref="InvalidOperationException">It is a regression.</exception>
    public double Probability(int sample, int label) => Task switch
    {
        LearningTask.Classification => Math.Exp(Output(sample, label) - _logSums.Value[sample]),
        LearningTask.MultiLabel => 1 / (1 + Math.Exp(-(double)Output(sample, label))),
        _ => throw new InvalidOperationException("A regression has no probabilities: ask Output."),
    };

    /// <summary>The class with the highest output, the first of equals.</summary>
    /// <param name="sample">The sample, in <c>[0, Count)</c>.</param>
    /// <exception cref="InvalidOperationException">The samples don't have exactly one class each.</exception>
    public int Predicted(int sample) => Task == LearningTask.Classification
        ? Enumerable.Range(0, ClassNames.Count).MaxBy(label => Output(sample, label))
        : throw new InvalidOperationException($"The samples have {Task} targets, not one class each: ask Output.");

    /// <summary>Adds a batch.</summary>
    /// <param name="outputs"><c>[N, outputs]</c>, on any device.</param>
    /// <param name="targets">int64 <c>[N]</c> or float32 <c>[N, outputs]</c>, on any device.</param>
    /// <param name="indices">Where the samples lie in their dataset, N positions.</param>
    internal void Add(torch.Tensor outputs, torch.Tensor targets, IReadOnlyList<int> indices)
    {
        using var scope = torch.NewDisposeScope();
        _outputs.AddRange(outputs.detach().to(torch.ScalarType.Float32).cpu().contiguous().data<float>());
        if (Task == LearningTask.Classification)
            _labels.AddRange(targets.cpu().data<long>().Select(label => (int)label));
        else
            _values.AddRange(targets.detach().to(torch.ScalarType.Float32).cpu().contiguous().data<float>());
        _indices.AddRange(indices);
    }

    /// <summary>The loss of a sample; see <see cref="SampleLoss"/>.</summary>
    internal double LossOf(int sample) => Task switch
    {
        LearningTask.Classification => _logSums.Value[sample] - Output(sample, _labels[sample]),
        LearningTask.MultiLabel => Enumerable.Range(0, ClassNames.Count).Average(label =>
            SoftPlus(Output(sample, label)) - (double)Target(sample, label) * Output(sample, label)),
        _ => Enumerable.Range(0, ClassNames.Count).Average(output =>
            Math.Pow((double)Output(sample, output) - Target(sample, output), 2)),
    };

    /// <summary>What a model says of a class, and what is so, for every sample.</summary>
    internal (double[] Scores, bool[] Positives) Ranking(int label) =>
    (
        [.. Enumerable.Range(0, Count).Select(sample => Probability(sample, label))],
        [.. Enumerable.Range(0, Count).Select(sample => Target(sample, label) > 0.5f)]
    );

    private static double SoftPlus(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));

    private double LogSum(int sample)
    {
        var largest = Enumerable.Range(0, ClassNames.Count).Max(label => (double)Output(sample, label));
        return largest + Math.Log(Enumerable.Range(0, ClassNames.Count).Sum(label => Math.Exp(Output(sample, label) - largest)));
    }
}
