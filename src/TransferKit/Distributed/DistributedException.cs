namespace TransferKit;

/// <summary>Training by several processes ended since another one failed or left, or did something else.</summary>
public sealed class DistributedException : TransferKitException
{
    internal DistributedException(int rank, string message)
        : base(message) => Rank = rank;

    /// <summary>The process at fault.</summary>
    public int Rank { get; }
}
