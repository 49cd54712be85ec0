using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Google.Protobuf;
using Tensorboard;

namespace TransferKit;

/// <summary>
/// Writes event files for TensorBoard (<c>tensorboard --logdir FOLDER</c>): loss, accuracy and learning rate of every training
/// batch, and loss and accuracy of every epoch. A run that goes on writes a further file into the same folder, which TensorBoard
/// joins.
/// </summary>
/// <remarks>
/// The messages are TorchSharp's. Its <c>SummaryWriter</c> isn't used, for it names a file and dates its first event in .NET's
/// ticks, where TensorBoard wants seconds.
/// </remarks>
public sealed class TensorBoardLog : ITrainingObserver
{
    private static int _files;

    private string? _file;

    /// <summary>Writes into a folder.</summary>
    /// <param name="folder">The folder, one for each run; made if it isn't there.</param>
    public TensorBoardLog(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Folder = folder;
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <inheritdoc/>
    public void Started(TrainingStart start)
    {
        Directory.CreateDirectory(Folder);
        // TensorBoard reads files in the order of their names.
        var (seconds, number) = (DateTimeOffset.UtcNow.ToUnixTimeSeconds(), Interlocked.Increment(ref _files));
        _file = Path.Join(Folder, string.Create(CultureInfo.InvariantCulture,
            $"events.out.tfevents.{seconds:0000000000}.{Environment.MachineName}.{Environment.ProcessId}.{number:0000}"));
        Append(new Event { FileVersion = "brain.Event:2" });
    }

    /// <inheritdoc/>
    public void Progressed(TrainingProgress progress)
    {
        ArgumentNullException.ThrowIfNull(progress);
        if (progress.Phase != TrainingPhase.Training || progress.Finished is not null)
            return;
        Append((progress.Epoch - 1L) * progress.Steps + progress.Step,
            ("batch/loss", progress.Loss), ("batch/accuracy", progress.Accuracy), ("batch/learning_rate", progress.LearningRate));
    }

    /// <inheritdoc/>
    public void EpochFinished(EpochResult epoch)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        Append(epoch.Epoch,
            ("loss/train", epoch.TrainLoss), ("loss/validation", epoch.ValidationLoss),
            ("accuracy/train", epoch.TrainAccuracy), ("accuracy/validation", epoch.ValidationAccuracy),
            ("learning_rate", epoch.LearningRate));
    }

    private void Append(long step, params ReadOnlySpan<(string Tag, double Value)> scalars)
    {
        var summary = new Summary();
        foreach (var (tag, value) in scalars)
            if (double.IsFinite(value))
                summary.Value.Add(new Summary.Types.Value { Tag = tag, SimpleValue = (float)value });
        Append(new Event { Step = step, Summary = summary });
    }

    /// <summary>Appends a record as TensorFlow frames it: length, its checksum, the message, its checksum.</summary>
    private void Append(Event message)
    {
        message.WallTime = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
        var bytes = message.ToByteArray();
        var record = new byte[12 + bytes.Length + 4];
        BinaryPrimitives.WriteInt64LittleEndian(record, bytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), MaskedCrc(record.AsSpan(0, 8)));
        bytes.CopyTo(record, 12);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + bytes.Length), MaskedCrc(bytes));
        using var file = new FileStream(_file!, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        file.Write(record);
    }

    private static uint MaskedCrc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return BitOperations.RotateRight(~crc, 15) + 0xA282EAD8;
    }
}
