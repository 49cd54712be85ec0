namespace TransferKit.Vision;

/// <summary>
/// A folder in an archive. What begins with a dot doesn't count, as on a disk, nor does <c>__MACOSX</c>, in which macOS puts
/// what other systems can't store.
/// </summary>
internal sealed class ArchiveFolder : DatasetFolder
{
    private readonly (string Name, ImageSource Image)[] _files;

    private ArchiveFolder(string path, (string Name, ImageSource Image)[] files)
        : base(path) => _files = files;

    /// <summary>
    /// Opens an archive. Most are made of one folder that holds all the others; then that is the folder.
    /// </summary>
    /// <param name="path">The archive, as a full path.</param>
    /// <returns>Null if the file is of no kind of archive that can be read.</returns>
    /// <exception cref="DatasetException">The archive can't be read.</exception>
    public static ArchiveFolder? TryOpen(string path)
    {
        List<(string Name, ImageSource Image)> files;
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".zip":
                files = new ZipImages(path).Files();
                break;
            case ".tar" or ".gz" or ".tgz" or ".bz2" or ".xz" or ".zst":
                files = [.. TarArchive.Files(path).Select(file => (file.Name, (ImageSource)new ImagePart(file.Part, file.Name)))];
                break;
            default:
                return null;
        }

        var root = new ArchiveFolder(
            path, [.. files.Select(file => (Name: Tidy(file.Name), file.Image)).Where(file => Counts(file.Name))]);
        while (root.OnlyFolder() is { } below)
            root = below;
        return root;
    }

    // Below each folder in it, the files with what their names are from there on.
    private ILookup<string, (string Name, ImageSource Image)> Folders => field ??= _files
        .Where(file => file.Name.Contains('/'))
        .ToLookup(file => file.Name[..file.Name.IndexOf('/')], file => (file.Name[(file.Name.IndexOf('/') + 1)..], file.Image));

    public override IEnumerable<(string Name, EntryKind Kind)> Entries() =>
    [
        .. Folders.Select(folder => (folder.Key, EntryKind.Folder)),
        .. _files.Where(file => !file.Name.Contains('/')).Select(file => (file.Name, KindOf(file.Name))),
    ];

    public override ArchiveFolder Below(string name) => new(Path.Join(FullPath, name), [.. Folders[name]]);

    public override IReadOnlyList<ImageSource> FindPictures(string? className, List<string> ignored)
    {
        var files = (className is null ? this : Below(className))._files.ToLookup(file => KindOf(file.Name) == EntryKind.Picture);
        ignored.AddRange(files[false].Select(file => file.Image.Name));
        return [.. files[true].OrderBy(file => FolderOf(file.Name), StringComparer.Ordinal)
            .ThenBy(file => file.Name, StringComparer.Ordinal).Select(file => file.Image)];
    }

    private ArchiveFolder? OnlyFolder()
    {
        var entries = Entries().Where(entry => entry.Kind != EntryKind.Other).ToArray();
        return entries is [(var name, EntryKind.Folder)] && Below(name) is var below
            && below.Entries().Any(entry => entry.Kind == EntryKind.Folder) ? below : null;
    }

    private static EntryKind KindOf(string name) =>
        FileFormat.OfExtension(Path.GetExtension(name.AsSpan())) != ImageFormat.Unknown ? EntryKind.Picture : EntryKind.Other;

    private static string FolderOf(string name) => name[..(name.LastIndexOf('/') + 1)];

    /// <summary>Some programs write backslashes, and tar often puts <c>./</c> in front.</summary>
    private static string Tidy(string name) =>
        string.Join('/', name.Split(['/', '\\'], StringSplitOptions.RemoveEmptyEntries).SkipWhile(segment => segment == "."));

    private static bool Counts(string name) => name.Length > 0
        && !name.StartsWith("__MACOSX/", StringComparison.Ordinal) && !name.Split('/').Any(segment => segment[0] == '.');
}
