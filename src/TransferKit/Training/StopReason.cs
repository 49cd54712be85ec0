namespace TransferKit;

/// <summary>Why a training run ended.</summary>
public enum StopReason
{
    /// <summary>All epochs are done.</summary>
    Completed,

    /// <summary>The caller cancelled; the model keeps what it had learned by then.</summary>
    Cancelled,

    /// <summary>The monitored score no longer improved; see <see cref="TrainingOptions.EarlyStopping"/>.</summary>
    EarlyStopping,
}
