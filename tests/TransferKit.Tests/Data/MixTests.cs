using System.Text.Json;
using TorchSharp;

namespace TransferKit.Tests.Data;

public class MixTests
{
    private const int Classes = 4;

    /// <summary>Four images, each of one value: 1, 2, 3, 4; and their classes 0, 1, 2, 3.</summary>
    private static (torch.Tensor Images, torch.Tensor Targets) Batch() => (
        torch.arange(1, 5, torch.float32).reshape(4, 1, 1, 1).expand(4, 3, 16, 24).contiguous(),
        torch.arange(4, torch.int64));

    [Fact]
    public void MixUp_lays_the_sample_before_over_each()
    {
        using var scope = torch.NewDisposeScope();
        var (images, targets) = Batch();
        var random = new SeededRandom(1, 2, 3);

        var (mixed, soft) = Mix.MixUp(1).Apply(images, targets, Classes, ref random);

        var share = soft[1, 1].item<float>();
        share.Should().BeInRange(0.01f, 0.99f);
        soft[1, 0].item<float>().Should().BeApproximately(1 - share, 1e-6f);
        soft.sum(1).data<float>().ToArray().Should().OnlyContain(sum => Math.Abs(sum - 1) < 1e-6);
        mixed[1, 2, 3, 4].item<float>().Should().BeApproximately(2 * share + 1 - share, 1e-5f);
        mixed[0, 0, 0, 0].item<float>().Should().BeApproximately(share + 4 * (1 - share), 1e-5f);
        images.eq(Batch().Images).all().item<bool>().Should().BeTrue("what comes in stays as it is");
    }

    [Fact]
    public void CutMix_pastes_a_rectangle_and_counts_its_area()
    {
        using var scope = torch.NewDisposeScope();
        var (images, targets) = Batch();
        var pasted = new HashSet<long>();
        for (var step = 0; step < 50; step++)
        {
            var random = new SeededRandom(1, 2, step);
            var (mixed, soft) = Mix.CutMix().Apply(images, targets, Classes, ref random);

            var foreign = mixed[1, 0].eq(1);
            var count = foreign.sum().item<long>();
            foreign.any(0).sum().item<long>().Should().BeOneOf(0, count / Math.Max(1, foreign.any(1).sum().item<long>()));
            soft[1, 0].item<float>().Should().BeApproximately(count / (16f * 24), 1e-6f);
            (mixed[1].eq(1) | mixed[1].eq(2)).all().item<bool>().Should().BeTrue();
            pasted.Add(count);
        }

        pasted.Count.Should().BeGreaterThan(20);
        images.eq(Batch().Images).all().item<bool>().Should().BeTrue("what comes in stays as it is");
    }

    [Fact]
    public void The_random_numbers_alone_decide()
    {
        using var scope = torch.NewDisposeScope();
        var (images, targets) = Batch();
        foreach (var mix in new[] { Mix.MixUp(), Mix.CutMix(), Mix.OneOf(Mix.MixUp(), Mix.CutMix()) })
        {
            var (first, second, other) = (new SeededRandom(1, 0, 5), new SeededRandom(1, 0, 5), new SeededRandom(1, 0, 6));
            var expected = mix.Apply(images, targets, Classes, ref first);
            var again = mix.Apply(images, targets, Classes, ref second);
            var changed = mix.Apply(images, targets, Classes, ref other);

            again.Images.eq(expected.Images).all().item<bool>().Should().BeTrue();
            again.Targets.eq(expected.Targets).all().item<bool>().Should().BeTrue();
            changed.Targets.eq(expected.Targets).all().item<bool>().Should().BeFalse();
        }
    }

    [Fact]
    public void Several_ways_take_turns()
    {
        using var scope = torch.NewDisposeScope();
        var (images, targets) = Batch();
        var pasted = 0;
        for (var step = 0; step < 200; step++)
        {
            var random = new SeededRandom(0, 0, step);
            var (mixed, _) = Mix.OneOf(Mix.MixUp(1), Mix.CutMix()).Apply(images, targets, Classes, ref random);
            if ((mixed[1].eq(1) | mixed[1].eq(2)).all().item<bool>())
                pasted++;
        }

        pasted.Should().BeInRange(65, 135);
    }

    [Fact]
    public void Targets_that_are_numbers_already_are_mixed_as_they_are()
    {
        using var scope = torch.NewDisposeScope();
        var (images, _) = Batch();
        var targets = torch.tensor(new[] { 0f, 10, 20, 30 }).reshape(4, 1);
        var random = new SeededRandom(3, 0, 0);

        var (mixed, soft) = Mix.MixUp(1).Apply(images, targets, 1, ref random);

        // Images are 1 + targets / 10, and stay so.
        soft[2, 0].item<float>().Should().BeApproximately(10 * (mixed[2, 0, 0, 0].item<float>() - 1), 1e-4f);
    }

    [Fact]
    public void Nothing_but_the_result_is_left_behind()
    {
        var (images, targets) = Batch();
        foreach (var mix in new[] { Mix.MixUp(), Mix.CutMix() })
        {
            var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            var random = new SeededRandom(3, 0, 0);
            var (mixed, soft) = mix.Apply(images, targets, Classes, ref random);
            mixed.Dispose();
            soft.Dispose();
            DisposeScopeManager.Statistics.ThreadTotalLiveCount.Should().Be(before);
        }

        images.Dispose();
        targets.Dispose();
    }

    [Fact]
    public void A_mix_is_a_value_that_can_be_printed_and_stored()
    {
        var mix = Mix.OneOf(Mix.MixUp(0.4), Mix.CutMix());

        mix.Should().Be(Mix.OneOf(Mix.MixUp(0.4), Mix.CutMix())).And.NotBe(Mix.OneOf(Mix.CutMix(), Mix.MixUp(0.4)));
        mix.ToString().Should().Be("OneOf { MixUp { Alpha = 0.4 }, CutMix { Alpha = 1 } }");
        JsonSerializer.Deserialize<Mix>(JsonSerializer.Serialize(mix)).Should().Be(mix);
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(-1, "-1")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "Infinity")]
    public void Impossible_parameters_are_refused_with_the_other_options(double alpha, string shown)
    {
        Refusal(Mix.MixUp(alpha)).Should().Be(
            $"The training options are wrong: Epochs is 0, but must be at least 1. MixUp's alpha is {shown}, but must be a number above 0.");
        Refusal(Mix.CutMix(alpha)).Should().EndWith($"CutMix's alpha is {shown}, but must be a number above 0.");
        Refusal(Mix.OneOf(Mix.MixUp(), Mix.CutMix(alpha))).Should().EndWith($"1. CutMix's alpha is {shown}, but must be a number above 0.");
        Refusal(Mix.OneOf()).Should().EndWith("Mix.OneOf has nothing to choose from: give it one way of mixing or more.");
        Refusal(Mix.OneOf(Mix.MixUp(), null!)).Should().EndWith("One of Mix.OneOf is null.");
    }

    private static string Refusal(Mix mix)
    {
        var options = new TrainingOptions { Epochs = 0, Mix = mix };
        return options.Invoking(wrong => wrong.Validate()).Should().Throw<ArgumentException>().Which.Message;
    }
}
