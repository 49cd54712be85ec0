namespace TransferKit.Tests.Distributed;

public sealed class BatchShareTests
{
    [Theory]
    [InlineData(43, 8, 3)]
    [InlineData(43, 8, 4)]
    [InlineData(2, 5, 5)]
    [InlineData(64, 16, 1)]
    public void Ranks_take_every_batch_together_and_in_order(int samples, int batchSize, int ranks)
    {
        int[] order = [.. Enumerable.Range(0, samples).Select(place => (place * 7) % samples)];
        var parts = Enumerable.Range(0, ranks).Select(rank =>
        {
            var share = new BatchShare(rank, ranks, batchSize, samples);
            // As datasets cut what they are given.
            return (share, Batches: share.Of(order).Chunk(share.Largest).ToArray());
        }).ToList();

        foreach (var (number, batch) in order.Chunk(batchSize).Index())
        {
            var own = parts.ConvertAll(part => part.Batches.ElementAtOrDefault(number) ?? []);
            own.SelectMany(indices => indices).Should().Equal(batch);
            (own.Max(indices => indices.Length) - own.Min(indices => indices.Length)).Should().BeLessThanOrEqualTo(1);
            foreach (var ((share, _), indices) in parts.Zip(own).Where(part => part.Second.Length > 0))
                share.RowsOf(number, indices.Length)
                    .Should().Be(new BatchRows(Array.IndexOf(batch, indices[0]), indices.Length, batch.Length));
        }
    }
}
