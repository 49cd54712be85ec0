using TransferKit.Tests.Training;

namespace TransferKit.Tests.Data;

public sealed class RelabelTests
{
    private static readonly InMemoryDataset Data = SyntheticImages.Create(perClass: 3);

    [Fact]
    public void Relabeled_samples_are_read_with_their_new_class()
    {
        var changed = Data.Relabel(new Dictionary<int, string> { [0] = "class 1", [3] = "class 0" });
        changed.Labels.Should().Equal(1, 1, 0, 0, 0, 1);
        Data.Labels.Should().Equal(0, 1, 0, 1, 0, 1);
        var part = changed.Subset([3, 0]);
        using var batch = part.Read(new() { Preprocessing = Preprocessing.ImageNet, BatchSize = 4 }).Single();
        batch.Targets.data<long>().Should().Equal(0, 1);
        batch.Indices.Should().Equal(0, 1);
        part.Fingerprint(Preprocessing.ImageNet, augment: false).GetRawText().Should()
            .Be(Data.Subset([3, 0]).Fingerprint(Preprocessing.ImageNet, augment: false).GetRawText(), "the pictures are the same");
    }

    [Fact]
    public void Samples_are_left_out_in_any_order_and_once()
    {
        Data.Without([4, 0, 4]).Labels.Should().Equal(1, 0, 1, 1);
        Data.Without([]).Count.Should().Be(6);
        Data.Invoking(it => it.Without([6])).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*[0, 6)*");
        Data.Invoking(it => it.Relabel(new Dictionary<int, string> { [-1] = "class 0" })).Should().Throw<ArgumentOutOfRangeException>();
        Data.Invoking(it => it.Relabel(new Dictionary<int, string> { [1] = "clas 0" })).Should().Throw<ArgumentException>()
            .WithMessage("The dataset has no class 'clas 0'.*class 0*");
    }
}
