using System.Globalization;
using System.Text.Json.Serialization;

namespace TransferKit;

/// <summary>What one epoch brought.</summary>
public sealed record EpochResult
{
    /// <summary>The epoch, counted from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>The mean loss over the training samples, each as it was when its batch was trained on.</summary>
    public required double TrainLoss { get; init; }

    /// <summary>The share of training samples classified right, in 0..1, each as it was when its batch was trained on.</summary>
    public required double TrainAccuracy { get; init; }

    /// <summary>The mean loss over the validation samples: the one that is trained with, weights and smoothing too.</summary>
    public required double ValidationLoss { get; init; }

    /// <summary>The share of validation samples classified right, in 0..1.</summary>
    public required double ValidationAccuracy { get; init; }

    /// <summary>The validation's value of <see cref="TrainingOptions.Monitor"/>, by which epochs are compared.</summary>
    [JsonPropertyName("watched")]
    public required double Monitored { get; init; }

    /// <summary>The learning rate of the head in the last step of the epoch.</summary>
    public required double LearningRate { get; init; }

    /// <summary>
    /// The learning rate of the head over the epoch: in steps that are evenly spread up to the last one, in all of them if they
    /// are no more than 100. Empty where no steps were made.
    /// </summary>
    public IReadOnlyList<double> LearningRates { get; init; } = [];

    /// <summary>How long the training half took.</summary>
    public required TimeSpan TrainTime { get; init; }

    /// <summary>How long the validation half took.</summary>
    public required TimeSpan ValidationTime { get; init; }

    /// <summary>Training samples a second.</summary>
    public required double TrainImagesPerSecond { get; init; }

    /// <summary><c>epoch 3: training loss 0.1234, accuracy 0.9560; validation loss 0.0987, accuracy 0.9852; 12.3 s</c></summary>
    public override string ToString() => $"epoch {Epoch}: {Numbers}";

    /// <summary>The same without the epoch's number.</summary>
    internal string Numbers => string.Create(CultureInfo.InvariantCulture,
        $"training loss {TrainLoss:F4}{Accuracy(TrainAccuracy)}; "
        + $"validation loss {ValidationLoss:F4}{Accuracy(ValidationAccuracy)}; "
        + $"{(TrainTime + ValidationTime).TotalSeconds:F1} s");

    private static string Accuracy(double share) =>
        double.IsNaN(share) ? "" : string.Create(CultureInfo.InvariantCulture, $", accuracy {share:F4}");

    /// <summary>The most entries of <see cref="LearningRates"/>.</summary>
    internal const int MostRates = 100;

    internal static EpochResult Of(int epoch, RunningMetrics training, RunningMetrics validation, double monitored,
        IReadOnlyList<double> learningRates) => new()
        {
            Monitored = monitored,
            LearningRate = learningRates.Count == 0 ? 0 : learningRates[^1],
            LearningRates = learningRates,
            Epoch = epoch,
            TrainLoss = training.Loss,
            TrainAccuracy = training.Accuracy,
            ValidationLoss = validation.Loss,
            ValidationAccuracy = validation.Accuracy,
            TrainTime = training.Elapsed,
            ValidationTime = validation.Elapsed,
            TrainImagesPerSecond = training.ImagesPerSecond,
        };
}
