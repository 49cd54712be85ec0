namespace TransferKit.Tests.Runtime;

public sealed class ExternalLibtorchTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_folder_with_the_libraries_may_be_named_or_the_one_above()
    {
        ExternalLibtorch.FindLibraries(_folder).Should().Be(_folder);
        var libraries = Directory.CreateDirectory(Path.Join(_folder, "lib")).FullName;
        File.WriteAllBytes(Path.Join(libraries, NativeFiles.NameOf("torch")), []);
        ExternalLibtorch.FindLibraries(_folder).Should().Be(libraries);
        ExternalLibtorch.FindLibraries(libraries).Should().Be(libraries);
    }

    [Fact]
    public void A_program_with_a_libtorch_of_its_own_is_told_so()
    {
        ExternalLibtorch.Load(_folder).Should().Be($"TRANSFERKIT_LIBTORCH is set, but the program brings its own libtorch, "
            + $"{NativeFiles.FindOwn("torch")}. Publish it without a libtorch package, or unset TRANSFERKIT_LIBTORCH.");
    }

    [Fact]
    public void None_is_loaded_unless_the_variable_names_one()
    {
        ExternalLibtorch.Folder.Should().BeNull();
        ExternalLibtorch.Problem.Should().BeNull();
    }
}
