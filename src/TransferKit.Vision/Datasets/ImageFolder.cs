using Microsoft.Extensions.Logging;

namespace TransferKit.Vision;

/// <summary>
/// A folder with one subfolder for each class, as torchvision's ImageFolder: the subfolders' names, sorted by their
/// characters' codes, are the classes; pictures may lie in folders below. Files and folders whose name begins with a dot
/// are skipped; other files that are no pictures are listed in <see cref="ImageDataset.Ignored"/>. The folder may also be packed
/// into a zip archive, or a tar archive that isn't compressed: pictures are read from where they lie in it.
/// </summary>
public sealed class ImageFolder : ImageDataset
{
    private static readonly string[] TrainNames = ["train", "training"];
    private static readonly string[] ValidationNames = ["val", "valid", "validation"];
    private static readonly string[] TestNames = ["test", "testing"];

    private ImageFolder(
        string root, string[] classNames, ImageSource[] sources, int[] labels, IReadOnlyList<string> ignored,
        ImageOptions options, PixelCache? cache)
        : base(classNames, sources, Targets.Classes(labels, classNames.Length), options, cache, ignored) => Root = root;

    /// <summary>
    /// The folder that was opened, as a full path; within an archive, the archive's and then the folder's own.
    /// </summary>
    public string Root { get; }

    /// <summary>Lists a folder. Files are told by their extension here, and by their content when they are read.</summary>
    /// <param name="root">The folder that holds one subfolder a class, or a zip or tar archive of it.</param>
    /// <param name="options">How pictures are decoded and prepared; by default as PIL and torchvision do, but upright.</param>
    /// <param name="classes">
    /// The classes, in their order, where they are known: <see cref="TransferModel.ClassNames"/> of a model, or the
    /// <see cref="Dataset.ClassNames"/> of other data. Some may have no subfolder or no picture here. Null: those that have one.
    /// </param>
    /// <exception cref="ArgumentException">No classes are given, or one is empty or there twice.</exception>
    /// <exception cref="DatasetException">
    /// The folder is missing or can't be read, has fewer than two subfolders, one of them holds no picture or is none of the
    /// given classes, a link leads back to where the dataset lies, or the subfolders are the parts of a dataset that is split
    /// already; or the cache's file can't be made.
    /// </exception>
    public static ImageFolder Open(string root, ImageOptions? options = null, IReadOnlyList<string>? classes = null)
    {
        if (classes is not null)
            ClassOrder.RequireNames(classes, nameof(classes));
        var folder = Find(root);
        RefuseSplit(folder);
        var data = List(folder, options, classes is null ? null : [.. classes], cache: null);
        return data.Count > 0
            ? data
            : throw new DatasetException(
                folder.FullPath,
                $"The dataset folder '{folder.FullPath}' holds no picture of any of the classes {ClassOrder.Show(classes!)}.");
    }

    /// <summary>
    /// Lists a folder that is split already: in <c>train</c>, and in <c>val</c> (or <c>valid</c>, <c>validation</c>) or
    /// <c>test</c> or both, each with one subfolder a class. The classes are those of <c>train</c>; the others may lack some.
    /// </summary>
    /// <param name="root">The folder that holds the parts, or a zip or tar archive of it.</param>
    /// <param name="options">
    /// How pictures are decoded and prepared; by default as PIL and torchvision do, but upright. The room of a cache is for all
    /// parts together.
    /// </param>
    /// <exception cref="DatasetException">
    /// The folder is missing or can't be read, has no <c>train</c> or nothing beside it, two folders for one part, a class that
    /// <c>train</c> has not, or <c>train</c> is no dataset; or the cache's file can't be made.
    /// </exception>
    public static FolderSplits OpenSplits(string root, ImageOptions? options = null)
    {
        var folder = Find(root);
        var train = FindPart(folder, TrainNames) ?? throw new DatasetException(
            folder.FullPath,
            $"The dataset folder '{folder.FullPath}' has no subfolder 'train'; use {nameof(Open)} for one that is not split.");
        var validation = FindPart(folder, ValidationNames);
        var test = FindPart(folder, TestNames);
        if (validation is null && test is null)
            throw new DatasetException(
                folder.FullPath,
                $"The dataset folder '{folder.FullPath}' has neither 'val' nor 'test' beside 'train'; "
                    + $"open '{train.FullPath}' and split that.");

        var trainData = List(train, options, known: null, cache: null);
        return new(trainData, OpenPart(validation), OpenPart(test));

        // The room that the options give is for all parts together.
        ImageFolder? OpenPart(DatasetFolder? part) =>
            part is null ? null : List(part, options, [.. trainData.ClassNames], trainData.Cache);
    }

    /// <summary>
    /// Lists a folder of pictures without labels, also in folders below it: for <see cref="LabelingExtensions"/>, maps, and what
    /// else needs none. All pictures count as of one class, <c>unlabeled</c>.
    /// </summary>
    /// <param name="root">The folder, or a zip or tar archive of it.</param>
    /// <param name="options">How pictures are decoded and prepared; by default as PIL and torchvision do, but upright.</param>
    /// <exception cref="DatasetException">
    /// The folder is missing, can't be read or holds no picture, or a link leads back to where it lies; or the cache's file can't
    /// be made.
    /// </exception>
    public static ImageFolder OpenUnlabeled(string root, ImageOptions? options = null)
    {
        var folder = Find(root, "a folder of pictures");
        return Guard(folder, () =>
        {
            var ignored = new List<string>();
            ImageSource[] sources = [.. folder.FindPictures(className: null, ignored)];
            if (sources.Length == 0)
                throw new DatasetException(
                    folder.FullPath, $"The folder '{folder.FullPath}' holds no picture ({FileFormat.Extensions}).");
            return new ImageFolder(folder.FullPath, ["unlabeled"], sources, new int[sources.Length], ignored,
                options ?? new ImageOptions(), cache: null);
        });
    }

    private static T Guard<T>(DatasetFolder folder, Func<T> list)
    {
        try
        {
            return list();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException(
                folder.FullPath, $"The dataset folder '{folder.FullPath}' can't be listed: {error.Message}", error);
        }
    }

    private static DatasetFolder Find(string root, string expected = "a folder with one subfolder of pictures for each class")
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        root = Path.GetFullPath(root);
        if (Directory.Exists(root))
            return new DiskFolder(root);
        if (File.Exists(root) && ArchiveFolder.TryOpen(root) is { } archive)
            return archive;
        var problem = File.Exists(root) ? "is a file, not a folder, nor a zip or tar archive" : "does not exist";
        throw new DatasetException(
            root, $"The dataset folder '{root}' {problem}; give {expected}.");
    }

    /// <summary>The subfolder with one of some names, in upper or lower case.</summary>
    private static DatasetFolder? FindPart(DatasetFolder folder, string[] names)
    {
        var found = Array.FindAll(Folders(folder), name => names.Contains(name, StringComparer.OrdinalIgnoreCase));
        if (found.Length > 1)
            throw new DatasetException(
                folder.FullPath, $"The dataset folder '{folder.FullPath}' has {string.Join(" and ", found)}; keep one of them.");
        return found.Length == 0 ? null : folder.Below(found[0]);
    }

    /// <summary>
    /// Read as classes, the parts of a split would train, and to high scores, on telling training pictures from the others.
    /// </summary>
    private static void RefuseSplit(DatasetFolder folder)
    {
        var folders = Folders(folder);
        var train = Among(TrainNames);
        string[] others = [.. Among(ValidationNames), .. Among(TestNames)];
        // Classes may be called so too; their folders have pictures in them.
        if (train.Length > 0 && others.Length > 0 && train.Concat(others).All(HoldsOnlyFolders))
            throw new DatasetException(
                folder.FullPath,
                $"The dataset folder '{folder.FullPath}' is split already, into {string.Join(", ", train.Concat(others))}; "
                + $"open it with {nameof(ImageFolder)}.{nameof(OpenSplits)}.");

        string[] Among(string[] names) =>
            [.. folders.Where(name => names.Contains(name, StringComparer.OrdinalIgnoreCase))];

        bool HoldsOnlyFolders(string name) => Guard(folder, () =>
        {
            var held = folder.Below(name).Entries().Where(entry => entry.Kind != EntryKind.Other);
            return held.Any() && held.All(entry => entry.Kind == EntryKind.Folder);
        });
    }

    /// <param name="folder">The folder.</param>
    /// <param name="options">How pictures are decoded and prepared.</param>
    /// <param name="known">The classes that there are, of which some may have no pictures here; null: those found.</param>
    /// <param name="cache">Where decoded pictures are kept, shared with other parts; null: as the options say.</param>
    private static ImageFolder List(DatasetFolder folder, ImageOptions? options, string[]? known, PixelCache? cache) =>
        Guard(folder, () => ListClasses(folder, options ?? new ImageOptions(), known, cache));

    private static ImageFolder ListClasses(DatasetFolder folder, ImageOptions options, string[]? known, PixelCache? cache)
    {
        var root = folder.FullPath;
        var found = Folders(folder);
        Array.Sort(found, StringComparer.Ordinal);
        if (known is not null && found.Except(known).FirstOrDefault() is { } foreign)
            throw new DatasetException(
                Path.Join(root, foreign),
                $"The folder '{Path.Join(root, foreign)}' is of none of the classes {ClassOrder.Show(known)}."
                + NearestNames.Hint(foreign, known));
        if (known is null && found.Length < 2)
        {
            var few = found.Length == 0 ? "no subfolder" : $"only the subfolder '{found[0]}'";
            throw new DatasetException(
                root,
                $"The dataset folder '{root}' has {few}; it needs one subfolder of pictures for each of two or more classes. "
                + $"Pictures without classes are opened by {nameof(OpenUnlabeled)}.");
        }

        var classNames = known ?? found;
        var ignored = new List<string>();
        var sources = new List<ImageSource>();
        var labels = new List<int>();
        foreach (var name in found)
        {
            var ignoredBefore = ignored.Count;
            var pictures = folder.FindPictures(name, ignored);
            if (known is null && pictures.Count == 0)
            {
                var classFolder = Path.Join(root, name);
                var holds = IgnoredFiles.Describe([.. ignored.Skip(ignoredBefore)]) is { Length: > 0 } others
                    ? $", but {others}" : "";
                throw new DatasetException(
                    classFolder,
                    $"The class folder '{classFolder}' holds no picture ({FileFormat.Extensions}){holds}; "
                        + "add some or remove it.");
            }

            sources.AddRange(pictures);
            labels.AddRange(Enumerable.Repeat(Array.IndexOf(classNames, name), pictures.Count));
        }

        if (ignored.Count > 0)
            options.Logger.LogWarning(
                "{Count} files in the class folders of '{Root}' are ignored, as they are no pictures that can be read: {Files}",
                ignored.Count, root, IgnoredFiles.Describe(ignored));
        return new ImageFolder(root, classNames, [.. sources], [.. labels], ignored, options, cache);
    }

    private static string[] Folders(DatasetFolder folder) => Guard(folder, () => folder.Entries()
        .Where(entry => entry.Kind == EntryKind.Folder).Select(entry => entry.Name).ToArray());
}

/// <summary>A folder that was split by its subfolders.</summary>
/// <param name="Train">The pictures to train on.</param>
/// <param name="Validation">The pictures to validate on, if there are any.</param>
/// <param name="Test">The pictures that are kept for the end, if there are any.</param>
public sealed record FolderSplits(ImageFolder Train, ImageFolder? Validation, ImageFolder? Test)
{
    /// <summary><c>700 training, 100 validation and 100 test pictures</c></summary>
    public override string ToString() =>
        $"{Train.Count} training, {Validation?.Count ?? 0} validation and {Test?.Count ?? 0} test pictures";
}
