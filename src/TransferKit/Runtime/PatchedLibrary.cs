using System.Security.Cryptography;

namespace TransferKit;

/// <summary>A patched copy of a native library, kept in a folder by the SHA-256 of the original.</summary>
internal static class PatchedLibrary
{
    /// <summary>Where copies are kept: <c>$XDG_CACHE_HOME/transferkit/native</c>, by default under <c>~/.cache</c>.</summary>
    public static string DefaultFolder => UserCache.Folder("native");

    /// <summary>
    /// The path of the patched copy of a library, made if it is missing or damaged; null if the library needs no patch.
    /// Several processes may do this at once: each writes a file of its own and renames it, so that nobody sees half a file.
    /// </summary>
    /// <param name="original">The library's path.</param>
    /// <param name="folder">The folder that holds the copies.</param>
    /// <exception cref="InvalidDataException">The library is not of the expected shape.</exception>
    /// <exception cref="IOException">The library can't be read, or the copy can't be written.</exception>
    public static string? Prepare(string original, string folder)
    {
        var bytes = File.ReadAllBytes(original);
        var key = Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (!LibstdcxxDowngrade.Apply(bytes))
            return null;
        var copy = Path.Join(folder, key, Path.GetFileName(original));
        if (!Holds(copy, bytes))
            Write(copy, bytes);
        return copy;
    }

    private static bool Holds(string path, byte[] expected)
    {
        var file = new FileInfo(path);
        return file.Exists && file.Length == expected.Length && File.ReadAllBytes(path).AsSpan().SequenceEqual(expected);
    }

    private static void Write(string path, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllBytes(temporary, bytes);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
