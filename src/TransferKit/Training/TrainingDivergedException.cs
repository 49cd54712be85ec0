namespace TransferKit;

/// <summary>Training stopped because the loss is no longer a number.</summary>
public sealed class TrainingDivergedException : TransferKitException
{
    internal TrainingDivergedException(int epoch, int step, double loss, double learningRate)
        : base(FormattableString.Invariant(
            $"Training diverged: the loss became {loss} in epoch {epoch}, step {step}, at a learning rate of {learningRate}. ")
            + "Try a tenth of that rate; if it happens in the first step, look for broken weights or images.")
    {
        (Epoch, Step, Loss, LearningRate) = (epoch, step, loss, learningRate);
    }

    /// <summary>The epoch, counted from 1.</summary>
    public int Epoch { get; }

    /// <summary>The step within the epoch, counted from 1.</summary>
    public int Step { get; }

    /// <summary>The loss: not a number, or infinite.</summary>
    public double Loss { get; }

    /// <summary>The epochs that were finished, first to last; the model has the weights of the best of them.</summary>
    public IReadOnlyList<EpochResult> History => this.TrainingHistory();

    /// <summary>The learning rate at that step.</summary>
    public double LearningRate { get; }
}
