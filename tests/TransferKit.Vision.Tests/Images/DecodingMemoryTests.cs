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
            var bytes = memory.Enter(Large);
            lock (gate)
                most = Math.Max(most, ++taken);
            Thread.Yield();
            lock (gate)
                taken--;
            memory.Leave(bytes);
        });

        most.Should().BeInRange(1, 3);
    }

    [Fact]
    public async Task More_than_there_is_is_had_alone_and_little_needs_none()
    {
        var memory = new DecodingMemory(0);

        var large = memory.Enter(Large);
        var second = Task.Run(() => memory.Enter(Large));
        memory.Enter(DecodingMemory.OfEachThread).Should().Be(0);

        large.Should().Be(Large);
        second.IsCompleted.Should().BeFalse();
        memory.Leave(large);
        await second.WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Who_fits_enters_and_the_others_follow_in_their_order()
    {
        var memory = new DecodingMemory(room: 100, queueLimit: null);
        memory.EnterAsync(60, canBeRefused: true).IsCompletedSuccessfully.Should().BeTrue();
        var large = memory.EnterAsync(60, canBeRefused: true);
        var small = memory.EnterAsync(10, canBeRefused: true);
        (large.IsCompleted, small.IsCompleted).Should().Be((false, false), "the small one came later, though there is room for it");

        memory.Leave(60);

        await Task.WhenAll(large, small);
        memory.EnterAsync(31, canBeRefused: true).IsCompleted.Should().BeFalse();
    }

    [Fact]
    public async Task One_that_is_larger_than_the_room_has_it_alone()
    {
        var memory = new DecodingMemory(room: 100, queueLimit: null);
        memory.EnterAsync(500, canBeRefused: true).IsCompletedSuccessfully.Should().BeTrue();
        var next = memory.EnterAsync(1, canBeRefused: true);
        next.IsCompleted.Should().BeFalse();

        memory.Leave(500);

        await next;
        memory.EnterAsync(99, canBeRefused: true).IsCompletedSuccessfully.Should().BeTrue();
    }

    [Fact]
    public async Task A_full_queue_refuses_those_who_can_be_refused()
    {
        var memory = new DecodingMemory(room: 100, queueLimit: 1);
        memory.EnterAsync(100, canBeRefused: true).IsCompletedSuccessfully.Should().BeTrue();
        var waiting = memory.EnterAsync(100, canBeRefused: true);

        Action enter = () => memory.EnterAsync(1, canBeRefused: true);
        enter.Should().Throw<PredictorBusyException>()
            .WithMessage("1 pictures*try again*QueueLimit*DecodingMemory*");
        var patient = memory.EnterAsync(100, canBeRefused: false);

        memory.Leave(100);
        await waiting;
        memory.Leave(100);
        await patient;
    }

    [Fact]
    public async Task Who_is_cancelled_while_waiting_makes_way()
    {
        var memory = new DecodingMemory(room: 100, queueLimit: null);
        await memory.EnterAsync(50, canBeRefused: true);
        using var cancellation = new CancellationTokenSource();
        var large = memory.EnterAsync(100, canBeRefused: true, cancellation.Token);
        var small = memory.EnterAsync(50, canBeRefused: true);

        await cancellation.CancelAsync();

        await large.Invoking(one => one).Should().ThrowAsync<OperationCanceledException>();
        await small;
        memory.Leave(50);
        memory.Leave(50);
        memory.EnterAsync(100, canBeRefused: true).IsCompletedSuccessfully.Should().BeTrue("what was cancelled takes no room");
    }
}
