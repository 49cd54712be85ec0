using System.Reflection;
using TransferKit.Vision.Tests.Docs;

namespace TransferKit.Vision.Tests.Architecture;

/// <summary>The order of folders that docs/architecture.md draws holds for the compiled types.</summary>
public sealed class FolderOrderTests
{
    public static TheoryData<Assembly> Libraries => [typeof(TransferModel).Assembly, typeof(Predictor).Assembly];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_folder_uses_only_those_above_it(Assembly library)
    {
        var order = OrderOf(library);
        FolderReferences.Of(library).Where(found => order.IndexOf(found.To) > order.IndexOf(found.From))
            .Select(found => $"{found}").ToList().Should().BeEmpty(
                "docs/architecture.md draws the order of folders: move the type, or what it uses, to where it belongs");
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Every_folder_has_a_place(Assembly library) =>
        OrderOf(library).Should().BeEquivalentTo(SourceFolders.Of(library).Values.Distinct());

    [Fact]
    public void Uses_of_all_kinds_are_found()
    {
        FolderReference[] some =
        [
            new("Training", "Backbones", nameof(TrainingEngine), nameof(Network)),
            new("Training", "Metrics", nameof(TrainingEngine), nameof(EvaluationResult)),
            // An enum has no code that says where it is written.
            new(".", "Models", nameof(TransferPlan), nameof(BatchNormMode)),
            new("Models", "Data", nameof(LiveModel), nameof(ReadOptions)),
            new("CrossValidation", ".", nameof(CrossValidation), nameof(TransferPlan)),
        ];
        FolderReferences.Of(typeof(TransferModel).Assembly).Should().Contain(some);
    }

    /// <summary>The folders in the table of a library, first to last.</summary>
    private static List<string> OrderOf(Assembly library) =>
    [
        .. File.ReadLines(Repository.Path("docs/architecture.md"))
            .SkipWhile(line => !line.StartsWith($"| folder of `src/{library.GetName().Name}` |", StringComparison.Ordinal))
            .Skip(2).TakeWhile(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1]),
    ];
}
