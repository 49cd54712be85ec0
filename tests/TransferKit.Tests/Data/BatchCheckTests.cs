using TorchSharp;

namespace TransferKit.Tests.Data;

[Trait("Lane", "Slow")]
public class BatchCheckTests
{
    private static readonly TrainingOptions Quick = new() { Epochs = 1, BatchSize = 4, Augment = false };

    public static TheoryData<string, string> Mistakes => new()
    {
        { "channels", "has images of 1 channels, and the model takes 3: make the images so, or the plan with WithInputChannels(1)." },
        { "bytes", "has images of Byte [4, 3, 32, 32], and the model takes Float32 [N, 3, H, W], normalized as its Preprocessing says." },
        { "doubles", "has images of Float64 [4, 3, 32, 32], and*" },
        { "rank", "has images of Float32 [4, 3, 32], and*" },
        { "size", "has images of 8 × 8 px, which the model can't take (its Preprocessing asks for 224 px): *" },
        { "labels as floats", "has targets of Float32 [4], and those of Classification are Int64 [N]." },
        { "labels outside", "has the labels 1 to 2, and there are 2 classes, which count from 0." },
        { "indices", "has 3 indices, images of Float32 [4, 3, 32, 32] and targets of Int64 [4]: it needs as many of each, at least one." },
        { "positions", "says that it has the sample 8, and there are 8, which count from 0." },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_in_a_dataset_of_ones_own_is_one_sentence(string mistake, string message)
    {
        var data = new OwnDataset(mistake);
        using var model = Backbone.SqueezeNet1_1().ReplaceHead(2).Build();
        var expected = $"A batch of OwnDataset {message}";
        model.Invoking(own => own.Train(data, data, Quick)).Should().Throw<ArgumentException>().WithMessage(expected);
        model.Invoking(own => own.Evaluate(data, new EvaluationOptions { BatchSize = 4 })).Should().Throw<ArgumentException>().WithMessage(expected);
        model.Invoking(own => own.ExtractFeatures(data, 4)).Should().Throw<ArgumentException>().WithMessage(expected);
    }

    [Fact]
    public void Later_batches_of_another_kind_are_found_too()
    {
        var data = new OwnDataset("second batch");
        using var model = Backbone.SqueezeNet1_1().ReplaceHead(2).Build();
        model.Invoking(own => own.Train(data, data, Quick)).Should().Throw<ArgumentException>()
            .WithMessage("A batch of OwnDataset has images of 1 channels*");
    }

    /// <summary>Eight samples of the classes <c>0</c> and <c>1</c>.</summary>
    private sealed class OwnDataset(string mistake) : Dataset
    {
        public override IReadOnlyList<string> ClassNames => ["0", "1"];

        public override Targets Targets { get; } = Targets.Classes([0, 1, 0, 1, 0, 1, 0, 1], 2);

        public override Dataset Subset(IReadOnlyList<int> indices) => this;

        public override IEnumerable<Batch> Read(ReadOptions options, CancellationToken cancellationToken = default)
        {
            foreach (var (number, chunk) in options.OrderOf(Count).Chunk(options.BatchSize).Index())
            {
                var size = mistake == "size" ? 8 : 64;
                long[] shape = [chunk.Length, mistake == "channels" || (mistake == "second batch" && number == 1) ? 1 : 3, size, size];
                using var images = torch.zeros(shape);
                using var small = torch.zeros(chunk.Length, 3, 32, 32);
                var given = mistake switch
                {
                    "bytes" => small.to_type(torch.ScalarType.Byte),
                    "doubles" => small.to_type(torch.ScalarType.Float64),
                    "rank" => small.select(3, 0),
                    "indices" => small.alias(),
                    _ => images.alias(),
                };
                using var labels = torch.tensor(chunk.Select(index => (long)(index % 2)).ToArray());
                var targets = mistake switch
                {
                    "labels as floats" => labels.to_type(torch.ScalarType.Float32),
                    "labels outside" => torch.tensor([.. Enumerable.Range(0, chunk.Length).Select(i => 1L + i % 2)]),
                    _ => labels.alias(),
                };
                int[] indices = mistake switch { "indices" => chunk[1..], "positions" => [8, .. chunk[1..]], _ => chunk };
                yield return new Batch(given.DetachFromDisposeScope(), targets.DetachFromDisposeScope(), indices);
            }
        }
    }
}
