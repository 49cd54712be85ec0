namespace TransferKit.Tests.Training;

public class TrainingOptionsTests
{
    [Fact]
    public void The_defaults_are_those_of_the_documentation() => new TrainingOptions().Should().BeEquivalentTo(new
    {
        Epochs = 5, BatchSize = 32, ValidationFraction = 0.2, Augment = true, RestoreBest = true, Seed = 0, Workers = 0,
        Optimizer = Optimizer.AdamW(learningRate: 0.001), Schedule = Schedule.Constant, LearningRates = LearningRates.Uniform,
        Loss = (Loss?)null, ClipNorm = (double?)null, ClipValue = (double?)null, AccumulateBatches = 1, Average = (WeightAverage?)null,
        Sampling = Sampling.Shuffled, DropLast = false, Mix = (Mix?)null, Monitor = (Score?)null, EarlyStopping = (EarlyStopping?)null,
        Checkpoints = (CheckpointOptions?)null, Strategy = TrainingStrategy.SinglePhase, CachedViews = 0, Observers = Array.Empty<object>(),
    });

    [Fact]
    public void Every_mistake_is_reported_at_once()
    {
        var options = new TrainingOptions
        {
            Epochs = 0, BatchSize = -1, ValidationFraction = 1, Workers = -2,
            Optimizer = Optimizer.Sgd(learningRate: -1, momentum: 1, weightDecay: -1),
        };
        options.Invoking(o => o.Validate()).Should().Throw<ArgumentException>().WithMessage(
            "The training options are wrong: Epochs is 0, but must be at least 1. BatchSize is -1, but must be at least 1. "
            + "ValidationFraction is 1, but must lie between 0 and 1, both excluded. Workers is -2, but must be 0 (automatic) or more. "
            + "The learning rate is -1, but must be a number above 0. The momentum is 1, but must lie in [0, 1). "
            + "The weight decay is -1, but must be at least 0.");
    }
}
