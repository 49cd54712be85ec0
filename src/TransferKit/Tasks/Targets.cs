using System.Runtime.InteropServices;
using TorchSharp;

namespace TransferKit;

/// <summary>What a model should say about each sample of a dataset, in managed memory. Immutable.</summary>
public sealed class Targets
{
    private readonly int[] _labels;
    private readonly float[][] _values;
    private readonly IReadOnlyList<int> _readOnlyLabels;
    private readonly Lazy<IReadOnlyList<IReadOnlyList<float>>> _readOnlyValues;

    private Targets(LearningTask task, int outputs, int[] labels, float[][] values)
    {
        (Definition, Outputs, _labels, _values) = (TaskDefinition.Of(task), outputs, labels, values);
        _readOnlyLabels = Array.AsReadOnly(labels);
        _readOnlyValues = new(() => Array.AsReadOnly(Array.ConvertAll(values,
            IReadOnlyList<float> (row) => Array.AsReadOnly(row))));
    }

    /// <summary>What kind of targets they are.</summary>
    public LearningTask Task => Definition.Task;

    /// <summary>The same, with what it means.</summary>
    internal TaskDefinition Definition { get; }

    /// <summary>The number of classes, or of numbers a sample.</summary>
    public int Outputs { get; }

    /// <summary>The number of samples.</summary>
    public int Count => Definition.HasOneClass ? _labels.Length : _values.Length;

    /// <summary>The class of every sample, each in <c>[0, Outputs)</c>.</summary>
    /// <exception cref="InvalidOperationException">The samples don't have exactly one class each.</exception>
    public IReadOnlyList<int> Labels => Definition.HasOneClass
        ? _readOnlyLabels
        : throw new InvalidOperationException($"The samples have {Task} targets, not one class each: read Values.");

    /// <summary>Of every sample <see cref="Outputs"/> numbers: 0 or 1 for each class, or the values of a regression.</summary>
    /// <exception cref="InvalidOperationException">The samples have one class each.</exception>
    public IReadOnlyList<IReadOnlyList<float>> Values => !Definition.HasOneClass
        ? _readOnlyValues.Value
        : throw new InvalidOperationException("The samples have one class each: read Labels.");

    /// <summary>As <see cref="Values"/>, for those who don't write into them.</summary>
    internal float[][] Rows => _values;

    /// <summary>Tells targets apart, not safely but well.</summary>
    internal uint Checksum => Definition.HasOneClass
        ? Crc32.Append(0, MemoryMarshal.AsBytes<int>(_labels))
        : _values.Aggregate(0u, (sum, values) => Crc32.Append(sum, MemoryMarshal.AsBytes<float>(values)));

    /// <summary>One class a sample.</summary>
    /// <param name="labels">The class of every sample.</param>
    /// <param name="classes">The number of classes.</param>
    /// <exception cref="ArgumentException">A label lies outside <c>[0, classes)</c>.</exception>
    public static Targets Classes(IReadOnlyList<int> labels, int classes)
    {
        ArgumentNullException.ThrowIfNull(labels);
        for (var i = 0; i < labels.Count; i++)
            if ((uint)labels[i] >= (uint)classes)
                throw new ArgumentException(
                    $"The label {labels[i]} of sample {i} is none of the {classes} classes, which count from 0.",
                    nameof(labels));
        return new Targets(LearningTask.Classification, classes, [.. labels], []);
    }

    /// <summary>Any number of classes a sample.</summary>
    /// <param name="labels">The classes of every sample, in any order.</param>
    /// <param name="classes">The number of classes.</param>
    /// <exception cref="ArgumentException">A label lies outside <c>[0, classes)</c>.</exception>
    public static Targets MultiLabel(IReadOnlyList<IReadOnlyCollection<int>> labels, int classes)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var values = new float[labels.Count][];
        for (var i = 0; i < labels.Count; i++)
        {
            values[i] = new float[classes];
            foreach (var label in labels[i])
            {
                if ((uint)label >= (uint)classes)
                    throw new ArgumentException(
                        $"The label {label} of sample {i} is none of the {classes} classes, which count from 0.", nameof(labels));
                values[i][label] = 1;
            }
        }
        return new Targets(LearningTask.MultiLabel, classes, [], values);
    }

    /// <summary>One or several numbers a sample.</summary>
    /// <param name="values">The numbers of every sample, as many for each.</param>
    /// <exception cref="ArgumentException">Samples have different counts of numbers, or one isn't finite.</exception>
    public static Targets Regression(IReadOnlyList<float[]> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var outputs = values.Count == 0 ? 1 : values[0].Length;
        for (var i = 0; i < values.Count; i++)
        {
            if (values[i].Length != outputs || outputs == 0)
                throw new ArgumentException(
                    $"Sample {i} has {values[i].Length} target values, the first has {outputs}; all need as many, at least 1.",
                    nameof(values));
            if (!values[i].All(float.IsFinite))
                throw new ArgumentException($"A target value of sample {i} isn't a finite number.", nameof(values));
        }
        return new Targets(LearningTask.Regression, outputs, [], [.. values.Select(value => (float[])value.Clone())]);
    }

    /// <summary>The targets of some samples.</summary>
    /// <param name="indices">Positions, each in <c>[0, Count)</c>.</param>
    public Targets Subset(IReadOnlyList<int> indices)
    {
        ArgumentNullException.ThrowIfNull(indices);
        return Definition.HasOneClass
            ? new Targets(Task, Outputs, [.. indices.Select(index => _labels[index])], [])
            : new Targets(Task, Outputs, [], [.. indices.Select(index => _values[index])]);
    }

    /// <summary>These targets, then those of other samples of the same kind and number of outputs.</summary>
    internal Targets Concat(Targets other) =>
        new(Task, Outputs, [.. _labels, .. other._labels], [.. _values, .. other._values]);

    /// <summary>The same samples with other classes. Not for regressions.</summary>
    /// <param name="newClass">What becomes of each class: a new one, or −1, which no sample with a single class may have.</param>
    /// <param name="classes">The number of new classes.</param>
    internal Targets MapClasses(int[] newClass, int classes) => Definition.HasOneClass
        ? Classes([.. _labels.Select(label => newClass[label])], classes)
        : MultiLabel([.. _values.Select(
            value => Present(value).Select(label => newClass[label]).Where(label => label >= 0).ToArray())], classes);

    /// <summary>
    /// What splits keep in proportion: the classes; of samples with several, the rarest of each, or none as one more; of
    /// regressions, the tenths of the first number.
    /// </summary>
    /// <returns>The stratum of every sample, and their number.</returns>
    internal (IReadOnlyList<int> Labels, int Count) Strata() => Definition.Strata(this);

    /// <summary>The classes that a sample has. Not for regressions.</summary>
    internal IEnumerable<int> ClassesOf(int sample) => Definition.HasOneClass ? [_labels[sample]] : Present(_values[sample]);

    /// <summary>The classes that samples have. Not for regressions.</summary>
    internal IReadOnlySet<int> Occurring() =>
        Enumerable.Range(0, Count).SelectMany(ClassesOf).ToHashSet();

    /// <summary>How many samples each class has. Not for regressions.</summary>
    internal int[] CountOfEach()
    {
        var counts = new int[Outputs];
        foreach (var label in Enumerable.Range(0, Count).SelectMany(ClassesOf))
            counts[label]++;
        return counts;
    }

    /// <summary>The classes that a sample has.</summary>
    internal static IEnumerable<int> Present(float[] values) =>
        Enumerable.Range(0, values.Length).Where(label => values[label] != 0);

    /// <summary>The targets of some samples as a batch has them; the caller disposes it.</summary>
    /// <param name="indices">Positions, each in <c>[0, Count)</c>.</param>
    /// <returns>
    /// int64 <c>[N]</c> for <see cref="LearningTask.Classification"/>, else float32 <c>[N, Outputs]</c>; on the CPU.
    /// </returns>
    public torch.Tensor ToTensor(IReadOnlyList<int> indices)
    {
        ArgumentNullException.ThrowIfNull(indices);
        return (Definition.HasOneClass
            ? torch.tensor([.. indices.Select(index => (long)_labels[index])], torch.int64)
            : torch.tensor([.. indices.SelectMany(index => _values[index])], [indices.Count, Outputs], torch.float32))
            .DetachFromDisposeScope();
    }
}
