using System.Globalization;

namespace TransferKit;

/// <inheritdoc cref="TrainingStrategy.LinearProbe"/>
internal sealed record LinearProbeStrategy(double L2) : FrozenFeaturesStrategy
{
    private protected override LinearFit Fit(LinearProblem problem, CancellationToken cancellationToken)
    {
        LinearSolver.Fit(problem.Features, problem.Targets, problem.Request.Task, L2, problem.Layer);
        return new LinearFit(new Dictionary<string, string>(), []);
    }

    private protected override Dictionary<string, string> Settings(
        LearningTask task, Score score, TrainingOptions options) => new()
        {
            ["Solver"] = TaskDefinition.Of(task).HasClasses
                ? "logistic regression, by L-BFGS"
                : "ridge regression, in closed form",
            ["L2"] = L2.ToString(CultureInfo.InvariantCulture),
            ["Features"] = "computed once, standardized",
            [nameof(TrainingOptions.Augment)] = "no",
            [nameof(TrainingOptions.BatchSize)] = $"{options.BatchSize}",
            [nameof(TrainingOptions.Monitor)] = $"{score}",
        };

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"linear probe, L2 {L2}");

    internal override IEnumerable<string> ValidationErrors(TrainingOptions options)
    {
        if (!(L2 > 0) || !double.IsFinite(L2))
            yield return FormattableString.Invariant(
                $"The L2 penalty of the linear probe is {L2}, but must be a number above 0.");
    }
}
