namespace TransferKit.Vision.Tests;

public class DatasetOperationsTests
{
    [Fact]
    public void Classes_are_renamed_merged_and_dropped()
    {
        var data = Data("tabby", "siamese", "dog", "wolf", "dog");

        var mapped = data.MapClasses(new Dictionary<string, string?> { ["tabby"] = "cat", ["siamese"] = "cat", ["wolf"] = null });

        // The old classes in their order: dog, siamese, tabby, wolf.
        mapped.ClassNames.Should().Equal("dog", "cat");
        mapped.Labels.Should().Equal(1, 1, 0, 0);
        Names(mapped).Should().Equal("0", "1", "2", "4");
        data.MapClasses(new Dictionary<string, string?> { ["siamese"] = "tabby" }, order: ["wolf", "tabby", "dog"])
            .Labels.Should().Equal(1, 1, 2, 0, 2);
        data.Labels.Should().Equal(2, 1, 0, 3, 0);
    }

    [Fact]
    public void Classes_of_samples_with_several_are_mapped_too()
    {
        var data = ImageList.CreateMultiLabel(
        [
            (Picture("0"), ["sea", "sun"]), (Picture("1"), ["lake"]), (Picture("2"), ["sun"]), (Picture("3"), []),
        ]);

        var mapped = data.MapClasses(new Dictionary<string, string?> { ["sea"] = "water", ["lake"] = "water", ["sun"] = null });

        mapped.ClassNames.Should().Equal("water");
        mapped.Targets.Values.Select(values => values.Single()).Should().Equal(1, 1, 0);
        Names(mapped).Should().Equal("0", "1", "3");
    }

    [Fact]
    public void A_map_that_does_not_fit_is_refused()
    {
        var data = Data("cat", "dog");
        data.Invoking(d => d.MapClasses(new Dictionary<string, string?> { ["cats"] = "x" }))
            .Should().Throw<ArgumentException>()
            .WithMessage("There is no class 'cats'; the classes are cat, dog. Did you mean cat?*");
        data.Invoking(d => d.MapClasses(new Dictionary<string, string?> { ["cat"] = null, ["dog"] = null }))
            .Should().Throw<InvalidOperationException>();
        data.Invoking(d => d.MapClasses(new Dictionary<string, string?>(), order: ["cat"]))
            .Should().Throw<ArgumentException>().WithMessage("*each of the new classes once: cat, dog.*");
        ImageList.CreateRegression([(Picture("0"), [1])], ["age"])
            .Invoking(d => d.MapClasses(new Dictionary<string, string?>())).Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void Datasets_of_the_same_classes_are_put_together()
    {
        var (one, other) = (Data("a", "b"), Data("b", "b", "a"));

        one.Concat(other).Labels.Should().Equal(0, 1, 1, 1, 0);
        Names(one.Concat(other)).Should().Equal("0", "1", "0", "1", "2");
        one.Invoking(d => d.Concat(Data("a", "c"))).Should().Throw<ArgumentException>().WithMessage("*a, b here and a, c there*");
        one.Invoking(d => d.Concat(ImageList.CreateRegression([(Picture("0"), [1])], ["age"])))
            .Should().Throw<ArgumentException>().WithMessage("Classification and Regression*");
    }

    [Fact]
    public void A_fixed_list_decides_which_pictures_validate()
    {
        var data = ImageList.Create(
        [
            (Picture("roses/1.jpg"), "a"), (Picture("tulips/1.jpg"), "b"), (Picture("roses/2.jpg"), "a"),
            (Picture("x1.jpg"), "b"),
        ]);

        var split = data.SplitByNames(["tulips/1.jpg", "./2.jpg", "", "x1.jpg "]);

        Names(split.Train).Should().Equal("roses/1.jpg");
        Names(split.Validation).Should().Equal("tulips/1.jpg", "roses/2.jpg", "x1.jpg");
        Names(data.SplitByNames([@"roses\2.jpg"]).Validation).Should().Equal("roses/2.jpg");
        data.Invoking(d => d.SplitByNames(["3.jpg"])).Should().Throw<ArgumentException>().WithMessage("No picture*'3.jpg'*");
        data.Invoking(d => d.SplitByNames(["1.jpg"]))
            .Should().Throw<ArgumentException>()
            .WithMessage("'1.jpg' fits 2 pictures*roses/1.jpg*tulips/1.jpg*more of the path*");
        data.Invoking(d => d.SplitByNames([])).Should().Throw<ArgumentException>().WithMessage("*0 of 4*empty*");
    }

    [Fact]
    public void A_function_of_the_picture_tells_the_groups()
    {
        var data = ImageList.Create(
            Enumerable.Range(0, 60).Select(i => (Picture($"patient{i / 5}_{i}.png"), i % 2 == 0 ? "ill" : "well")));

        var split = data.SplitByGroup(0.75, data.GroupsBy(Patient), seed: 1);
        var folds = data.KFoldByGroup(4, data.GroupsBy(Patient));

        split.Train.Count.Should().Be(45);
        Patients(split.Train).Should().NotIntersectWith(Patients(split.Validation));
        foreach (var fold in folds)
        {
            fold.Validation.Count.Should().Be(15);
            Patients(fold.Train).Should().NotIntersectWith(Patients(fold.Validation));
        }

        static string Patient(ImageSource source) => source.Name.Split('_')[0];
        static IEnumerable<string> Patients(Dataset part) => ((ImageDataset)part).Sources.Select(Patient).Distinct();
    }

    [Fact]
    public void Taking_and_filtering_keep_the_pictures_kind()
    {
        var data = Data("a", "b", "a");
        Names(data.Take(2)).Should().Equal("0", "1");
        Names(data.Filter(source => source.Name != "1")).Should().Equal("0", "2");
        Names(data.Filter((_, label) => label == "b")).Should().Equal("1");
    }

    private static ImageList Data(params string[] labels) =>
        ImageList.Create(labels.Select((label, i) => (Picture($"{i}"), label)));

    private static ImageSource Picture(string name) => ImageSource.FromPixels([1, 2, 3], 1, 1, name);

    private static IEnumerable<string> Names(Dataset data) => ((ImageDataset)data).Sources.Select(source => source.Name);
}
