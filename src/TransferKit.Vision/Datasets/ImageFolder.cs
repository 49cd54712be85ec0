using Microsoft.Extensions.Logging;

namespace TransferKit.Vision;

/// <summary>
/// A folder with one subfolder for each class, as torchvision's ImageFolder: the subfolders' names, sorted by their
/// characters' codes, are the classes; pictures may lie in folders below. Files and folders whose name begins with a dot
/// are skipped; other files that are no pictures are listed in <see cref="ImageDataset.Ignored"/>.
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

    /// <summary>The folder that was opened, as a full path.</summary>
    public string Root { get; }

    /// <summary>Lists a folder. Files are told by their extension here, and by their content when they are read.</summary>
    /// <param name="root">The folder that holds one subfolder a class.</param>
    /// <param name="options">How pictures are decoded and prepared; by default as PIL and torchvision do, but upright.</param>
    /// <param name="classes">
    /// The classes, in their order, where they are known: <see cref="TransferModel.ClassNames"/> of a model, or the
    /// <see cref="Dataset.ClassNames"/> of other data. Some may have no subfolder or no picture here. Null: those that have one.
    /// </param>
    /// <exception cref="ArgumentException">No classes are given, or one is empty or there twice.</exception>
    /// <exception cref="DatasetException">
    /// The folder is missing or can't be read, has fewer than two subfolders, one of them holds no picture or is none of the given
    /// classes, a link leads back to where the dataset lies, or the subfolders are the parts of a dataset that is split already;
    /// or the cache's file can't be made.
    /// </exception>
    public static ImageFolder Open(string root, ImageOptions? options = null, IReadOnlyList<string>? classes = null)
    {
        if (classes is not null)
            ClassOrder.RequireNames(classes, nameof(classes));
        root = FindRoot(root);
        RefuseSplit(root);
        var folder = Open(root, options, classes is null ? null : [.. classes], cache: null);
        return folder.Count > 0
            ? folder
            : throw new DatasetException(
                root, $"The dataset folder '{root}' holds no picture of any of the classes {ClassOrder.Show(classes!)}.");
    }

    /// <summary>
    /// Lists a folder that is split already: in <c>train</c>, and in <c>val</c> (or <c>valid</c>, <c>validation</c>) or
    /// <c>test</c> or both, each with one subfolder a class. The classes are those of <c>train</c>; the others may lack some.
    /// </summary>
    /// <param name="root">The folder that holds the parts.</param>
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
        root = FindRoot(root);
        var train = FindPart(root, TrainNames) ?? throw new DatasetException(
            root, $"The dataset folder '{root}' has no subfolder 'train'; use {nameof(Open)} for one that is not split.");
        var validation = FindPart(root, ValidationNames);
        var test = FindPart(root, TestNames);
        if (validation is null && test is null)
            throw new DatasetException(
                root, $"The dataset folder '{root}' has neither 'val' nor 'test' beside 'train'; open '{train}' and split that.");

        var trainData = Open(train, options, classNames: null, cache: null);
        return new(trainData, OpenPart(validation), OpenPart(test));

        // The room that the options give is for all parts together.
        ImageFolder? OpenPart(string? part) =>
            part is null ? null : Open(part, options, [.. trainData.ClassNames], trainData.Cache);
    }

    private static ImageFolder Open(string root, ImageOptions? options, string[]? classNames, PixelCache? cache)
    {
        root = FindRoot(root);
        return Guard(root, () => List(root, options ?? new ImageOptions(), classNames, cache));
    }

    private static T Guard<T>(string root, Func<T> list)
    {
        try
        {
            return list();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException(
                root, $"The dataset folder '{root}' can't be listed: {exception.Message}", exception);
        }
    }

    private static string FindRoot(string root)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        root = Path.GetFullPath(root);
        if (Directory.Exists(root))
            return root;

        var problem = File.Exists(root) ? "is a file, not a folder" : "does not exist";
        throw new DatasetException(
            root, $"The dataset folder '{root}' {problem}; give a folder with one subfolder of pictures for each class.");
    }

    /// <summary>The subfolder with one of some names, in upper or lower case.</summary>
    private static string? FindPart(string root, string[] names)
    {
        var found = Array.FindAll(Folders(root), folder => names.Contains(folder, StringComparer.OrdinalIgnoreCase));
        if (found.Length > 1)
            throw new DatasetException(
                root, $"The dataset folder '{root}' has {string.Join(" and ", found)}; keep one of them.");
        return found.Length == 0 ? null : Path.Join(root, found[0]);
    }

    /// <summary>
    /// Read as classes, the parts of a split would train, and to high scores, on telling training pictures from the others.
    /// </summary>
    private static void RefuseSplit(string root)
    {
        var folders = Folders(root);
        var train = Among(TrainNames);
        string[] others = [.. Among(ValidationNames), .. Among(TestNames)];
        // Classes may be called so too; their folders have pictures in them.
        if (train.Length > 0 && others.Length > 0 && train.Concat(others).All(HoldsOnlyFolders))
            throw new DatasetException(
                root,
                $"The dataset folder '{root}' is split already, into {string.Join(", ", train.Concat(others))}; "
                + $"open it with {nameof(ImageFolder)}.{nameof(OpenSplits)}.");

        string[] Among(string[] names) =>
            [.. folders.Where(folder => names.Contains(folder, StringComparer.OrdinalIgnoreCase))];

        bool HoldsOnlyFolders(string folder) => Guard(root, () =>
        {
            var held = FolderListing.Entries(Path.Join(root, folder)).Where(entry => entry.Kind != EntryKind.Other);
            return held.Any() && held.All(entry => entry.Kind == EntryKind.Folder);
        });
    }

    /// <param name="root">The folder.</param>
    /// <param name="options">How pictures are decoded and prepared.</param>
    /// <param name="known">The classes that there are, of which some may have no pictures here; null: those found.</param>
    /// <param name="cache">Where decoded pictures are kept, shared with other parts; null: as the options say.</param>
    private static ImageFolder List(string root, ImageOptions options, string[]? known, PixelCache? cache)
    {
        var found = Folders(root);
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
                $"The dataset folder '{root}' has {few}; it needs one subfolder of pictures for each of two or more classes.");
        }

        var classNames = known ?? found;
        var listing = new FolderListing(root);
        var folders = new List<(int Label, string Path, List<string> Pictures)>();
        foreach (var name in found)
        {
            var ignoredBefore = listing.Ignored.Count;
            var ofClass = listing.FindPictures(name);
            if (known is null && ofClass.All(one => one.Pictures.Count == 0))
            {
                var folder = Path.Join(root, name);
                var holds = IgnoredFiles.Describe([.. listing.Ignored.Skip(ignoredBefore)]) is { Length: > 0 } others
                    ? $", but {others}" : "";
                throw new DatasetException(
                    folder,
                    $"The class folder '{folder}' holds no picture ({FileFormat.Extensions}){holds}; add some or remove it.");
            }

            var label = Array.IndexOf(classNames, name);
            folders.AddRange(ofClass.Select(one => (label, one.Path, one.Pictures)));
        }

        var sources = new ImageSource[folders.Sum(one => one.Pictures.Count)];
        var labels = new int[sources.Length];
        var next = 0;
        foreach (var (label, path, pictures) in folders)
            foreach (var name in pictures)
            {
                labels[next] = label;
                sources[next++] = new ImageFile(path, name);
            }

        if (listing.Ignored.Count > 0)
            options.Logger?.LogWarning(
                "{Count} files in the class folders of '{Root}' are ignored, as they are no pictures that can be read: {Files}",
                listing.Ignored.Count, root, IgnoredFiles.Describe(listing.Ignored));
        return new ImageFolder(root, classNames, sources, labels, listing.Ignored, options, cache);
    }

    private static string[] Folders(string root) => Guard(root, () => FolderListing.Entries(root)
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
