using TorchSharp;
using static TorchSharp.torch.nn;

namespace TransferKit.Tests.Training;

[Trait("Lane", "Slow")]
public class ConcurrentTrainingTests
{
    private static readonly InMemoryDataset Data = SyntheticImages.Create(perClass: 8);

    public static TheoryData<string> Heads => ["dropout", "module"];

    [Theory]
    [MemberData(nameof(Heads))]
    public void Runs_beside_each_other_end_as_one_alone(string kind)
    {
        var expected = Train(kind);
        var together = new double[4][];
        var threads = together.Select((_, i) => new Thread(() => together[i] = Train(kind))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        // The same pictures and random numbers; under load, libtorch rounds the last bit of a sum otherwise now and then.
        together.Should().AllSatisfy(losses => losses.Should().Equal(expected, (a, b) => Math.Abs(a - b) < 1e-6));
    }

    [Theory]
    [MemberData(nameof(Heads))]
    public void The_programs_own_random_numbers_go_on_as_if_nothing_had_trained(string kind)
    {
        torch.manual_seed(5);
        using var expected = torch.rand(3);
        torch.manual_seed(5);
        Train(kind);
        using var actual = torch.rand(3);
        actual.data<float>().ToArray().Should().Equal(expected.data<float>().ToArray());
    }

    [Fact]
    public void Layers_draw_the_numbers_of_the_seed_and_others_for_another()
    {
        using var input = torch.ones(4, 50);
        using var dropout = new Dropout(0.5) { Training = true };
        float[] Draw(long seed)
        {
            using var random = RandomSource.Seeded(seed);
            using var output = dropout.Forward(input);
            return output.data<float>().ToArray();
        }

        Draw(1).Should().Equal(Draw(1)).And.NotEqual(Draw(2)).And.OnlyContain(value => value == 0 || value == 2);
        Draw(1).Average().Should().BeApproximately(1, 0.3f);
    }

    private static double[] Train(string kind)
    {
        var head = kind == "dropout"
            ? Head.Dropout(2)
            : Head.Custom(2, features => Sequential(("drop", Dropout(0.5)), ("fc", Linear(features, 2))));
        using var run = NarrowResNet.Plan.ReplaceHead(head).UnfreezeAll()
            .Train(Data, new TrainingOptions { Epochs = 2, BatchSize = 6, Augment = false, Seed = 3 });
        return [.. run.History.SelectMany(epoch => new[] { epoch.TrainLoss, epoch.ValidationLoss })];
    }
}
