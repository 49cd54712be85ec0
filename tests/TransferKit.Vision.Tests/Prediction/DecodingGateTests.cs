namespace TransferKit.Vision.Tests;

public class DecodingGateTests
{
    [Fact]
    public void Who_fits_enters_and_the_others_follow_in_their_order()
    {
        var gate = new DecodingGate(room: 100, queueLimit: null);
        gate.EnterAsync(60, canBeRefused: true).IsCompletedSuccessfully.Should().BeTrue();
        var large = gate.EnterAsync(60, canBeRefused: true);
        var small = gate.EnterAsync(10, canBeRefused: true);
        (large.IsCompleted, small.IsCompleted).Should().Be((false, false), "the small one came later, though there is room for it");

        gate.Leave(60);

        Task.WaitAll(large, small);
        gate.EnterAsync(31, canBeRefused: true).IsCompleted.Should().BeFalse();
    }

    [Fact]
    public void One_that_is_larger_than_the_room_has_it_alone()
    {
        var gate = new DecodingGate(room: 100, queueLimit: null);
        gate.EnterAsync(500, canBeRefused: true).IsCompletedSuccessfully.Should().BeTrue();
        var next = gate.EnterAsync(1, canBeRefused: true);
        next.IsCompleted.Should().BeFalse();

        gate.Leave(500);

        next.Wait();
        gate.EnterAsync(99, canBeRefused: true).IsCompletedSuccessfully.Should().BeTrue();
    }

    [Fact]
    public void A_full_queue_refuses_those_who_can_be_refused()
    {
        var gate = new DecodingGate(room: 100, queueLimit: 1);
        gate.EnterAsync(100, canBeRefused: true).IsCompletedSuccessfully.Should().BeTrue();
        var waiting = gate.EnterAsync(100, canBeRefused: true);

        Action enter = () => gate.EnterAsync(1, canBeRefused: true);
        enter.Should().Throw<PredictorBusyException>()
            .WithMessage("1 pictures*try again*QueueLimit*DecodingMemory*");
        var patient = gate.EnterAsync(100, canBeRefused: false);

        gate.Leave(100);
        waiting.Wait();
        gate.Leave(100);
        patient.Wait();
    }

    [Fact]
    public async Task Who_is_cancelled_while_waiting_makes_way()
    {
        var gate = new DecodingGate(room: 100, queueLimit: null);
        await gate.EnterAsync(50, canBeRefused: true);
        using var cancellation = new CancellationTokenSource();
        var large = gate.EnterAsync(100, canBeRefused: true, cancellation.Token);
        var small = gate.EnterAsync(50, canBeRefused: true);

        await cancellation.CancelAsync();

        await large.Invoking(one => one).Should().ThrowAsync<OperationCanceledException>();
        await small;
        gate.Leave(50);
        gate.Leave(50);
        gate.EnterAsync(100, canBeRefused: true).IsCompletedSuccessfully.Should().BeTrue("what was cancelled takes no room");
    }
}
