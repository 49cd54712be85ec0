namespace TransferKit.Vision;

/// <summary>A folder of a dataset: on a disk, or in an archive.</summary>
/// <param name="path">What messages call it: its full path, or the archive's and then its own.</param>
internal abstract class DatasetFolder(string path)
{
    /// <summary>Its full path; within an archive, the archive's and then its own.</summary>
    public string FullPath => path;

    /// <summary>What there is in it, in no order; names that begin with a dot don't count.</summary>
    public abstract IEnumerable<(string Name, EntryKind Kind)> Entries();

    /// <summary>A folder in it.</summary>
    public abstract DatasetFolder Below(string name);

    /// <summary>The pictures of a class folder and of those below it, in torchvision's order: by folder, then by name.</summary>
    /// <param name="className">The class folder; null: this folder itself.</param>
    /// <param name="ignored">
    /// Gets the paths of the files that are no pictures that can be read, as far as their names tell.
    /// </param>
    /// <exception cref="DatasetException">A link leads to where the dataset has been already.</exception>
    public abstract IReadOnlyList<ImageSource> FindPictures(string? className, List<string> ignored);
}

/// <summary>What an entry of a folder is, as far as its name tells.</summary>
internal enum EntryKind
{
    Folder,
    Picture,
    Other,
}
