namespace TransferKit;

/// <summary>
/// How a model did on labeled samples. Scores are scikit-learn's, computed exactly, over all samples at once, when they are
/// asked for.
/// </summary>
/// <remarks>
/// A score that needs no argument is a property; a method of the same name with <c>Of</c> takes one. What comes from the
/// <see cref="ConfusionMatrix"/> is kept in a saved model; what needs <see cref="Samples"/> is not, and throws
/// <see cref="InvalidOperationException"/> there. A class without samples has no score: it is not a number, and left out of
/// averages.
/// </remarks>
public sealed partial record EvaluationResult
{
    internal EvaluationResult()
    {
    }

    /// <summary>Below it, and above 1 minus it, probabilities are cut off for a logarithm, as scikit-learn does.</summary>
    private const double SmallestProbability = 2.220446049250313e-16;

    /// <summary>
    /// The mean loss: cross-entropy, binary cross-entropy averaged over the classes, or the squared error averaged over the
    /// numbers, whatever loss the model was trained with; that one's is <see cref="EpochResult.ValidationLoss"/>.
    /// </summary>
    public double Loss { get; internal init; }

    /// <summary>
    /// The share of samples with the right class, or with exactly the right classes (subset accuracy), in 0..1; not a number for
    /// a regression.
    /// </summary>
    public double Accuracy { get; internal init; }

    /// <summary>
    /// Where the accuracy on all samples there could be lies, with 95 % confidence; see <see cref="ConfidenceInterval.Wilson"/>.
    /// </summary>
    public ConfidenceInterval AccuracyInterval => double.IsNaN(Accuracy)
        ? new(double.NaN, double.NaN)
        : ConfidenceInterval.Wilson((long)Math.Round(Accuracy * Count), Count);

    /// <summary>The number of samples.</summary>
    public int Count { get; internal init; }

    /// <summary>As <see cref="ConfusionMatrix"/>, which is a copy of it.</summary>
    internal long[,] Confusion { get; init; } = new long[0, 0];

    /// <summary>What the model learned to say. Default: one class a sample.</summary>
    public LearningTask Task { get; internal init; } = LearningTask.Classification;

    /// <summary>The same, with what it means.</summary>
    internal TaskDefinition Definition => TaskDefinition.Of(Task);

    /// <summary>The names of the classes, or of the numbers of a regression. Default: none, and numbers stand for them.</summary>
    public IReadOnlyList<string> ClassNames { get; internal init; } = [];

    /// <summary>Every sample with what the model said of it; null in a result that was loaded with a model.</summary>
    public EvaluatedSamples? Samples { get; internal init; }

    /// <summary>
    /// How many samples of a class (row) were taken for each class (column): a copy; without rows where a sample doesn't have
    /// exactly one class.
    /// </summary>
    public long[,] ConfusionMatrix() => (long[,])Confusion.Clone();

    /// <summary>
    /// How each class did, in the order of the labels; several classes a sample count as named above a probability
    /// of 0.5. Empty for a regression, and for several classes a sample without <see cref="Samples"/>.
    /// </summary>
    public IReadOnlyList<ClassReport> Classes { get; internal init; } = [];

    /// <summary>
    /// The mean recall of the classes that occur, in 0..1; not a number where a sample doesn't have exactly one class.
    /// </summary>
    public double BalancedAccuracy => Definition.HasOneClass
        ? Classes.Where(row => row.Support > 0).Select(row => row.Recall).DefaultIfEmpty(double.NaN).Average()
        : double.NaN;

    /// <summary>
    /// Cohen's kappa (1960): agreement beyond chance, 1 for all right, 0 for chance; not a number where all samples have and
    /// are given one and the same class, and where a sample doesn't have exactly one.
    /// </summary>
    public double CohensKappa
    {
        get
        {
            if (!Definition.HasOneClass)
                return double.NaN;
            var rows = Classes;
            var total = (double)rows.Sum(row => row.Support);
            var chance = rows.Sum(row => row.Support / total * (row.PredictedCount / total));
            return 1 - (1 - rows.Sum(row => row.TruePositives) / total) / (1 - chance);
        }
    }

    /// <summary>
    /// Precision, recall and F1 of the classes that occur, as scikit-learn's with <c>labels=unique_labels(y_true)</c>; not a
    /// number without any. Micro counts the decisions on all classes.
    /// </summary>
    /// <param name="averaging">How; where a sample has exactly one class, micro makes all three the accuracy.</param>
    public ClassScores Average(Averaging averaging)
    {
        var all = Classes;
        if (averaging == Averaging.Micro)
            return ClassScores.Of(
                all.Sum(row => row.TruePositives), all.Sum(row => row.PredictedCount), all.Sum(row => row.Support));
        var rows = all.Where(row => row.Support > 0).ToList();
        double Mean(Func<ClassScores, double> score)
        {
            var weights = rows.Select(row => averaging == Averaging.Macro ? 1.0 : row.Support).ToList();
            return rows.Zip(weights, (row, weight) => score(row.Scores) * weight).Sum() / weights.Sum();
        }
        return new(Mean(scores => scores.Precision), Mean(scores => scores.Recall), Mean(scores => scores.F1));
    }

    /// <summary>
    /// The share of samples whose class is among the k most probable, in 0..1; of equals, scikit-learn takes the later class
    /// first, and so does this.
    /// </summary>
    /// <param name="k">How many, at least 1.</param>
    public double TopAccuracy(int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        var samples = Require(task => task.HasOneClass);
        return (double)Enumerable.Range(0, samples.Count).Count(sample =>
        {
            var label = samples.Labels[sample];
            var own = samples.Output(sample, label);
            return Enumerable.Range(0, samples.ClassNames.Count).Count(other => samples.Output(sample, other) > own
                || (other > label && samples.Output(sample, other) == own)) < k;
        }) / samples.Count;
    }

    /// <summary>
    /// The mean of minus the logarithm of the right class's probability, at least 0; several classes a sample are averaged as
    /// so many yes-or-no questions. <see cref="Loss"/> without the limits that scikit-learn sets to probabilities.
    /// </summary>
    public double LogLoss
    {
        get
        {
            var samples = Require(task => task.HasClasses);
            static double Cost(double probability) =>
                -Math.Log(Math.Clamp(probability, SmallestProbability, 1 - SmallestProbability));
            return samples.Definition.HasOneClass
                ? Mean(samples.Count, sample => Cost(samples.Probability(sample, samples.Labels[sample])))
                : Mean(samples.Count, sample => Mean(samples.ClassNames.Count, label => samples.Has(sample, label)
                    ? Cost(samples.Probability(sample, label))
                    : Cost(1 - samples.Probability(sample, label))));
        }
    }

    /// <summary>How often the model is right when it is so and so sure: what a reliability diagram shows.</summary>
    /// <param name="bins">Into how many equal parts confidence is divided, at least 1.</param>
    public IReadOnlyList<ReliabilityBin> Reliability(int bins = 15)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        return ReliabilityBin.Of(Require(task => task.HasOneClass), bins);
    }

    /// <summary>
    /// The expected calibration error (Naeini et al., 2015; Guo et al., 2017): how far confidence and accuracy are apart on
    /// average, in 0..1, confidence being divided into 15 equal parts.
    /// </summary>
    public double CalibrationError => CalibrationErrorOf(15);

    /// <summary>The expected calibration error with another number of parts.</summary>
    /// <inheritdoc cref="CalibrationError"/>
    /// <param name="bins">Into how many equal parts confidence is divided, at least 1.</param>
    public double CalibrationErrorOf(int bins) => Reliability(bins)
        .Where(bin => bin.Count > 0).Sum(bin => (double)bin.Count / Count * Math.Abs(bin.Accuracy - bin.Confidence));

    /// <summary>The pairs of classes that are mixed up, most often first.</summary>
    /// <param name="minimum">How often they must be, at least 1.</param>
    public IReadOnlyList<ConfusedPair> MostConfused(int minimum = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(minimum, 1);
        var labels = Enumerable.Range(0, Confusion.GetLength(0)).ToList();
        return
        [
            .. from expected in labels
               from predicted in labels
               where expected != predicted && Confusion[expected, predicted] >= minimum
               orderby Confusion[expected, predicted] descending
               select new ConfusedPair(NameOf(expected), NameOf(predicted), Confusion[expected, predicted]),
        ];
    }

    /// <summary>The samples with the highest losses, highest first: where to look for wrong labels and hard cases.</summary>
    /// <param name="count">How many, at least 1; fewer where there are no more.</param>
    public IReadOnlyList<SampleLoss> TopLosses(int count = 9)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var samples = Require(_ => true);
        return
        [
            .. Enumerable.Range(0, samples.Count).Select(sample => (Sample: sample, Loss: samples.LossOf(sample)))
                .OrderByDescending(found => found.Loss).Take(count)
                .Select(found => SampleLoss.Of(samples, found.Sample, found.Loss)),
        ];
    }

    /// <summary>The mean absolute error of a regression, over samples and numbers.</summary>
    public double MeanAbsoluteError => RegressionErrors.MeanAbsolute(Require(task => !task.HasClasses));

    /// <summary>The root of the mean squared error of a regression, for each number; averaged over the numbers.</summary>
    public double RootMeanSquaredError => RegressionErrors.RootMeanSquared(Require(task => !task.HasClasses));

    /// <summary>
    /// The coefficient of determination of a regression, R², for each number; averaged over the numbers. At most 1. Of a target
    /// that never changes it is 1 if it is always met, else 0; not a number for less than two samples.
    /// </summary>
    public double R2 => RegressionErrors.R2(Require(task => !task.HasClasses));

    /// <summary>Sums up what a model said of samples.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="loss">Their mean loss; null: to be found from the samples.</param>
    internal static EvaluationResult From(EvaluatedSamples samples, double? loss)
    {
        var classes = samples.Definition.HasOneClass ? samples.ClassNames.Count : 0;
        var confusion = new long[classes, classes];
        if (classes > 0)
            for (var sample = 0; sample < samples.Count; sample++)
                confusion[samples.Labels[sample], samples.Predicted(sample)]++;
        return new()
        {
            Loss = loss ?? Mean(samples.Count, samples.LossOf),
            Accuracy = samples.Definition.HasClasses
                ? (double)Enumerable.Range(0, samples.Count).Count(samples.IsCorrect) / samples.Count
                : double.NaN,
            Count = samples.Count,
            Confusion = confusion,
            Classes = samples.Definition switch
            {
                { HasOneClass: true } => ClassReport.Of(confusion, samples.ClassNames),
                { HasClasses: true } => ClassReport.Of(samples),
                _ => [],
            },
            Task = samples.Task,
            ClassNames = samples.ClassNames,
            Samples = samples,
        };
    }

    /// <summary>A table of the classes and their averages; of a regression, its errors.</summary>
    public override string ToString() => EvaluationTable.Of(this);

    private static double Mean(int count, Func<int, double> value) => Enumerable.Range(0, count).Sum(value) / count;

    private string NameOf(int label) => label < ClassNames.Count ? ClassNames[label] : $"{label}";

    private EvaluatedSamples Require(Func<TaskDefinition, bool> hasScore)
    {
        if (!hasScore(Definition))
            throw new InvalidOperationException("The score is for "
                + $"{string.Join(" and ", TaskDefinition.All.Where(hasScore).Select(task => task.Task))}, and this is {Task}.");
        return Samples ?? throw new InvalidOperationException(
            "The result came with a saved model, which keeps no samples: call Evaluate on the model for this score.");
    }
}
