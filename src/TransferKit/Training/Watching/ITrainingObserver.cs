namespace TransferKit;

/// <summary>
/// Watches training runs: see <see cref="TrainingOptions.Observers"/>. Told on the thread that trains, so what takes long slows
/// the run down.
/// </summary>
/// <remarks>
/// An observer that throws doesn't end the run: the error is logged as a warning and stands in
/// <see cref="TrainingResult.ObserverErrors"/>, and the observer is told nothing more of this run.
/// </remarks>
public interface ITrainingObserver
{
    /// <summary>
    /// A run starts, or goes on from a checkpoint; a <see cref="TrainingStrategy"/> of several phases starts each of them.
    /// </summary>
    void Started(TrainingStart start)
    {
    }

    /// <summary>A batch is done.</summary>
    void Progressed(TrainingProgress progress)
    {
    }

    /// <summary>An epoch is done; the checkpoint at its end is written already.</summary>
    void EpochFinished(EpochResult epoch)
    {
    }

    /// <summary>What <see cref="Started"/> has started is over.</summary>
    void Ended(TrainingEnd outcome)
    {
    }
}
