using System.Text;

namespace TransferKit.Vision;

/// <summary>A sample of a <see cref="WebDataset"/>: the files of one name in a shard.</summary>
public sealed class WebDatasetSample
{
    private readonly string _shard;
    private readonly IReadOnlyDictionary<string, FilePart> _files;

    internal WebDatasetSample(string shard, string key, ImageSource image, IReadOnlyDictionary<string, FilePart> files) =>
        (_shard, Key, Image, _files) = (shard, key, image, files);

    /// <summary>The name of its files up to the first dot, with their folder in the shard: <c>train/000001</c>.</summary>
    public string Key { get; }

    /// <summary>The picture.</summary>
    public ImageSource Image { get; }

    /// <summary>
    /// What its files are told apart by: their names from the first dot on, in lower case: <c>jpg</c>, <c>cls</c>.
    /// </summary>
    public IEnumerable<string> Extensions => _files.Keys;

    /// <summary>Reads one of its files as text in UTF-8, without white space around it.</summary>
    /// <param name="extension">
    /// Which, such as <c>cls</c>; the first of several that the sample has, where they are separated by semicolons.
    /// </param>
    /// <exception cref="DatasetException">It has no such file, or it can't be read.</exception>
    public string Text(string extension)
    {
        ArgumentException.ThrowIfNullOrEmpty(extension);
        var found = Find(extension);
        var name = NameOf(found);
        using var buffer = new NativeBuffer();
        try
        {
            return Encoding.UTF8.GetString(_files[found].Read(name, buffer)).Trim();
        }
        catch (ImageException error)
        {
            throw new DatasetException(_shard, $"'{name}' can't be read: {error.Reason}.", error);
        }
    }

    /// <summary>The first of some extensions that it has, separated by semicolons.</summary>
    /// <param name="extensions">The extensions.</param>
    /// <param name="advice">What the message says at its end.</param>
    /// <exception cref="DatasetException">It has none.</exception>
    internal string Find(string extensions, string advice = "") => extensions.Split(';').FirstOrDefault(_files.ContainsKey)
        ?? throw new DatasetException(
            _shard, $"The sample '{Key}' of '{_shard}' has no file '{extensions}'; "
                + $"it has {string.Join(", ", Extensions)}.{advice}");

    /// <summary>What messages call one of its files.</summary>
    internal string NameOf(string extension) => $"{Path.Join(_shard, Key)}.{extension}";
}
