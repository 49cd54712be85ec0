using System.Globalization;

namespace TransferKit;

/// <summary>What the trials of a search are: a function of its seed and their number.</summary>
internal sealed class TuningSpace
{
    /// <summary>Views of a sample that are few enough to be kept.</summary>
    private const int FewViews = 3;

    private const double LeastDecay = 1e-4, MostDecay = 0.1;

    private static readonly Schedule[] Schedules = [Schedule.Constant, Schedule.Cosine(), Schedule.OneCycle()];

    /// <summary>
    /// What is tried before chance decides, by positions in the lists and the share of the way from the lowest rate to the
    /// highest: the head on kept features, then more and more of the network.
    /// </summary>
    private static readonly (int Depth, double Rate, int Augmentation, Schedule Schedule)[] Recipes =
    [
        (0, 0.75, 0, Schedules[1]), (3, 0.6, 2, Schedules[2]), (1, 0.6, 2, Schedules[2]), (2, 0.5, 3, Schedules[1]),
    ];

    private readonly TransferPlan _plan;
    private readonly TrainingOptions _training;
    private readonly int _seed;
    private readonly IReadOnlyList<Depth> _depths;
    private readonly IReadOnlyList<Head> _heads;
    private readonly IReadOnlyList<Augmentation> _augmentations;
    private readonly IReadOnlyList<TrialRecipe> _first;

    /// <param name="plan">The first trial, with a head.</param>
    /// <param name="training">How it is trained.</param>
    /// <param name="data">What for.</param>
    /// <param name="seed">Decides the others.</param>
    public TuningSpace(TransferPlan plan, TrainingOptions training, Dataset data, int seed)
    {
        (_plan, _training, _seed) = (plan, training, seed);
        (_depths, _heads, _augmentations) = (DepthsOf(plan, training), HeadsFor(plan), AugmentationsFor(training, data));
        // Where there is less to choose from, some of the recipes are the same.
        _first =
        [
            new(plan, training, "the defaults"),
            .. Recipes.Select(one => Make(Of(_depths, one.Depth), _heads[0], one.Rate, training.Optimizer.WeightDecay,
                Of(_augmentations, one.Augmentation), one.Schedule)).DistinctBy(recipe => recipe.Words),
        ];
    }

    /// <summary>A trial.</summary>
    /// <param name="number">Its number, counted from 1.</param>
    public TrialRecipe this[int number]
    {
        get
        {
            if (number <= _first.Count)
                return _first[number - 1];
            var random = new SeededRandom(_seed, number);
            return Make(Draw(_depths, ref random), Draw(_heads, ref random), random.NextDouble(),
                Between(LeastDecay, MostDecay, random.NextDouble()), Draw(_augmentations, ref random),
                Draw(Schedules, ref random));
        }
    }

    private TrialRecipe Make(
        Depth depth, Head head, double rate, double decay, Augmentation augmentation, Schedule schedule)
    {
        var optimizer = _training.Optimizer with
        {
            LearningRate = Between(depth.LeastRate, depth.MostRate, rate, _training.Optimizer.LearningRate),
            WeightDecay = decay,
        };
        var options = _training with
        {
            Strategy = TrainingStrategy.SinglePhase,
            Optimizer = optimizer,
            Schedule = schedule,
            LearningRates = depth.Rates,
            Augment = augmentation.IsOn,
            CachedViews = augmentation.Views,
            Mix = augmentation.Mix,
        };
        return new(depth.Apply(_plan.ReplaceHead(head)), options, string.Create(CultureInfo.InvariantCulture,
            $"{depth.Name}; {head}; rate {optimizer.LearningRate}, decay {decay}; {schedule}; {augmentation.Name}"));
    }

    /// <summary>How much of the network trains. Without weights there is nothing that could stay frozen.</summary>
    private static IReadOnlyList<Depth> DepthsOf(TransferPlan plan, TrainingOptions training)
    {
        if (plan.Weights == Pretrained.None)
            return [new("as planned", one => one, 0.1, 10, training.LearningRates)];
        using var network = plan.Describe();
        var stages = network.Stages().Count;
        return
        [
            new("the head", one => one.FreezeAll(), 0.1, 10, LearningRates.Uniform),
            .. Enumerable.Range(1, Math.Clamp(stages - 1, 0, 2)).Select(count => new Depth(
                count == 1 ? "the last stage" : $"the last {count} stages", one => one.FreezeAll().UnfreezeLast(count),
                0.05, 2, LearningRates.Uniform)),
            new("everything", one => one.UnfreezeAll(), 0.03, 1, LearningRates.LayerDecay(0.7)),
        ];
    }

    /// <summary>The plan's own head first, then those that the network can have; one of the user's own stays.</summary>
    private static IReadOnlyList<Head> HeadsFor(TransferPlan plan)
    {
        var own = plan.Head!;
        return own is CustomHead or ClassAndPatchesHead ? [own] :
        [
            .. new[]
            {
                own, Head.Linear(own.Classes), Head.Dropout(own.Classes), Head.Mlp(own.Classes), Head.ConcatPool(own.Classes),
            }.Distinct().Where(Fits),
        ];

        bool Fits(Head head)
        {
            try
            {
                using var network = plan.ReplaceHead(head).Describe();
                return true;
            }
            // A network that ends in no map has nothing to pool.
            catch (ArgumentException)
            {
                return false;
            }
        }
    }

    /// <summary>From none to strong; the first is the only one where samples aren't augmented.</summary>
    private static IReadOnlyList<Augmentation> AugmentationsFor(TrainingOptions training, Dataset data)
    {
        var own = training.Mix;
        var augments = training.Augment && data.DescribeAugmentation(Preprocessing.ImageNet) != "no";
        // A loss that was chosen may not be for samples of several classes at once.
        var mixes = own is null && training.Loss is null && data.Targets.Definition.HasOneClass;
        return
        [
            new("not augmented", IsOn: false, Views: 0, own),
            .. augments ? [new($"{FewViews} augmented views", IsOn: true, FewViews, own), new("augmented", IsOn: true, 0, own)]
                : Array.Empty<Augmentation>(),
            .. mixes ? [new($"{(augments ? "augmented, " : "")}CutMix", augments, Views: 0, Mix.CutMix())]
                : Array.Empty<Augmentation>(),
        ];
    }

    /// <summary>The entry at a place, or the last one where there are fewer.</summary>
    private static T Of<T>(IReadOnlyList<T> list, int place) => list[Math.Min(place, list.Count - 1)];

    private static T Draw<T>(IReadOnlyList<T> list, ref SeededRandom random) => list[random.Next(list.Count)];

    /// <summary>A number a share of the way from one to another, in equal multiples, with two digits that count.</summary>
    private static double Between(double low, double high, double share, double unit = 1) => double.Parse(
        (unit * low * Math.Pow(high / low, share)).ToString("E1", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>How much of the network trains.</summary>
    /// <param name="Name">The same in words.</param>
    /// <param name="Apply">Lets it train.</param>
    /// <param name="LeastRate">The lowest learning rate, over that of the first trial.</param>
    /// <param name="MostRate">The highest.</param>
    /// <param name="Rates">How they differ by depth.</param>
    private sealed record Depth(
        string Name, Func<TransferPlan, TransferPlan> Apply, double LeastRate, double MostRate, LearningRates Rates);

    /// <summary>How training samples are changed.</summary>
    private sealed record Augmentation(string Name, bool IsOn, int Views, Mix? Mix);
}

/// <summary>What a trial is.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="Options">How it is trained, to the end.</param>
/// <param name="Words">What differs from other trials, for people.</param>
internal sealed record TrialRecipe(TransferPlan Plan, TrainingOptions Options, string Words);
