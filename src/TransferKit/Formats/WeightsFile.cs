using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// An open file of weights: the names, types and shapes of its tensors, whose values are read when they are wanted.
/// The format is found by content. Reading any file, however damaged or hostile, gives tensors or a
/// <see cref="WeightsException"/>. Not safe for use by several threads at once.
/// </summary>
internal sealed class WeightsFile : IDisposable
{
    private readonly List<FileBytes> _files = [];

    private WeightsFile(string path) => Path = path;

    /// <summary>The file, or the index of a sharded one.</summary>
    public string Path { get; }

    /// <summary>The tensors by the names they have in the file.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Tensors { get; private set; } = new Dictionary<string, StoredTensor>();

    /// <summary>The nodes that use the tensors, each behind those that it needs; null where the format has no graph.</summary>
    public IReadOnlyList<OnnxNode>? Graph { get; set; }

    /// <summary>How images are to be prepared, where the file says it.</summary>
    public Preprocessing? Preprocessing { get; set; }

    /// <summary>How the tensors came by their names.</summary>
    public WeightsMatch Match { get; private set; }

    /// <summary>
    /// Why tensors with names that the model doesn't have couldn't be told by their structure; null: they could.
    /// </summary>
    public string? Mismatch { get; set; }

    /// <summary>Gives the tensors the names that the model has for them.</summary>
    public void Name(IReadOnlyDictionary<string, StoredTensor> tensors, WeightsMatch match) =>
        (Tensors, Match) = (tensors, match);

    /// <exception cref="WeightsException">The file is missing, damaged, unsafe or of an unknown kind.</exception>
    public static WeightsFile Open(string path) => Read(path, FileFormat.Read);

    /// <summary>Tensors in memory in the guise of a file; they stay the caller's.</summary>
    public static WeightsFile FromStateDict(IReadOnlyDictionary<string, Tensor> stateDict) => Read(
        "state_dict", _ => stateDict.ToDictionary(pair => pair.Key, pair => (StoredTensor)new MemoryTensor(pair.Value)));

    private static WeightsFile Read(string path, Func<WeightsFile, IReadOnlyDictionary<string, StoredTensor>> read)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var file = new WeightsFile(path);
        try
        {
            file.Tensors = read(file);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file that belongs to this one and is closed with it.</summary>
    public FileBytes OpenPart(string path)
    {
        var bytes = FileBytes.Open(path);
        _files.Add(bytes);
        return bytes;
    }

    /// <summary>The path of another file in this one's folder, or below it.</summary>
    /// <exception cref="WeightsException">The name would lead out of the folder.</exception>
    public string PathBeside(string name)
    {
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;
        // Combine, and not Join: an absolute name stays one, and leads out.
        var path = System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, name.Replace('\0', '?')));
        var inside = System.IO.Path.TrimEndingDirectorySeparator(folder) + System.IO.Path.DirectorySeparatorChar;
        return path.StartsWith(inside, StringComparison.Ordinal)
            ? path
            : throw new WeightsException(Path, $"refers to the file '{name}', which is not in its folder.");
    }

    public void Dispose() => _files.ForEach(bytes => bytes.Dispose());
}
