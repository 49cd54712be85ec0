namespace TransferKit;

/// <summary>An MLflow server can't be reached, or refuses; or what it should get can't be kept.</summary>
public sealed class MlflowException : TransferKitException
{
    internal MlflowException(Uri server, string reason, Exception? innerException = null)
        : base($"MLflow at {server}: {reason}", innerException) => (Server, Reason) = (server, reason);

    /// <summary>The server.</summary>
    public Uri Server { get; }

    /// <summary>What is wrong, and what to do.</summary>
    public string Reason { get; }

    /// <summary>MLflow's name for the error, such as <c>RESOURCE_DOES_NOT_EXIST</c>; null: it gave none.</summary>
    public string? ErrorCode { get; internal init; }
}
