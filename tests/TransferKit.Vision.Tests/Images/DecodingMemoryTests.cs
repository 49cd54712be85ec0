namespace TransferKit.Vision.Tests;

public class DecodingMemoryTests
{
    private const long Large = 100L << 20;

    [Fact]
    public void No_more_is_taken_at_a_time_than_there_is()
    {
        var memory = new DecodingMemory(3 * Large);
        var (taken, most) = (0, 0);
        var gate = new object();

        Parallel.For(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            var bytes = memory.Take(Large);
            lock (gate)
                most = Math.Max(most, ++taken);
            Thread.Yield();
            lock (gate)
                taken--;
            memory.Return(bytes);
        });

        most.Should().BeInRange(1, 3);
    }

    [Fact]
    public void More_than_there_is_is_had_alone_and_little_needs_none()
    {
        var memory = new DecodingMemory(0);

        var large = memory.Take(Large);
        var second = Task.Run(() => memory.Take(Large));
        memory.Take(DecodingMemory.OfEachThread).Should().Be(0);

        large.Should().Be(Large);
        second.IsCompleted.Should().BeFalse();
        memory.Return(large);
        second.Wait(TimeSpan.FromMinutes(1)).Should().BeTrue();
    }
}
