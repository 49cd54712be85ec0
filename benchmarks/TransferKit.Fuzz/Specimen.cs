namespace TransferKit.Fuzz;

/// <summary>
/// A working copy of a weights file that is damaged in place and mended again, so that a hundred thousand damaged copies of
/// files of many megabytes take a few minutes and not days.
/// </summary>
internal sealed class Specimen : IDisposable
{
    private readonly byte[] _whole;
    private readonly FileStream _file;

    public Specimen(string source, string folder)
    {
        Name = Path.GetFileName(source);
        FilePath = Path.Join(folder, Name);
        _whole = File.ReadAllBytes(source);
        File.WriteAllBytes(FilePath, _whole);
        _file = new FileStream(FilePath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
    }

    public string Name { get; }

    public string FilePath { get; }

    public ReadOnlySpan<byte> Whole => _whole;

    /// <summary>Damages the copy while something is done with it.</summary>
    /// <param name="mutation">The damage.</param>
    /// <param name="use">What to do with the damaged file, by its path.</param>
    public void WhileDamaged(Mutation mutation, Action<string> use)
    {
        foreach (var (place, bytes) in mutation.Edits)
            Write(place, bytes);
        if (mutation.Length < _whole.Length)
            _file.SetLength(mutation.Length);
        try
        {
            use(FilePath);
        }
        finally
        {
            if (mutation.Length < _whole.Length)
                Write(mutation.Length, _whole.AsSpan(mutation.Length));
            foreach (var (place, bytes) in mutation.Edits)
                Write(place, _whole.AsSpan(place, bytes.Length));
        }
    }

    public void Dispose() => _file.Dispose();

    private void Write(int place, ReadOnlySpan<byte> bytes)
    {
        _file.Position = place;
        _file.Write(bytes);
    }
}
