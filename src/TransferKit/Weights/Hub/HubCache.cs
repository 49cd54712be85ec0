using System.Text;

namespace TransferKit;

/// <summary>
/// A repository's folder in the hub's cache, as Python's huggingface_hub lays it out: contents by their hash in <c>blobs</c>, the
/// files of each commit in <c>snapshots</c> as links to them, the commits that branches and tags last meant in <c>refs</c>, and
/// in <c>.no_exist</c> what a commit is known not to have.
/// </summary>
internal sealed class HubCache(string cacheFolder, HubRepository repository, bool makesLinks)
{
    private readonly string _folder = Path.Join(cacheFolder, repository.FolderName);

    /// <summary>The commit that the revision meant when it was last asked for; null: it never was.</summary>
    public string? Commit
    {
        get
        {
            var path = Path.Join(_folder, "refs", repository.Revision);
            return repository.IsCommit ? repository.Revision : File.Exists(path) ? File.ReadAllText(path).Trim() : null;
        }
    }

    /// <summary>The file in which whoever downloads a content has a lock.</summary>
    public string LockPath(string version) => Path.Join(cacheFolder, ".locks", repository.FolderName, $"{version}.lock");

    /// <summary>Where a content lies, whatever files of whatever commits have it.</summary>
    public string BlobPath(string version) => Path.Join(_folder, "blobs", version);

    /// <summary>The path of a commit's file.</summary>
    public string PathOf(string commit, string file) => Path.Join(SnapshotOf(commit), file);

    /// <summary>Whether a commit's file is there.</summary>
    public bool Has(string commit, string file)
    {
        var path = PathOf(commit, file);
        // A link is there also where its content is gone.
        return File.Exists(path) && File.ResolveLinkTarget(path, returnFinalTarget: true) is not { Exists: false };
    }

    /// <summary>Whether any of a commit's files is there.</summary>
    public bool HasSome(string commit) => Directory.Exists(SnapshotOf(commit));

    /// <summary>Whether it is known that the commit has no such file.</summary>
    public bool IsMissing(string commit, string file) => File.Exists(Path.Join(_folder, ".no_exist", commit, file));

    /// <summary>Keeps that a commit has no such file.</summary>
    public void SetMissing(string commit, string file)
    {
        var path = Path.Join(_folder, ".no_exist", commit, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, []);
    }

    /// <summary>Keeps which commit the revision means now.</summary>
    public void SetCommit(string commit)
    {
        if (commit != Commit)
            AtomicFile.Write(
                Path.Join(_folder, "refs", repository.Revision), stream => stream.Write(Encoding.ASCII.GetBytes(commit)));
    }

    /// <summary>Gives a content the name that it has in a commit.</summary>
    /// <param name="version">The content's.</param>
    /// <param name="commit">The commit.</param>
    /// <param name="file">The file's name in it.</param>
    /// <param name="isNew">Whether the content has no name yet.</param>
    public void Link(string version, string commit, string file, bool isNew)
    {
        var (blob, path) = (BlobPath(version), PathOf(commit, file));
        var folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder);
        // A link whose content is gone.
        File.Delete(path);
        if (makesLinks && TryLink(path, Path.GetRelativePath(folder, blob)))
            return;
        if (isNew)
            File.Move(blob, path);
        else
            File.Copy(blob, path);
    }

    private string SnapshotOf(string commit) => Path.Join(_folder, "snapshots", commit);

    private static bool TryLink(string path, string target)
    {
        try
        {
            File.CreateSymbolicLink(path, target);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            // Windows lets administrators and developers make links, and some file systems have none.
            return false;
        }
    }
}
