using TorchSharp;

namespace TransferKit.Tests.Training;

public class LossTests
{
    private const int Samples = 6, Classes = 4;
    private static readonly ClassWeights Weights = ClassWeights.Of(TrainingGoldens.Losses.Numbers("weights"));

    public static TheoryData<string> Names =>
        [.. TrainingGoldens.Losses.GetProperty("values").EnumerateObject().Select(value => value.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Losses_are_PyTorchs(string name)
    {
        using var scope = torch.NewDisposeScope();
        var weights = name.Contains("weighted") ? Weights : null;
        var smoothing = name.Contains("smooth") ? 0.1 : 0;
        var loss = name switch
        {
            _ when name.StartsWith("cross-entropy") => Loss.CrossEntropy(smoothing, weights),
            _ when name.StartsWith("focal") => Loss.Focal(name.Contains(" 0 ") ? 0 : weights is null ? 2 : 1.5, weights),
            _ when name.StartsWith("binary") => Loss.BinaryCrossEntropy(2 * smoothing, weights),
            "mean squared" => Loss.MeanSquared,
            "mean absolute" => Loss.MeanAbsolute,
            _ => Loss.Huber(0.7),
        };
        var targets = loss.Task switch
        {
            LearningTask.Classification when name.Contains("hard") =>
                torch.tensor(TrainingGoldens.Losses.Numbers("labels").Select(label => (long)label).ToArray()),
            LearningTask.Classification => Matrix("soft"),
            LearningTask.MultiLabel => Matrix("several"),
            _ => Matrix("numbers"),
        };
        using var prepared = loss.Prepare(Of(loss.Task), torch.CPU);
        prepared.Mean(Matrix("outputs"), targets).item<float>().Should()
            .BeApproximately((float)TrainingGoldens.Losses.GetProperty("values").GetProperty(name).GetDouble(), 1e-6f);
    }

    [Fact]
    public void Losses_have_finite_gradients_where_a_class_is_certain()
    {
        using var scope = torch.NewDisposeScope();
        var outputs = torch.tensor(new[] { 200f, 0, 0, -200, 0, 0 }, [2, 3], requires_grad: true);
        using var loss = Loss.Focal(gamma: 0.5).Prepare(Targets.Classes([0, 0], 3), torch.CPU);
        loss.Mean(outputs, torch.tensor(new long[] { 0, 0 })).backward();
        outputs.grad!.isfinite().all().item<bool>().Should().BeTrue();
        outputs.grad!.abs().sum().item<float>().Should().BeGreaterThan(0.5f);
    }

    [Fact]
    public void Balanced_weights_are_scikit_learns()
    {
        ClassWeights.Balanced.For(Targets.Classes([0, 0, 0, 1, 3, 3], 4)).Should().Equal(6 / 3.0 / 3, 2, 0, 1);
        ClassWeights.Balanced.For(Targets.MultiLabel([[0], [0, 1], [0], [0]], 3)).Should().Equal(1, 3, 1);
    }

    [Fact]
    public void A_loss_that_does_not_fit_the_samples_is_refused_with_the_cure()
    {
        var prepare = () => Loss.BinaryCrossEntropy().RequireFitting(Targets.Classes([0], 2));
        prepare.Should().Throw<ArgumentException>().WithMessage(
            "The loss 'binary cross-entropy, label smoothing 0' is for MultiLabel, and the samples have Classification "
            + "targets: take 'cross-entropy, label smoothing 0' or another loss for Classification.*");
        var weigh = () => Loss.CrossEntropy(classWeights: ClassWeights.Of(1, 2, 3)).RequireFitting(Targets.Classes([0], 2));
        weigh.Should().Throw<ArgumentException>()
            .WithMessage("There are 3 class weights and 2 classes: give each class one.*");
    }

    [Fact]
    public void Losses_are_values_that_know_their_mistakes()
    {
        Loss.CrossEntropy(0.1, ClassWeights.Of(1, 2)).Should().Be(Loss.CrossEntropy(0.1, ClassWeights.Of(1, 2)));
        Loss.CrossEntropy(0.1, ClassWeights.Of(1, 2)).Should().NotBe(Loss.CrossEntropy(0.1, ClassWeights.Of(2, 1)));
        Loss.CrossEntropy(0.1, ClassWeights.Balanced).ToString().Should()
            .Be("cross-entropy, label smoothing 0.1, class weights are balanced");
        Loss.CrossEntropy(1, ClassWeights.Of(-1, 1)).ValidationErrors().Should().Equal(
            "The label smoothing is 1, but must lie in [0, 1).",
            "The class weights are -1, 1, but each must be a number of at least 0.");
        Loss.Focal(-1).ValidationErrors().Should().Equal("The focal loss's gamma is -1, but must be at least 0.");
        Loss.Huber(0).ValidationErrors().Should().Equal("The Huber loss's delta is 0, but must be above 0.");
    }

    private static Targets Of(LearningTask task) => task switch
    {
        LearningTask.Classification => Targets.Classes([0], Classes),
        LearningTask.MultiLabel => Targets.MultiLabel([[0]], Classes),
        _ => Targets.Regression([new float[Classes]]),
    };

    private static torch.Tensor Matrix(string name) => torch.tensor(
        TrainingGoldens.Losses.Numbers(name).Select(value => (float)value).ToArray(), [Samples, Classes]);
}
