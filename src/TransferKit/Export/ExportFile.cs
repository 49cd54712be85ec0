namespace TransferKit;

/// <summary>Files for other tools, which appear whole or not at all.</summary>
internal static class ExportFile
{
    /// <exception cref="ModelFileException">The file can't be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            AtomicFile.Write(path, write);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(path, $"the model can't be exported: {error.Message}", error);
        }
    }
}
