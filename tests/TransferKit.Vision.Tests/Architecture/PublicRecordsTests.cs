using System.Reflection;

namespace TransferKit.Vision.Tests.Architecture;

/// <summary>What the public records of every library have in common.</summary>
public sealed class PublicRecordsTests
{
    /// <summary>More values in a row are mistaken for each other, and one more would break every caller.</summary>
    private const int MostPositions = 4;

    private static readonly Type[] Records = [.. Libraries().SelectMany(library => library.GetExportedTypes())
        .Where(type => type.GetMethod("PrintMembers", BindingFlags.Instance | BindingFlags.NonPublic) is not null)];

    [Fact]
    public void Records_of_all_kinds_are_found() =>
        Records.Should().Contain([typeof(TrainingOptions), typeof(RocPoint), typeof(DatasetSplit), typeof(Pad),
            typeof(OnnxPredictorOptions)]);

    [Fact]
    public void None_has_more_than_four_members_by_position() =>
        (from record in Records
         from method in record.GetConstructors().Concat<MethodBase>(record.GetMethods().Where(one => one.Name == "Deconstruct"))
         where method.GetParameters().Length > MostPositions
         select $"{method.DeclaringType!.Name}.{method.Name}").Should().BeEmpty("they get required properties instead");

    [Fact]
    public void None_has_to_be_disposed() =>
        Records.Where(record => record.IsAssignableTo(typeof(IDisposable))).Should().BeEmpty("a copy would be disposed too");

    /// <summary>The libraries that the tests are built with.</summary>
    private static IEnumerable<Assembly> Libraries() => Assembly.GetExecutingAssembly().GetReferencedAssemblies()
        .Where(name => name.Name!.StartsWith("TransferKit", StringComparison.Ordinal)).Select(Assembly.Load);
}
