namespace TransferKit;

/// <summary>The samples of a batch that is to be read, some of which may turn out to be unreadable.</summary>
/// <param name="Number">Which batch of its epoch it is, counted from 0.</param>
/// <param name="Indices">Where the samples lie in their dataset.</param>
/// <param name="Times">How often each of them came up before in the epoch.</param>
internal sealed record PlannedBatch(int Number, int[] Indices, int[] Times);
