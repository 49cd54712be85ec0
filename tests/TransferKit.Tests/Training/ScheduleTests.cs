using System.Xml.Linq;

namespace TransferKit.Tests.Training;

public class ScheduleTests
{
    public static TheoryData<string, Schedule> Schedules => new()
    {
        { "constant", Schedule.Constant },
        { "step", Schedule.Step(3, 0.3) },
        { "multi-step", Schedule.MultiStep([2, 5, 6], 0.5) },
        { "exponential", Schedule.Exponential(0.8) },
        { "cosine", Schedule.Cosine(0.05) },
        { "restarts", Schedule.CosineRestarts(2, 2, 0.1) },
        { "one-cycle", Schedule.OneCycle() },
        { "polynomial", Schedule.Polynomial(0.9) },
        { "plateau", Schedule.ReduceOnPlateau(0.5, patience: 1, cooldown: 1, minimum: 0.3) },
        { "plateau eps", Schedule.ReduceOnPlateau(0.5, patience: 0, epsilon: 0.2) },
        { "warm-up cosine", Schedule.Cosine().WithWarmUp(WarmUp.Epochs(2)) },
        { "warm-up polynomial", Schedule.Polynomial(2).WithWarmUp(WarmUp.Fraction(0.1)) },
    };

    [Theory]
    [MemberData(nameof(Schedules))]
    public void Rates_are_PyTorchs(string name, Schedule schedule)
    {
        var golden = TrainingGoldens.Schedules;
        var rates = Positions().Select(position => schedule.Rate(golden.GetProperty("rate").GetDouble(), position)).ToList();
        var expected = golden.GetProperty("values").Numbers(name);
        rates.Should().HaveSameCount(expected);
        for (var step = 0; step < rates.Count; step++)
            rates[step].Should().BeApproximately(expected[step], 1e-12 + 1e-10 * expected[step], $"of step {step}");
    }

    [Fact]
    public void Momentum_of_one_cycle_is_PyTorchs_and_other_schedules_leave_it_alone()
    {
        var expected = TrainingGoldens.Schedules.GetProperty("values").Numbers("one-cycle momentum");
        Positions().Select((position, step) => Math.Abs(Schedule.OneCycle().Momentum(position)!.Value - expected[step]))
            .Max().Should().BeLessThan(1e-10);
        Schedule.Cosine().WithWarmUp(WarmUp.Steps(3)).Momentum(new(1, 10, 5)).Should().BeNull();
    }

    [Fact]
    public void A_plateau_of_a_score_is_where_it_does_not_grow()
    {
        var schedule = Schedule.ReduceOnPlateau(0.1, patience: 0, higherIsBetter: true);
        double After(params double[] watched) => schedule.Factor(new(0, 10, 1) { Monitored = watched });
        After().Should().Be(1);
        After(0.5, 0.6).Should().Be(1);
        After(0.5, 0.5).Should().Be(0.1);
        After(0.5, double.NaN).Should().Be(0.1);
    }

    [Fact]
    public void A_plateau_is_by_default_one_of_what_is_watched()
    {
        double After(bool higherIsBetter, params double[] watched) => Schedule.ReduceOnPlateau(patience: 0)
            .Factor(new(0, 10, 1) { Monitored = watched, HigherIsBetter = higherIsBetter });
        After(true, 0.5, 0.6, 0.7).Should().Be(1);
        After(false, 0.5, 0.6).Should().Be(0.1);
    }

    [Theory]
    [MemberData(nameof(Schedules))]
    public void Runs_of_a_single_step_work(string name, Schedule schedule)
    {
        schedule.Factor(new(0, 1, 1)).Should().BeInRange(0, 1, name);
        (schedule.Momentum(new(0, 1, 1)) ?? 0.9).Should().BeInRange(0, 1, name);
    }

    [Fact]
    public void A_chart_is_an_SVG_document()
    {
        var chart = Schedule.OneCycle().WithWarmUp(WarmUp.Steps(5)).Chart(0.01, epochs: 3, stepsPerEpoch: 10);
        var svg = XDocument.Parse(chart.ToSvg());
        var line = svg.Descendants().Single(element => element.Name.LocalName == "polyline");
        line.Attribute("points")!.Value.Split(' ').Should().HaveCount(30);
        svg.Root!.Elements().First(element => element.Name.LocalName == "text").Value.Should().StartWith("5 steps of warm-up");
        XDocument.Parse(Schedule.Constant.Chart(0.1, 1, 1).ToSvg()).Descendants().Should().NotBeEmpty();
    }

    [Fact]
    public void Schedules_are_values_that_know_their_mistakes()
    {
        Schedule.MultiStep([1, 2]).Should().Be(Schedule.MultiStep([1, 2]));
        Schedule.Cosine().WithWarmUp(WarmUp.Epochs(2)).Should().Be(Schedule.Cosine().WithWarmUp(WarmUp.Epochs(2)));
        Schedule.Cosine().WithWarmUp(WarmUp.Epochs(2)).ToString().Should().Be("2 epochs of warm-up from 0.01, then cosine to 0");
        Schedule.Cosine(1).WithWarmUp(WarmUp.Fraction(1), start: 0).ValidationErrors().Should().Equal(
            "The schedule's minimum is 1, but must lie in [0, 1).",
            "The warm-up is 1 of the run, but must lie between 0 and 1, both excluded.",
            "The schedule's warm-up's start is 0, but must lie in (0, 1].");
        Schedule.MultiStep([3, 2], gamma: 0).ValidationErrors().Should().Equal(
            "The schedule's milestone is 2, but must be at least 1 and above the one before.",
            "The schedule's gamma is 0, but must lie in (0, 1].");
    }

    [Fact]
    public void Schedules_print_all_that_sets_them_apart() => new[]
    {
        Schedule.Constant, Schedule.Step(2), Schedule.Step(3), Schedule.Step(3, 0.5),
        Schedule.MultiStep([3]), Schedule.MultiStep([3], 0.5),
        Schedule.Exponential(0.5), Schedule.Cosine(), Schedule.Cosine(0.1),
        Schedule.CosineRestarts(2), Schedule.CosineRestarts(2, 2),
        Schedule.CosineRestarts(2, 2, 0.1), Schedule.OneCycle(), Schedule.OneCycle(0.2), Schedule.OneCycle(start: 5),
        Schedule.OneCycle(end: 5), Schedule.OneCycle(momentumLow: 0), Schedule.OneCycle(momentumHigh: 0), Schedule.Polynomial(),
        Schedule.Polynomial(2), Schedule.ReduceOnPlateau(), Schedule.ReduceOnPlateau(0.5), Schedule.ReduceOnPlateau(patience: 1),
        Schedule.ReduceOnPlateau(threshold: 0), Schedule.ReduceOnPlateau(cooldown: 1), Schedule.ReduceOnPlateau(minimum: 0.1),
        Schedule.ReduceOnPlateau(epsilon: 0.1),
        Schedule.ReduceOnPlateau(higherIsBetter: true), Schedule.Cosine().WithWarmUp(WarmUp.Steps(2)),
        Schedule.Cosine().WithWarmUp(WarmUp.Epochs(2)), Schedule.Cosine().WithWarmUp(WarmUp.Epochs(2), 0.1),
    }.Select(schedule => $"{schedule}").Should().OnlyHaveUniqueItems();

    private static IEnumerable<SchedulePosition> Positions()
    {
        var golden = TrainingGoldens.Schedules;
        var (epochs, steps) = (golden.GetProperty("epochs").GetInt32(), golden.GetProperty("steps_per_epoch").GetInt32());
        var watched = golden.Numbers("watched");
        return Enumerable.Range(0, epochs * steps)
            .Select(step => new SchedulePosition(step, epochs * steps, steps) { Monitored = watched[..(step / steps)] });
    }
}
