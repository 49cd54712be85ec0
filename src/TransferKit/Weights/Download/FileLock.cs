namespace TransferKit;

/// <summary>
/// A file that one at a time has open. On Unix it is locked as by <c>flock</c>, which Python's filelock uses too; it stays where
/// it is, since to delete it would let two have it.
/// </summary>
internal static class FileLock
{
    /// <summary>Waits until nobody else has the file.</summary>
    /// <param name="path">The file, which is made where it isn't there yet.</param>
    /// <param name="polling">How often to look.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The lock; disposing gives it back.</returns>
    public static async Task<IDisposable> TakeAsync(string path, TimeSpan polling, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            }
            catch (IOException error) when (error.GetType() == typeof(IOException) && File.Exists(path))
            {
                await Task.Delay(polling, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
