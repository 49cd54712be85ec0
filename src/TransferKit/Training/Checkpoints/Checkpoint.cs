using System.IO.Compression;
using System.Text.Json;
using TorchSharp;

namespace TransferKit;

/// <summary>
/// A checkpoint file: a zip with <c>state.json</c> and <c>weights.safetensors</c>, like a saved model, but with all that
/// training needs. Both entries carry checksums, so that damage is noticed.
/// </summary>
internal static class Checkpoint
{
    private const string StateEntry = "state.json";

    /// <summary>Writes a file that appears whole or not at all.</summary>
    /// <exception cref="CheckpointException">It can't be written; what was there before is as it was.</exception>
    public static void Write(string path, RunState state, IEnumerable<(string Name, torch.Tensor Value)> tensors)
    {
        try
        {
            AtomicFile.Write(path, stream =>
            {
                using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
                using (var entry = zip.CreateEntry(StateEntry).Open())
                    JsonSerializer.Serialize(entry, state, RunStateJson.Default.RunState);
                using (var entry = zip.CreateEntry(ModelFile.WeightsEntry, CompressionLevel.NoCompression).Open())
                    SafeTensorsWriter.Write(entry, tensors);
            });
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(
                path, $"the checkpoint can't be written: {error.Message} Earlier ones are as they were; "
                + "start the same program again, once there is room, to go on from the newest.", error);
        }
    }

    /// <summary>Reads where a run stood, without its tensors.</summary>
    /// <exception cref="CheckpointException">The file is damaged, or of a newer format.</exception>
    public static RunState ReadState(string path)
    {
        try
        {
            using var zip = ZipFile.OpenRead(path);
            var entry = zip.GetEntry(StateEntry) ?? throw Damage(path, $"it has no {StateEntry}.");
            using var json = new MemoryStream();
            using (var stream = entry.Open())
                stream.CopyTo(json);
            var bytes = json.GetBuffer().AsSpan(0, (int)json.Length);
            if (Crc32.Append(0, bytes) != entry.Crc32)
                throw Damage(path, $"the checksum of {StateEntry} is wrong.");
            var state = RunStateJson.Parse(bytes);
            return state.FormatVersion is >= RunState.VersionOfWords and <= RunState.CurrentVersion
                ? state
                : throw new CheckpointException(path, $"it is of format {state.FormatVersion}; this version of TransferKit reads "
                    + $"formats {RunState.VersionOfWords} to {RunState.CurrentVersion}. Update TransferKit.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException or JsonException
            or NotSupportedException)
        {
            throw Damage(path, error.Message, error);
        }
    }

    /// <summary>Reads the tensors of a run; the caller disposes them.</summary>
    /// <exception cref="CheckpointException">The file is damaged.</exception>
    public static Dictionary<string, torch.Tensor> ReadTensors(string path)
    {
        var tensors = new Dictionary<string, torch.Tensor>();
        try
        {
            using var file = WeightsFile.Open(path);
            foreach (var (name, stored) in file.Tensors)
                tensors.Add(name, stored.Read().DetachFromDisposeScope());
            return tensors;
        }
        catch (Exception error) when (error is WeightsException or IOException or UnauthorizedAccessException)
        {
            foreach (var tensor in tensors.Values)
                tensor.Dispose();
            throw Damage(path, error.Message, error);
        }
    }

    private static CheckpointException Damage(string path, string reason, Exception? cause = null) =>
        new(path, $"it is damaged, or can't be read: {reason}", cause) { IsDamage = true };
}
