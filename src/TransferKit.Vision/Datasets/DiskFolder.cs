using System.IO.Enumeration;

namespace TransferKit.Vision;

/// <summary>
/// A folder on a disk. Files and folders whose name begins with a dot don't count. Links are followed, but never to where the
/// dataset lies: the pictures of one class would become another's, or there would be no end.
/// </summary>
/// <param name="path">The folder, as a full path.</param>
internal sealed class DiskFolder(string path) : DatasetFolder(path)
{
    // By where they are once links are followed, with the path by which they were found.
    private readonly Dictionary<string, string> _found = [];

    private string RealPath => field ??= Resolve(FullPath);

    public override IEnumerable<(string Name, EntryKind Kind)> Entries() => Entries(FullPath);

    public override DiskFolder Below(string name) => new(Path.Join(FullPath, name));

    public override IReadOnlyList<ImageSource> FindPictures(string? className, List<string> ignored)
    {
        var folders = new List<(string Path, List<string> Pictures)>();
        var waiting = new Stack<(string Path, string RealPath)>();
        if (className is null)
            waiting.Push((FullPath, RealPath));
        else
            Visit(Path.Join(FullPath, className), RealPath);
        while (waiting.TryPop(out var folder))
        {
            var pictures = new List<string>();
            foreach (var (name, kind) in Entries(folder.Path))
            {
                if (kind == EntryKind.Folder)
                    Visit(Path.Join(folder.Path, name), folder.RealPath);
                else if (kind == EntryKind.Picture)
                    pictures.Add(name);
                else
                    ignored.Add(Path.Join(folder.Path, name));
            }

            pictures.Sort(StringComparer.Ordinal);
            folders.Add((folder.Path, pictures));
        }

        folders.Sort((one, other) => string.CompareOrdinal(one.Path, other.Path));
        return [.. folders.SelectMany(folder => folder.Pictures, (folder, name) => new ImageFile(folder.Path, name))];

        void Visit(string path, string realParent) => waiting.Push((path, Find(path, realParent)));
    }

    /// <summary>What there is in a folder; no string is made for whole paths.</summary>
    private static FileSystemEnumerable<(string Name, EntryKind Kind)> Entries(string folder) => new(
        folder,
        (ref entry) => (entry.FileName.ToString(), KindOf(ref entry)),
        new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false })
    {
        ShouldIncludePredicate = (ref entry) => entry.FileName[0] != '.',
    };

    /// <summary>Where a folder is once links are followed.</summary>
    private string Find(string path, string realParent)
    {
        var isLink = Directory.ResolveLinkTarget(path, returnFinalTarget: false) is not null;
        var real = isLink ? Resolve(path) : Path.Join(realParent, Path.GetFileName(path));
        if (isLink && Holds(real, RealPath))
            throw new DatasetException(
                path, $"The link '{path}' leads back to '{real}', where the dataset itself lies; remove it.");
        if (!_found.TryAdd(real, path))
            throw new DatasetException(
                path,
                $"'{path}' and '{_found[real]}' are the same folder, '{real}', so that its pictures would count twice; "
                + "remove the link.");
        return real;
    }

    private static bool Holds(string folder, string other) => Path.GetRelativePath(folder, other) is var relative
        && !Path.IsPathRooted(relative) && relative.Split(Path.DirectorySeparatorChar)[0] != "..";

    /// <summary>A path without links on its way.</summary>
    private static string Resolve(string path)
    {
        var real = Path.GetPathRoot(path)!;
        foreach (var segment in path[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Join(real, segment);
            if (Directory.ResolveLinkTarget(real, returnFinalTarget: false) is { } target)
                real = Resolve(target.FullName);
        }

        return real;
    }

    private static EntryKind KindOf(ref FileSystemEntry entry) =>
        entry.IsDirectory ? EntryKind.Folder
        : FileFormat.OfExtension(Path.GetExtension(entry.FileName)) != ImageFormat.Unknown ? EntryKind.Picture
        : EntryKind.Other;
}
