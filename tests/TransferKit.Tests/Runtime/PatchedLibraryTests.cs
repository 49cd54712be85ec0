namespace TransferKit.Tests.Runtime;

public sealed class PatchedLibraryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("transferkit-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public void The_copy_is_made_once_and_then_kept()
    {
        var copy = PatchedLibrary.Prepare(LibTorchSharp(), _folder)!;
        var longAgo = new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(copy, longAgo);

        PatchedLibrary.Prepare(LibTorchSharp(), _folder).Should().Be(copy);

        File.GetLastWriteTimeUtc(copy).Should().Be(longAgo);
    }

    [SkippableTheory]
    [InlineData(1000)]
    [InlineData(0)]
    [InlineData(null)]
    public void A_damaged_copy_is_made_again(int? length)
    {
        var copy = PatchedLibrary.Prepare(LibTorchSharp(), _folder)!;
        var good = File.ReadAllBytes(copy);
        using (var stream = File.OpenWrite(copy))
        {
            if (length is { } shorter)
                stream.SetLength(shorter);
            else
                stream.WriteByte(0);
        }

        PatchedLibrary.Prepare(LibTorchSharp(), _folder).Should().Be(copy);

        File.ReadAllBytes(copy).AsSpan().SequenceEqual(good).Should().BeTrue();
    }

    [SkippableFact]
    public void Another_version_of_the_library_gets_a_copy_of_its_own()
    {
        var other = Path.Join(_folder, "libLibTorchSharp.so");
        File.WriteAllBytes(other, [.. File.ReadAllBytes(LibTorchSharp()), 0]);

        PatchedLibrary.Prepare(other, _folder).Should().NotBe(PatchedLibrary.Prepare(LibTorchSharp(), _folder));
    }

    [SkippableFact]
    public void A_library_that_needs_no_patch_is_not_copied()
    {
        var patched = PatchedLibrary.Prepare(LibTorchSharp(), _folder)!;

        PatchedLibrary.Prepare(patched, _folder).Should().BeNull();
    }

    [SkippableFact]
    public async Task Several_at_once_get_the_same_whole_copy_and_leave_nothing_behind()
    {
        var original = LibTorchSharp();

        var copies = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Task.Run(() => PatchedLibrary.Prepare(original, _folder))));

        copies.Distinct().Should().ContainSingle();
        Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Should().Equal(copies[0]);
        new FileInfo(copies[0]!).Length.Should().Be(new FileInfo(original).Length);
    }

    private static string LibTorchSharp()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Only on Linux does libtorch depend on the system's libstdc++.");
        return NativeFiles.Find("LibTorchSharp")!;
    }
}
