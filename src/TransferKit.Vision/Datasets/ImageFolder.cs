namespace TransferKit.Vision;

/// <summary>
/// A folder with one subfolder for each class, as torchvision's ImageFolder: the subfolders' names, sorted by their
/// characters' codes, are the classes; pictures may lie in folders below. Files and folders whose name begins with a dot
/// are skipped.
/// </summary>
public sealed class ImageFolder : ImageDataset
{
    private ImageFolder(string root, string[] classNames, ImageSource[] sources, int[] labels, ImageOptions options)
        : base(classNames, sources, Targets.Classes(labels, classNames.Length), options) => Root = root;

    /// <summary>The folder that was opened, as a full path.</summary>
    public string Root { get; }

    /// <summary>Lists a folder. Files are told by their extension here, and by their content when they are read.</summary>
    /// <param name="root">The folder that holds one subfolder a class.</param>
    /// <param name="options">How pictures are decoded and prepared; by default as PIL and torchvision do.</param>
    /// <exception cref="DatasetException">
    /// The folder is missing or can't be read, has fewer than two subfolders, or one of them holds no picture.
    /// </exception>
    public static ImageFolder Open(string root, ImageOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        root = Path.GetFullPath(root);
        if (!Directory.Exists(root))
        {
            var problem = File.Exists(root) ? "is a file, not a folder" : "does not exist";
            throw new DatasetException(
                root, $"The dataset folder '{root}' {problem}; give a folder with one subfolder of pictures for each class.");
        }

        try
        {
            return List(root, options ?? new ImageOptions());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException(
                root, $"The dataset folder '{root}' can't be listed: {exception.Message}", exception);
        }
    }

    private static ImageFolder List(string root, ImageOptions options)
    {
        var classNames = VisibleNames(Directory.EnumerateDirectories(root)).ToArray();
        Array.Sort(classNames, StringComparer.Ordinal);
        if (classNames.Length < 2)
        {
            var found = classNames.Length == 0 ? "no subfolder" : $"only the subfolder '{classNames[0]}'";
            throw new DatasetException(
                root,
                $"The dataset folder '{root}' has {found}; it needs one subfolder of pictures for each of two or more classes.");
        }

        var sources = new List<ImageSource>();
        var labels = new List<int>();
        for (var label = 0; label < classNames.Length; label++)
        {
            var folder = Path.Join(root, classNames[label]);
            AddPictures(folder, sources);
            if (sources.Count == labels.Count)
            {
                throw new DatasetException(
                    folder,
                    $"The class folder '{folder}' holds no picture (.jpg, .jpeg, .png, .bmp, .gif, .webp); add some or remove it.");
            }

            while (labels.Count < sources.Count)
                labels.Add(label);
        }

        return new ImageFolder(root, classNames, [.. sources], [.. labels], options);
    }

    /// <summary>The pictures of a folder and of those below it, in torchvision's order: by folder, then by name.</summary>
    private static void AddPictures(string folder, List<ImageSource> sources)
    {
        var folders = new List<string> { folder };
        for (var i = 0; i < folders.Count; i++)
        {
            var parent = folders[i];
            folders.AddRange(VisibleNames(Directory.EnumerateDirectories(parent)).Select(name => Path.Join(parent, name)));
        }

        folders.Sort(StringComparer.Ordinal);

        foreach (var parent in folders)
        {
            var names = VisibleNames(Directory.EnumerateFiles(parent));
            sources.AddRange(names.Where(IsPicture).Order(StringComparer.Ordinal).Select(name => new ImageFile(parent, name)));
        }
    }

    private static bool IsPicture(string name) =>
        FileStructure.FormatOfExtension(Path.GetExtension(name)) != ImageFormat.Unknown;

    private static IEnumerable<string> VisibleNames(IEnumerable<string> paths) =>
        paths.Select(path => Path.GetFileName(path)).Where(name => !name.StartsWith('.'));
}
