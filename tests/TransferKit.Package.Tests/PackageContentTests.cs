using System.IO.Compression;
using System.Xml.Linq;

namespace TransferKit.Package.Tests;

[Collection("packed")]
public sealed class PackageContentTests(PackedLibrary packed)
{
    [Theory]
    [InlineData("TransferKit")]
    [InlineData("TransferKit.Vision")]
    [InlineData("TransferKit.Vision.Parquet")]
    [InlineData("TransferKit.Onnx")]
    [InlineData("TransferKit.Mpi")]
    public void A_package_says_what_it_is_and_holds_the_library_alone(string name)
    {
        using var zip = ZipFile.OpenRead(packed.Package(name));
        var files = zip.Entries.Select(entry => entry.FullName).ToList();
        files.Should().Contain([$"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml", "PACKAGE.md", "icon.png"]);
        files.Where(file => file.EndsWith(".dll", StringComparison.Ordinal))
            .Should().ContainSingle("libtorch is chosen by programs");

        using var stream = zip.GetEntry($"{name}.nuspec")!.Open();
        var metadata = XDocument.Load(stream).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
        Text("license").Should().Be("MIT");
        Text("readme").Should().Be("PACKAGE.md");
        Text("icon").Should().Be("icon.png");
        Text("tags").Should().Contain("transfer-learning");
        Text("description").Should().NotBeEmpty();
        metadata.Descendants().Where(element => element.Name.LocalName == "dependency")
            .Select(element => element.Attribute("id")!.Value)
            .Should().NotContain(id => id.StartsWith("libtorch", StringComparison.Ordinal));

        string Text(string element) => metadata.Elements().Single(found => found.Name.LocalName == element).Value;
    }

    [Theory]
    [InlineData("TransferKit.Vision", "TransferKit")]
    [InlineData("TransferKit.Vision.Parquet", "TransferKit.Vision")]
    [InlineData("TransferKit.Onnx", "TransferKit.Vision")]
    [InlineData("TransferKit.Mpi", "TransferKit")]
    public void A_library_needs_that_version_whose_internals_it_uses(string name, string used)
    {
        using var zip = ZipFile.OpenRead(packed.Package(name));
        using var stream = zip.GetEntry($"{name}.nuspec")!.Open();
        XDocument.Load(stream).Descendants().Single(element => element.Attribute("id")?.Value == used)
            .Attribute("version")!.Value.Should().Be($"[{packed.Version}]");
    }

    [Fact]
    public void The_package_of_weights_holds_them_in_half_precision_with_their_licence_and_no_code()
    {
        using var zip = ZipFile.OpenRead(packed.Package("TransferKit.Weights.ResNet20"));
        var files = zip.Entries.ToDictionary(entry => entry.FullName, entry => entry.Length);
        files.Should().ContainKeys("buildTransitive/TransferKit.Weights.ResNet20.targets",
            "licenses/Microsoft.ML.DnnImageFeaturizer.ResNet18/LICENSE",
            "licenses/Microsoft.ML.DnnImageFeaturizer.ResNet18/THIRD-PARTY-NOTICES.TXT", "PACKAGE.md");
        (files["weights/resnet20.safetensors"] / 1e6).Should().BeInRange(30, 33);
        files.Keys.Should().NotContain(file => file.EndsWith(".dll", StringComparison.Ordinal));

        using var stream = zip.GetEntry("TransferKit.Weights.ResNet20.nuspec")!.Open();
        XDocument.Load(stream).Descendants().Where(element => element.Name.LocalName == "dependency")
            .Select(element => element.Attribute("id")!.Value).Should().Equal("TransferKit");
    }

    [Theory]
    [InlineData("TransferKit")]
    [InlineData("TransferKit.Vision")]
    [InlineData("TransferKit.Vision.Parquet")]
    [InlineData("TransferKit.Onnx")]
    [InlineData("TransferKit.Mpi")]
    public void Symbols_come_in_a_package_of_their_own(string name)
    {
        using var zip = ZipFile.OpenRead(packed.Symbols(name));
        zip.Entries.Select(entry => entry.FullName).Should().Contain($"lib/net10.0/{name}.pdb");
    }
}
