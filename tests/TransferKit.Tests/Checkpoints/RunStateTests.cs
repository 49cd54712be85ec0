using System.Text.Json;

namespace TransferKit.Tests.Checkpoints;

public class RunStateTests
{
    [Fact]
    public void What_an_epoch_has_brought_so_far_is_saved_under_the_names_of_earlier_versions()
    {
        var sums = new RunningSums { Step = 2, SampleCount = 7, Read = 6, Loss = 1.5, Weight = 6, CorrectCount = 3, Seconds = 0.5 };
        RunStateJson.Parse("""
            {"run": {}, "sums": {"step": 2, "taken": 7, "read": 6, "loss": 1.5, "weight": 6, "right": 3, "seconds": 0.5}}
            """u8).Sums.Should().Be(sums);
        var written = JsonSerializer.SerializeToUtf8Bytes(
            new RunState { Run = new Dictionary<string, JsonElement>(), Sums = sums }, RunStateJson.Default.RunState);
        JsonDocument.Parse(written).RootElement.GetProperty("sums").EnumerateObject().Select(member => member.Name).Should()
            .Equal("step", "taken", "read", "loss", "weight", "right", "seconds");
        RunStateJson.Parse(written).Sums.Should().Be(sums);
    }
}
