namespace TransferKit;

/// <summary>What training changes of a model, as it was at one time, to go back to: weights, and how they did.</summary>
/// <param name="model">The model, whose state now is the first.</param>
/// <param name="all">Copies weights too that training doesn't change as the network is frozen now.</param>
internal sealed class ModelSnapshot(LiveModel model, bool all = false) : IDisposable
{
    /// <summary>Copies of the weights.</summary>
    public WeightsSnapshot Weights { get; } = new(model.Network, all);

    /// <summary>How they did; null: they weren't measured.</summary>
    public EvaluationResult? Evaluation { get; set; } = model.Evaluation;

    /// <summary>Takes the model as it is now.</summary>
    public void Take()
    {
        Weights.Take();
        Evaluation = model.Evaluation;
    }

    /// <summary>Makes the model what it was.</summary>
    public void Restore()
    {
        Weights.Restore();
        model.Evaluation = Evaluation;
    }

    public void Dispose() => Weights.Dispose();
}
