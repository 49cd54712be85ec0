using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// What a <see cref="LearningTask"/> means: its targets, its loss, what its outputs say, and when they are right. Who reads
/// targets or outputs asks here and not which task it is, so that a further task is a further definition.
/// </summary>
internal abstract class TaskDefinition
{
    /// <summary>All that there are.</summary>
    public static IReadOnlyList<TaskDefinition> All { get; } =
        [new ClassificationTask(), new MultiLabelTask(), new RegressionTask()];

    /// <summary>The definition of a task.</summary>
    public static TaskDefinition Of(LearningTask task) => All.FirstOrDefault(definition => definition.Task == task)
        ?? throw new ArgumentOutOfRangeException(nameof(task), task, "There is no such task.");

    /// <summary>The name that users know it by.</summary>
    public abstract LearningTask Task { get; }

    /// <summary>
    /// Whether each sample has exactly one class: a batch's targets are its labels, int64 <c>[N]</c>, and else float32
    /// <c>[N, outputs]</c>.
    /// </summary>
    public virtual bool HasOneClass => false;

    /// <summary>Whether outputs are logits of classes, which have probabilities; else they are what was asked for.</summary>
    public virtual bool HasClasses => true;

    /// <summary>
    /// The probability above which a class counts as seen where nothing else is said; null: the likeliest always does.
    /// </summary>
    public virtual double? Threshold => null;

    /// <summary>The loss that training minimizes where none is chosen, and by which models are measured.</summary>
    public abstract Loss DefaultLoss { get; }

    /// <summary>What outputs say, such that it can be averaged over views: probabilities, where there are classes.</summary>
    /// <param name="outputs"><c>[N, outputs]</c></param>
    public abstract Tensor ToProbabilities(Tensor outputs);

    /// <summary>The same of one sample, in double precision and without libtorch.</summary>
    /// <param name="outputs">All its outputs.</param>
    /// <param name="temperature">What they are divided by before; above 0.</param>
    public float[] ProbabilitiesOf(ReadOnlySpan<float> outputs, double temperature)
    {
        if (!HasClasses)
            return outputs.ToArray();
        var probabilities = new float[outputs.Length];
        for (var i = 0; i < outputs.Length; i++)
            probabilities[i] = (float)(outputs[i] / temperature);
        var terms = Terms(probabilities);
        for (var i = 0; i < outputs.Length; i++)
            probabilities[i] = (float)Probability(probabilities[i], terms);
        return probabilities;
    }

    /// <summary>Outputs that would say so: the inverse of <see cref="ToProbabilities"/>.</summary>
    /// <param name="probabilities"><c>[N, outputs]</c></param>
    public abstract Tensor ToOutputs(Tensor probabilities);

    /// <summary>The targets that outputs are exactly right for, as in a batch.</summary>
    /// <param name="outputs"><c>[N, outputs]</c></param>
    public abstract Tensor ToTargets(Tensor outputs);

    /// <summary>
    /// How many samples of a batch are predicted correctly, a single number; 0 where there is no right and wrong.
    /// </summary>
    /// <param name="outputs"><c>[N, outputs]</c></param>
    /// <param name="targets">As in a batch, or shares of classes <c>[N, outputs]</c>; on the same device.</param>
    public abstract Tensor CountCorrect(Tensor outputs, Tensor targets);

    /// <summary>What of a sample's outputs all its probabilities need, to be computed once.</summary>
    /// <param name="outputs">One a class.</param>
    public virtual SoftmaxTerms Terms(ReadOnlySpan<float> outputs) => default;

    /// <summary>The probability of a class, in 0..1.</summary>
    /// <param name="output">Its output.</param>
    /// <param name="terms">What <see cref="Terms"/> gives for all outputs of the sample.</param>
    /// <exception cref="InvalidOperationException">There are no classes.</exception>
    public abstract double Probability(float output, SoftmaxTerms terms);

    /// <summary>An output that would say so.</summary>
    /// <param name="probability">A probability, in 0..1.</param>
    /// <exception cref="InvalidOperationException">There are no classes.</exception>
    public abstract double Output(double probability);

    /// <summary>The <see cref="DefaultLoss"/> of a sample, in double precision.</summary>
    /// <param name="outputs">All its outputs.</param>
    /// <param name="target">Its target: a label, or a number for each output.</param>
    /// <param name="terms">What <see cref="Terms"/> gives for the outputs.</param>
    public abstract double LossOf(ReadOnlySpan<float> outputs, ReadOnlySpan<float> target, SoftmaxTerms terms);

    /// <summary>Whether a sample's outputs say the right class, or exactly the right classes.</summary>
    /// <param name="outputs">All its outputs.</param>
    /// <param name="target">Its target: a label, or a number for each output.</param>
    public abstract bool IsCorrect(ReadOnlySpan<float> outputs, ReadOnlySpan<float> target);

    /// <summary>What splits keep in proportion.</summary>
    /// <returns>The stratum of every sample, and their number.</returns>
    public abstract (IReadOnlyList<int> Labels, int Count) Strata(Targets targets);

    /// <summary>What outputs are called: <c>3 classes</c>.</summary>
    public string InWords(int outputs) => outputs == 1 ? "1 output" : $"{outputs} {(HasClasses ? "classes" : "outputs")}";
}

/// <summary>The largest output of a sample, and the sum of all outputs' exponentials over its own.</summary>
/// <remarks>
/// So written, outputs that differ by the same steps get the same probabilities, to the bit, and count as ties.
/// </remarks>
internal readonly record struct SoftmaxTerms(double Largest, double Sum);
