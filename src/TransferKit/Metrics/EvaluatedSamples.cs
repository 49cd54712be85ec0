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
    private readonly Lazy<(double Largest, double Sum)[]> _softmax;

    internal EvaluatedSamples(LearningTask task, IReadOnlyList<string> classNames)
    {
        (Task, ClassNames) = (task, classNames);
        _softmax = new(() => [.. Enumerable.Range(0, Count).Select(Softmax)]);
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

    /// <summary>What it should have put out: 1 or 0 for a class, or a number of a regression.</summary>
    /// <param name="sample">The sample, in <c>[0, Count)</c>.</param>
    /// <param name="output">The class or the number, in <c>[0, ClassNames.Count)</c>.</param>
    public float Target(int sample, int output) => Task == LearningTask.Classification
        ? _labels[sample] == output ? 1 : 0
        : _values[sample * ClassNames.Count + output];

    /// <summary>The probability of a class, in 0..1: softmax over the classes, or sigmoid where there may be several.</summary>
    /// <param name="sample">The sample, in <c>[0, Count)</c>.</param>
    /// <param name="label">The class, in <c>[0, ClassNames.Count)</c>.</param>
    /// <exception cref="InvalidOperationException">It is a regression.</exception>
    public double Probability(int sample, int label) => Task switch
    {
        LearningTask.Classification =>
            Math.Exp(Output(sample, label) - _softmax.Value[sample].Largest) / _softmax.Value[sample].Sum,
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
        _outputs.AddRange(Floats(outputs));
        if (Task == LearningTask.Classification)
            _labels.AddRange(targets.cpu().contiguous().data<long>().ToArray().Select(label => (int)label));
        else
            _values.AddRange(Floats(targets));
        _indices.AddRange(indices);
    }

    /// <summary>The same samples, had the network put out so many times as much.</summary>
    internal EvaluatedSamples Scaled(double factor)
    {
        var scaled = new EvaluatedSamples(Task, ClassNames);
        scaled._outputs.AddRange(_outputs.Select(output => (float)(output * factor)));
        scaled._values.AddRange(_values);
        scaled._labels.AddRange(_labels);
        scaled._indices.AddRange(_indices);
        return scaled;
    }

    /// <summary>The loss of a sample; see <see cref="SampleLoss"/>.</summary>
    internal double LossOf(int sample) => Task switch
    {
        LearningTask.Classification =>
            _softmax.Value[sample].Largest - Output(sample, _labels[sample]) + Math.Log(_softmax.Value[sample].Sum),
        LearningTask.MultiLabel => Enumerable.Range(0, ClassNames.Count).Average(label =>
            SoftPlus(Output(sample, label)) - (double)Target(sample, label) * Output(sample, label)),
        _ => Enumerable.Range(0, ClassNames.Count).Average(output =>
            Math.Pow((double)Output(sample, output) - Target(sample, output), 2)),
    };

    /// <summary>Whether a sample is of a class.</summary>
    internal bool Has(int sample, int label) => Target(sample, label) > 0.5f;

    /// <summary>Whether the model says that a sample is of a class, where it may be of several: with more than 0.5.</summary>
    internal bool IsNamed(int sample, int label) => Output(sample, label) > 0;

    /// <summary>Whether the model says the right class, or exactly the right classes.</summary>
    internal bool IsRight(int sample) => Task == LearningTask.Classification
        ? Predicted(sample) == _labels[sample]
        : Enumerable.Range(0, ClassNames.Count).All(label => IsNamed(sample, label) == Has(sample, label));

    private static float[] Floats(torch.Tensor tensor) =>
        tensor.detach().to(torch.ScalarType.Float32).cpu().contiguous().data<float>().ToArray();

    private static double SoftPlus(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));

    /// <summary>
    /// The largest output, and the sum of all exponentials over its own: so written, outputs that differ by the same
    /// steps get the same probabilities, to the bit, and count as ties.
    /// </summary>
    private (double Largest, double Sum) Softmax(int sample)
    {
        var largest = Enumerable.Range(0, ClassNames.Count).Max(label => (double)Output(sample, label));
        return (largest, Enumerable.Range(0, ClassNames.Count).Sum(label => Math.Exp(Output(sample, label) - largest)));
    }
}
