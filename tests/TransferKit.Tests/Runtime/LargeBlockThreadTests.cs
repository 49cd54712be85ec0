namespace TransferKit.Tests.Runtime;

public sealed class LargeBlockThreadTests
{
    public LargeBlockThreadTests() => NativeHeap.KeepFreedMemory();

    [Fact]
    public void Work_runs_where_large_blocks_are_kept_wherever_it_comes_from()
    {
        var kept = Enumerable.Range(0, 3)
            .Select(_ => Task.Run(() => LargeBlockThread.Run(() => NativeHeap.KeepsLargeBlocks)).GetAwaiter().GetResult());

        kept.Should().OnlyContain(isKept => isKept);
    }

    [Fact]
    public void A_thread_that_keeps_them_does_the_work_itself()
    {
        var (outer, inner) = LargeBlockThread.Run(() =>
            (Environment.CurrentManagedThreadId, LargeBlockThread.Run(() => Environment.CurrentManagedThreadId)));

        inner.Should().Be(outer);
    }

    [Fact]
    public async Task What_the_work_throws_is_thrown_as_it_is()
    {
        var run = () => Task.Run(() => LargeBlockThread.Run<int>(() => throw new OperationCanceledException("enough")));

        await run.Should().ThrowAsync<OperationCanceledException>().WithMessage("enough");
    }
}
