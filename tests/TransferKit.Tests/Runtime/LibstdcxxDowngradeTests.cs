using System.Runtime.CompilerServices;

namespace TransferKit.Tests.Runtime;

public sealed class LibstdcxxDowngradeTests
{
    [SkippableFact]
    public void The_library_no_longer_needs_the_newer_libstdcxx()
    {
        var library = ReadLibTorchSharp();
        var original = library.ToArray();

        LibstdcxxDowngrade.Apply(library).Should().BeTrue();

        NeedsGlibcxx32(original).Should().BeTrue();
        NeedsGlibcxx32(library).Should().BeFalse();
        ImportedNames(library).Should().Contain("_ZSt15get_new_handlerv").And.NotContain("_ZSt21ios_base_library_initv");
        ImportedNames(library).Except(ImportedNames(original)).Should().Equal("_ZSt15get_new_handlerv");
    }

    [SkippableFact]
    public void A_library_that_needs_nothing_newer_stays_as_it_is()
    {
        var library = ReadLibTorchSharp();
        LibstdcxxDowngrade.Apply(library);
        var once = library.ToArray();

        LibstdcxxDowngrade.Apply(library).Should().BeFalse();

        library.Should().Equal(once);
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(63)]
    [InlineData(4096)]
    [InlineData(-1)]
    public void A_library_cut_short_is_refused(int length)
    {
        var library = ReadLibTorchSharp();
        Array.Resize(ref library, length < 0 ? library.Length + length : length);

        var act = () => LibstdcxxDowngrade.Apply(library);

        act.Should().Throw<InvalidDataException>();
    }

    [Fact]
    public void A_file_of_another_kind_is_refused()
    {
        var act = () => LibstdcxxDowngrade.Apply(new byte[4096]);

        act.Should().Throw<InvalidDataException>().WithMessage("it is not a 64-bit little-endian ELF file");
    }

    [SkippableFact]
    public void Tables_that_point_anywhere_are_refused_and_never_followed()
    {
        var original = ReadLibTorchSharp();
        var sectionTable = checked((int)BitConverter.ToUInt64(original, 0x28));
        var (random, refused) = (new SeededRandom(0, 0), 0);
        for (var round = 0; round < 200; round++)
        {
            var library = original.ToArray();
            for (var i = 0; i < 20; i++)
                library[sectionTable + random.Next(library.Length - sectionTable)] = (byte)random.Next(256);
            try
            {
                LibstdcxxDowngrade.Apply(library);
            }
            catch (InvalidDataException)
            {
                // The only exception that may come out.
                refused++;
            }
        }
        refused.Should().BePositive();
    }

    private static byte[] ReadLibTorchSharp()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "TorchSharp's native library is an ELF file on Linux only.");
        return File.ReadAllBytes(NativeFiles.Find("LibTorchSharp")!);
    }

    private static bool NeedsGlibcxx32(byte[] library) =>
        !Unsafe.IsNullRef(ref new ElfFile(library).FindNeededVersion("GLIBCXX_3.4.32\0"u8));

    private static List<string> ImportedNames(byte[] library)
    {
        var elf = new ElfFile(library);
        var names = new List<string>();
        for (var i = 1; i < elf.SymbolCount; i++)
        {
            var rest = elf.NameAt(elf.SymbolAt(i).Name);
            if (elf.SymbolAt(i).Section == 0)
                names.Add(System.Text.Encoding.ASCII.GetString(rest[..rest.IndexOf((byte)0)]));
        }

        return names;
    }
}
