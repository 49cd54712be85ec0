namespace TransferKit;

/// <summary>Samples as batches, read in passes. A source may be made of another one, whose batches it changes.</summary>
/// <typeparam name="TBatch">What comes out.</typeparam>
internal interface IBatchSource<out TBatch>
    where TBatch : LoadedBatch
{
    /// <summary>
    /// Reads some samples; the caller disposes each batch. Batches of which no sample could be read don't come;
    /// <see cref="LoadedBatch.Number"/> counts them.
    /// </summary>
    /// <param name="pass">Which samples, in which order, and how.</param>
    /// <param name="cancellationToken">Ends the reading with <see cref="OperationCanceledException"/>.</param>
    IEnumerable<TBatch> Read(ReadOptions pass, CancellationToken cancellationToken);
}
