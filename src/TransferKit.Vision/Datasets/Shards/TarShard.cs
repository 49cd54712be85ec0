namespace TransferKit.Vision;

/// <summary>Groups the files of a tar archive into samples, as the WebDataset library does.</summary>
/// <param name="path">The archive, as a full path.</param>
internal sealed class TarShard(string path)
{
    // Reading so much takes a disk that turns ten times as long as finding it.
    private const int StretchBytes = 16 << 20;

    /// <summary>Files that belong to no sample, as their names have no extension: full names.</summary>
    public List<string> Ignored { get; } = [];

    /// <summary>The samples, in their order.</summary>
    /// <param name="imageExtension">
    /// Which files are the pictures, several alternatives separated by semicolons; null: the one with a picture's extension.
    /// </param>
    /// <param name="memory">Where pictures are kept that are read in stretches; null: each is read alone.</param>
    /// <exception cref="DatasetException">
    /// The archive can't be read, a sample has no picture or several, or two files of the same name.
    /// </exception>
    public List<WebDatasetSample> Read(string? imageExtension, BlockMemory? memory)
    {
        var found = Group()
            .Select(sample => (sample.Key, sample.Files, Image: FindImage(sample.Key, sample.Files, imageExtension)))
            .ToList();
        var images = Images([.. found.Select(sample => sample.Files[sample.Image])],
            [.. found.Select(sample => $"{sample.Key}.{sample.Image}")], memory);
        return [.. found.Zip(images, (sample, image) => new WebDatasetSample(path, sample.Key, image, sample.Files))];
    }

    /// <summary>Files that follow each other and have the same name up to its first dot are a sample.</summary>
    private List<(string Key, Dictionary<string, FilePart> Files)> Group()
    {
        var samples = new List<(string Key, Dictionary<string, FilePart> Files)>();
        foreach (var (name, part) in TarArchive.Files(path))
        {
            var dot = name.IndexOf('.', name.LastIndexOf('/') + 1);
            if (IsAboutTheShard(name))
                continue;
            if (dot <= name.LastIndexOf('/') + 1)
            {
                Ignored.Add(Path.Join(path, name));
                continue;
            }

            var (key, extension) = (name[..dot], name[(dot + 1)..].ToLowerInvariant());
            if (samples.Count == 0 || samples[^1].Key != key)
                samples.Add((key, []));
            if (!samples[^1].Files.TryAdd(extension, part))
                throw new DatasetException(path, $"The archive '{path}' holds '{name}' twice in a row; write it again.");
        }

        return samples;
    }

    /// <summary>Such as <c>__index__.json</c>.</summary>
    private static bool IsAboutTheShard(string name) =>
        name.Split('/', '.')[0] is ['_', '_', .., '_', '_'] and { Length: > 4 };

    private string FindImage(string key, Dictionary<string, FilePart> files, string? wanted)
    {
        string[] found = wanted is null
            ? [.. files.Keys.Where(one => FileFormat.OfExtension(Path.GetExtension($".{one}".AsSpan())) != ImageFormat.Unknown)]
            : [.. wanted.Split(';').Where(files.ContainsKey).Take(1)];
        if (found.Length == 1)
            return found[0];
        var problem = found.Length > 1 ? $"has several pictures, {string.Join(" and ", found)}; say which is meant with"
            : wanted is null
                ? $"has no picture ({FileFormat.Extensions}); it has {string.Join(", ", files.Keys)}. Say which is one with"
            : $"has no '{wanted}'; it has {string.Join(", ", files.Keys)}. Give another";
        throw new DatasetException(path, $"The sample '{key}' of '{path}' {problem} imageExtension.");
    }

    private IEnumerable<ImageSource> Images(FilePart[] parts, string[] names, BlockMemory? memory) => memory is null
        ? parts.Zip(names, (part, name) => new ImagePart(part, name))
        : Stretches(parts, memory).SelectMany(stretch => stretch)
            .Zip(names, (place, name) => new BlockImage(place.Stretch, place.Index, path, name));

    /// <summary>The place of each picture in a stretch that ends where the next picture would make it too long.</summary>
    private static IEnumerable<IEnumerable<(TarStretch Stretch, int Index)>> Stretches(FilePart[] parts, BlockMemory memory)
    {
        for (var first = 0; first < parts.Length;)
        {
            var end = first + 1;
            while (end < parts.Length && parts[end].Offset + parts[end].Length - parts[first].Offset <= StretchBytes)
                end++;
            var stretch = new TarStretch(parts[first..end], memory);
            yield return Enumerable.Range(0, end - first).Select(index => (stretch, index));
            first = end;
        }
    }
}
