using TransferKit.Fuzz;

namespace TransferKit.Vision.Tests.Runtime;

/// <summary>Garbage collections change nothing, whenever they come.</summary>
[Trait("Lane", "Slow")]
public sealed class CollectionTests
{
    /// <summary>A short one; <c>TransferKit.Fuzz collect</c> makes a hundred thousand calls, and collects without a pause.</summary>
    [Fact]
    public void Training_and_predicting_come_out_the_same_while_garbage_is_collected()
    {
        using var folder = new TemporaryFolder();
        CollectionTrial.Run(120, pause: 1, folder.Path).Should().Contain("every bit as without them");
    }
}
