using System.Text.Json;

namespace TransferKit;

/// <summary>What is known of a model beside its network: from a saved model, or from the weights that it began with.</summary>
internal sealed record ModelFacts
{
    /// <summary>The names of the classes; null: not known.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>What the outputs mean; null: nothing yet.</summary>
    public LearningTask? Task { get; init; }

    /// <inheritdoc cref="TransferModel.Temperature"/>
    public double? Temperature { get; init; }

    /// <inheritdoc cref="TransferModel.Preparation"/>
    public JsonElement? Preparation { get; init; }

    /// <inheritdoc cref="TransferModel.Evaluation"/>
    public EvaluationResult? Evaluation { get; init; }

    /// <inheritdoc cref="TransferModel.Training"/>
    public IReadOnlyList<TrainedPhase> Training { get; init; } = [];

    /// <inheritdoc cref="TransferModel.WeightsReport"/>
    public WeightsReport? Weights { get; init; }

    /// <summary>What a file says of the model in it.</summary>
    public static ModelFacts Of(ModelDescription saved)
    {
        var task = saved.Task ?? saved.Metrics?.Task;
        return new()
        {
            // A model that has learned nothing has numbers for names.
            ClassNames = task is null && saved.Classes.SequenceEqual(Numbers(saved.Classes.Count)) ? null : saved.Classes,
            Task = task,
            Temperature = saved.Temperature,
            Preparation = saved.Preparation,
            Evaluation = saved.Metrics?.ToResult(saved.Classes),
            Training = saved.Training ?? [],
        };
    }

    /// <summary>What classes without names are called.</summary>
    public static IReadOnlyList<string> Numbers(int count) => [.. Enumerable.Range(0, count).Select(label => $"{label}")];
}
