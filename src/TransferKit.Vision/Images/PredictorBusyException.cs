namespace TransferKit.Vision;

/// <summary>
/// More pictures wait to be decoded than <see cref="PredictionOptions.QueueLimit"/> allows. A service answers it with 503, and
/// the same picture may be sent again a moment later.
/// </summary>
public sealed class PredictorBusyException : TransferKitException
{
    internal PredictorBusyException(int waiting)
        : base($"{waiting} pictures wait already to be decoded, and no more may: try again a moment later, or raise "
            + $"{nameof(PredictorOptions)}.{nameof(PredictorOptions.QueueLimit)} or "
            + $"{nameof(ImageOptions)}.{nameof(ImageOptions.DecodingMemoryBytes)}.")
    {
    }
}
