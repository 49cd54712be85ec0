using System.IO.Enumeration;

namespace TransferKit.Vision;

/// <summary>
/// Lists the folders of a dataset. Files and folders whose name begins with a dot don't count. Links are followed, but never to
/// where the dataset lies: the pictures of one class would become another's, or there would be no end.
/// </summary>
/// <param name="root">The folder that holds the class folders, as a full path.</param>
internal sealed class FolderListing(string root)
{
    private readonly string _realRoot = Resolve(root);

    // By where they are once links are followed, with the path by which they were found.
    private readonly Dictionary<string, string> _found = [];

    /// <summary>The files so far that are no pictures that can be read, as far as their extensions tell.</summary>
    public List<string> Ignored { get; } = [];

    /// <summary>What there is in a folder; no string is made for whole paths.</summary>
    public static FileSystemEnumerable<(string Name, EntryKind Kind)> Entries(string folder) => new(
        folder,
        (ref entry) => (entry.FileName.ToString(), KindOf(ref entry)),
        new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false })
    {
        ShouldIncludePredicate = (ref entry) => entry.FileName[0] != '.',
    };

    /// <summary>The pictures of a class folder and of those below it, in torchvision's order: by folder, then by name.</summary>
    /// <exception cref="DatasetException">A link leads to where the dataset has been already.</exception>
    public List<(string Path, List<string> Pictures)> FindPictures(string className)
    {
        var folders = new List<(string Path, List<string> Pictures)>();
        var waiting = new Stack<(string Path, string RealPath)>();
        Visit(Path.Join(root, className), _realRoot);
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
                    Ignored.Add(Path.Join(folder.Path, name));
            }

            pictures.Sort(StringComparer.Ordinal);
            folders.Add((folder.Path, pictures));
        }

        folders.Sort((one, other) => string.CompareOrdinal(one.Path, other.Path));
        return folders;

        void Visit(string path, string realParent) => waiting.Push((path, Find(path, realParent)));
    }

    /// <summary>Where a folder is once links are followed.</summary>
    private string Find(string path, string realParent)
    {
        var isLink = Directory.ResolveLinkTarget(path, returnFinalTarget: false) is not null;
        var real = isLink ? Resolve(path) : Path.Join(realParent, Path.GetFileName(path));
        if (isLink && Holds(real, _realRoot))
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

/// <summary>What an entry of a folder is, as far as its name tells.</summary>
internal enum EntryKind
{
    Folder,
    Picture,
    Other,
}
