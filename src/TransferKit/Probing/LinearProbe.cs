using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// What a linear classifier makes of features: the usual measure of how well a frozen backbone tells classes apart (Alain and
/// Bengio, 2016; Kornblith et al., 2019). Multinomial logistic regression with an L2 penalty on standardized features, by L-BFGS;
/// the penalty is the one of several that does best on a part of the training samples. The same input gives the same output.
/// </summary>
internal static class LinearProbe
{
    /// <summary>What results depend on.</summary>
    public static RunFact Fact { get; } = RunFact.Of("Probe", "logistic regression 2");

    /// <summary>
    /// Penalties to choose from, for each feature, strongest first: half the squared weights times this, against the sum of
    /// losses. Each solution is where the search for the next begins.
    /// </summary>
    private static readonly double[] Penalties = [3, 1, 0.3, 0.1, 0.03, 0.01, 0.003];

    /// <summary>The share of the training samples that choose the penalty.</summary>
    private const double ChoosingShare = 0.25;

    /// <summary>That of scikit-learn: more digits change no prediction.</summary>
    private const double Tolerance = 1e-4;

    /// <exception cref="ArgumentException">The samples have no classes that could be told apart.</exception>
    public static void RequireClasses(Dataset data)
    {
        if (!data.Targets.Definition.HasOneClass)
            throw new ArgumentException(
                $"A linear probe tells classes apart, one a sample, and these samples have {data.Targets.Task} targets.",
                nameof(data));
        var counts = data.Targets.CountOfEach();
        if (counts.Count(count => count >= 2) < 2)
            throw new ArgumentException(
                "Two samples each of two classes are the least that can be learned from and measured on; there are "
                + $"{ClassOrder.Show([.. data.ClassNames.Zip(counts, (name, count) => $"{name} {count}")])}.", nameof(data));
    }

    /// <summary>Classifies every sample by what was learned from the samples of the other folds.</summary>
    /// <param name="features">The features.</param>
    /// <param name="data">Whose they are; one class a sample.</param>
    /// <param name="options">How many folds.</param>
    /// <param name="distrusted">Positions of samples in their dataset that nothing is learned from; null: none.</param>
    /// <param name="onFold">Told how many folds are done.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The scores; the only sample of a class has none, as nothing would be left to learn the class from.</returns>
    public static EvaluationResult CrossValidate(FeatureVectors features, Dataset data, ProbeOptions options,
        IReadOnlySet<int>? distrusted, Action<int>? onFold, CancellationToken cancellationToken)
    {
        bool[] isTrusted = [.. features.Indices.Select(index => distrusted?.Contains(index) != true)];
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var folds = new ProbeFolds(features, data, options);
        return folds.Classify(fold => [.. folds.Others(fold).Where(row => isTrusted[row])], onFold, cancellationToken);
    }

    /// <summary>Learns from some samples and classifies others.</summary>
    /// <param name="values">float32 <c>[N, features]</c>.</param>
    /// <param name="labels">The class of each of the N.</param>
    /// <param name="train">Which of the N are learned from.</param>
    /// <param name="held">Which of the N are classified.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="seed">Decides which samples choose the penalty.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <returns>Logits <c>[held, classes]</c>, which the caller's dispose scope owns.</returns>
    public static Tensor Logits(Tensor values, IReadOnlyList<int> labels, IReadOnlyList<int> train, IReadOnlyList<int> held,
        int classes, int seed, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (features, asked) = Prepare(values.index_select(0, Positions(train)).to_type(ScalarType.Float64),
            values.index_select(0, Positions(held)).to_type(ScalarType.Float64));
        int[] known = [.. train.Select(row => labels[row])];
        var targets = nn.functional.one_hot(tensor([.. known.Select(label => (long)label)]), classes).to_type(ScalarType.Float64);
        var (first, second) = StratifiedSplit.Of(known, classes, 1 - ChoosingShare, seed, keepSingle: true);
        double[] penalties = [.. Penalties.Select(penalty => penalty * values.shape[1])];
        var penalty = second.Length == 0 ? penalties[0] : Choose(penalties,
            features.index_select(0, Positions(first)), targets.index_select(0, Positions(first)),
            features.index_select(0, Positions(second)), targets.index_select(0, Positions(second)), cancellationToken);
        var solution = Fit(features, targets, penalty, start: null, cancellationToken);
        return LinearSolver.Logits(solution, asked).to_type(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Standardizes features as those that are learned from want it. Where there are much fewer samples than features, all are
    /// turned into the space of the samples, which changes no solution: it has no part outside of it.
    /// </summary>
    private static (Tensor Train, Tensor Held) Prepare(Tensor train, Tensor held)
    {
        var (mean, deviation) = LinearSolver.Moments(train);
        var (features, asked) = ((train - mean) / deviation, (held - mean) / deviation);
        // Turning costs as much as hundreds of steps, each of which it makes so many times as quick.
        if (4 * features.shape[0] > features.shape[1])
            return (features, asked);
        var (axes, _) = linalg.qr(features.t());
        return (features.matmul(axes), asked.matmul(axes));
    }

    /// <summary>The penalty with the lowest log loss on samples that weren't learned from.</summary>
    private static double Choose(double[] penalties, Tensor features, Tensor targets, Tensor asked, Tensor wanted,
        CancellationToken cancellationToken)
    {
        var (best, lowest) = (penalties[0], double.PositiveInfinity);
        Tensor? solution = null;
        foreach (var penalty in penalties)
        {
            solution = Fit(features, targets, penalty, solution, cancellationToken);
            var logits = LinearSolver.Logits(solution, asked);
            var loss = (logits.logsumexp(1).sum() - (logits * wanted).sum()).item<double>();
            // Weaker penalties only fit the samples better that are learned from.
            if (loss >= lowest)
                break;
            (best, lowest) = (penalty, loss);
        }
        return best;
    }

    private static Tensor Fit(Tensor features, Tensor targets, double penalty, Tensor? start, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Lbfgs.Minimize(
            point => LinearSolver.Penalized(
                point, features, targets, TaskDefinition.Of(LearningTask.Classification), penalty),
            start ?? zeros(features.shape[1] + 1, targets.shape[1], dtype: ScalarType.Float64), Tolerance);
    }

    private static Tensor Positions(IReadOnlyList<int> rows) => tensor([.. rows.Select(row => (long)row)]);
}
