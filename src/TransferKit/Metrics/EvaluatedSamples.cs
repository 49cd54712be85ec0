using System.Runtime.InteropServices;
using TorchSharp;

namespace TransferKit;

/// <summary>
/// What a model said about every sample that it was measured on, and what it should have said, in managed memory: four bytes
/// for each sample and output. Immutable once measured.
/// </summary>
public sealed class EvaluatedSamples
{
    // A sample's target is a label, or a number for each output.
    private readonly List<float> _outputs = [], _targets = [];
    private readonly List<int> _indices = [], _labels = [];
    private readonly Lazy<SoftmaxTerms[]> _terms;

    internal EvaluatedSamples(LearningTask task, IReadOnlyList<string> classNames)
    {
        (Definition, ClassNames) = (TaskDefinition.Of(task), classNames);
        _terms = new(() => [.. Enumerable.Range(0, Count).Select(sample => Definition.Terms(OutputsOf(sample)))]);
    }

    /// <summary>What the model learned to say.</summary>
    public LearningTask Task => Definition.Task;

    /// <summary>The same, with what it means.</summary>
    internal TaskDefinition Definition { get; }

    /// <summary>The names of the classes, or of the numbers of a regression.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>The number of samples.</summary>
    public int Count => _indices.Count;

    /// <summary>The position of every sample in its dataset.</summary>
    public IReadOnlyList<int> Indices => _indices;

    /// <summary>The class of every sample.</summary>
    /// <exception cref="InvalidOperationException">The samples don't have exactly one class each.</exception>
    public IReadOnlyList<int> Labels => Definition.HasOneClass
        ? _labels
        : throw new InvalidOperationException($"The samples have {Task} targets, not one class each: ask Target.");

    /// <summary>What the network put out: a logit, or a number of a regression.</summary>
    /// <param name="sample">The sample, in <c>[0, Count)</c>.</param>
    /// <param name="output">The class or the number, in <c>[0, ClassNames.Count)</c>.</param>
    public float Output(int sample, int output) => _outputs[sample * ClassNames.Count + output];

    /// <summary>What it should have put out: 1 or 0 for a class, or a number of a regression.</summary>
    /// <param name="sample">The sample, in <c>[0, Count)</c>.</param>
    /// <param name="output">The class or the number, in <c>[0, ClassNames.Count)</c>.</param>
    public float Target(int sample, int output) => Definition.HasOneClass
        ? _labels[sample] == output ? 1 : 0
        : TargetOf(sample)[output];

    /// <summary>The probability of a class, in 0..1: softmax over the classes, or sigmoid where there may be several.</summary>
    /// <param name="sample">The sample, in <c>[0, Count)</c>.</param>
    /// <param name="label">The class, in <c>[0, ClassNames.Count)</c>.</param>
    /// <exception cref="InvalidOperationException">It is a regression.</exception>
    public double Probability(int sample, int label) => Definition.Probability(Output(sample, label), _terms.Value[sample]);

    /// <summary>The class with the highest output, the first of equals.</summary>
    /// <param name="sample">The sample, in <c>[0, Count)</c>.</param>
    /// <exception cref="InvalidOperationException">The samples don't have exactly one class each.</exception>
    public int Predicted(int sample) => Definition.HasOneClass
        ? ClassificationTask.IndexOfLargest(OutputsOf(sample))
        : throw new InvalidOperationException($"The samples have {Task} targets, not one class each: ask Output.");

    /// <summary>Adds a batch.</summary>
    /// <param name="outputs"><c>[N, outputs]</c>, on any device.</param>
    /// <param name="targets">int64 <c>[N]</c> or float32 <c>[N, outputs]</c>, on any device.</param>
    /// <param name="indices">Where the samples lie in their dataset, N positions.</param>
    internal void Add(torch.Tensor outputs, torch.Tensor targets, IReadOnlyList<int> indices)
    {
        using var scope = torch.NewDisposeScope();
        _outputs.AddRange(Floats(outputs));
        _targets.AddRange(Floats(targets));
        if (Definition.HasOneClass)
            _labels.AddRange(targets.cpu().contiguous().data<long>().ToArray().Select(label => (int)label));
        _indices.AddRange(indices);
    }

    /// <summary>Adds the samples that other processes have measured, and puts all into the order of their dataset.</summary>
    internal void Join(ProcessGroup group)
    {
        if (group.Size == 1)
            return;
        var indices = Gathered(group, _indices);
        var order = Enumerable.Range(0, indices.Length).OrderBy(sample => indices[sample]).ToArray();
        Replace(_indices, indices);
        Replace(_outputs, Gathered(group, _outputs));
        Replace(_targets, Gathered(group, _targets));
        Replace(_labels, Gathered(group, _labels));

        void Replace<T>(List<T> list, T[] all)
        {
            var each = indices.Length == 0 ? 0 : all.Length / indices.Length;
            list.Clear();
            foreach (var sample in order)
                list.AddRange(all.AsSpan(sample * each, each));
        }
    }

    private static T[] Gathered<T>(ProcessGroup group, List<T> own)
        where T : unmanaged =>
        [
            .. group.Gather(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(own)).ToArray())
                .SelectMany(part => MemoryMarshal.Cast<byte, T>(part).ToArray()),
        ];

    /// <summary>The same samples, had the network put out so many times as much.</summary>
    internal EvaluatedSamples Scaled(double factor)
    {
        var scaled = new EvaluatedSamples(Task, ClassNames);
        scaled._outputs.AddRange(_outputs.Select(output => (float)(output * factor)));
        scaled._targets.AddRange(_targets);
        scaled._labels.AddRange(_labels);
        scaled._indices.AddRange(_indices);
        return scaled;
    }

    /// <summary>The loss of a sample; see <see cref="SampleLoss"/>.</summary>
    internal double LossOf(int sample) => Definition.LossOf(OutputsOf(sample), TargetOf(sample), _terms.Value[sample]);

    /// <summary>Whether a sample is of a class.</summary>
    internal bool Has(int sample, int label) => Target(sample, label) > 0.5f;

    /// <summary>Whether the model says that a sample is of a class, where it may be of several: with more than 0.5.</summary>
    internal bool IsNamed(int sample, int label) => Output(sample, label) > 0;

    /// <summary>Whether the model says the right class, or exactly the right classes.</summary>
    internal bool IsCorrect(int sample) => Definition.IsCorrect(OutputsOf(sample), TargetOf(sample));

    private static float[] Floats(torch.Tensor tensor) =>
        tensor.detach().to(torch.ScalarType.Float32).cpu().contiguous().data<float>().ToArray();

    private ReadOnlySpan<float> OutputsOf(int sample) =>
        CollectionsMarshal.AsSpan(_outputs).Slice(sample * ClassNames.Count, ClassNames.Count);

    private ReadOnlySpan<float> TargetOf(int sample)
    {
        var size = Definition.HasOneClass ? 1 : ClassNames.Count;
        return CollectionsMarshal.AsSpan(_targets).Slice(sample * size, size);
    }
}
