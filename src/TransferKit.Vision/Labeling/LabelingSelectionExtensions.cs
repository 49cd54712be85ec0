using System.Globalization;

namespace TransferKit.Vision;

/// <summary>Hands pictures that are worth labeling to those who label them.</summary>
public static class LabelingSelectionExtensions
{
    /// <summary>
    /// Copies the pictures into a folder as they are, byte for byte, with their place in the selection before their names
    /// (<c>001-rose.jpg</c>): sorted by name, the first ones are worth most. Those that can't be read any more are left out.
    /// </summary>
    /// <param name="selection">The pictures.</param>
    /// <param name="folder">The folder, made if it isn't there; files that are there already are replaced.</param>
    /// <returns>The files, in the order of the selection.</returns>
    /// <exception cref="ArgumentException">
    /// The samples are no pictures: <see cref="LabelingSelection.SaveCsv"/> lists any.
    /// </exception>
    /// <exception cref="IOException">A file can't be written.</exception>
    public static IReadOnlyList<string> CopyTo(this LabelingSelection selection, string folder)
    {
        ArgumentNullException.ThrowIfNull(selection);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (selection.Pool is not ImageDataset pool)
            throw new ArgumentException(
                $"The samples are no pictures, but of a {selection.Pool.GetType().Name}: {nameof(LabelingSelection.SaveCsv)} "
                + "lists them.",
                nameof(selection));
        var digits = Math.Max(3, $"{selection.Samples.Count}".Length);
        var files = new List<string>();
        using var buffer = new NativeBuffer();
        foreach (var (place, sample) in selection.Samples.Index())
        {
            var number = (place + 1).ToString($"D{digits}", CultureInfo.InvariantCulture);
            var file = Path.Join(folder, $"{number}-{Path.GetFileName(pool.Sources[sample.Index].Name)}");
            try
            {
                var bytes = pool.Sources[sample.Index].Read(buffer).ToArray();
                AtomicFile.Write(file, stream => stream.Write(bytes));
                files.Add(file);
            }
            catch (ImageException)
            {
                // It was there when it was chosen, and has gone since: the list of files says so.
            }
        }
        return files;
    }
}
