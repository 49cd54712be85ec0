using System.Diagnostics;
using TorchSharp;

namespace TransferKit;

/// <summary>
/// Sums up one phase of an epoch, batch by batch. What a batch brought stays on its device until somebody has to know, for
/// reading it makes the GPU and the program wait for each other.
/// </summary>
internal sealed class RunningMetrics(LearningTask task, int samples, int batchSize) : IDisposable
{
    private const int StepsBetweenReads = 16;

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<(torch.Tensor Loss, torch.Tensor Right, int Count)> _unread = [];

    public TimeSpan Elapsed => _clock.Elapsed;

    public double Loss => LossSum / Math.Max(Seen, 1);

    /// <summary>The share of samples, or of labels, predicted right; not a number for a regression.</summary>
    public double Accuracy => task == LearningTask.Regression ? double.NaN : Right / Math.Max(Seen, 1);

    public double ImagesPerSecond => Taken / Math.Max(Elapsed.TotalSeconds, 1e-9);

    /// <summary>Batches so far.</summary>
    public int Step { get; private set; }

    /// <summary>Samples so far.</summary>
    public int Taken { get; private set; }

    private int Seen { get; set; }

    private double LossSum { get; set; }

    private double Right { get; set; }

    /// <summary>Counts a batch.</summary>
    /// <param name="outputs">float32 <c>[N, outputs]</c>.</param>
    /// <param name="targets">As <see cref="Batch.Targets"/>, or shares of classes <c>[N, classes]</c>; on the same device.</param>
    /// <param name="meanLoss">The batch's mean loss, a single number on any device.</param>
    public void Add(torch.Tensor outputs, torch.Tensor targets, torch.Tensor meanLoss)
    {
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var count = (int)outputs.shape[0];
        _unread.Add((meanLoss.detach().DetachFromDisposeScope(), CountRight(outputs, targets).DetachFromDisposeScope(), count));
        Step++;
        Taken += count;
        if (outputs.device_type == DeviceType.CPU || _unread.Count >= StepsBetweenReads)
            Read();
    }

    /// <summary>Counts samples that only passed by.</summary>
    public void Pass(int count)
    {
        Step++;
        Taken += count;
    }

    /// <summary>Ends the time that counts.</summary>
    public void Stop() => _clock.Stop();

    /// <summary>Waits for the numbers of all batches so far.</summary>
    public void Read()
    {
        foreach (var (loss, right, count) in _unread)
        {
            using (loss)
            using (right)
            {
                LossSum += loss.item<float>() * (double)count;
                Right += right.item<float>();
            }
            Seen += count;
        }
        _unread.Clear();
    }

    public TrainingProgress Progress(int epoch, int epochs, TrainingPhase phase) => new()
    {
        Epoch = epoch,
        Epochs = epochs,
        Phase = phase,
        Step = Step,
        Steps = (samples + batchSize - 1) / batchSize,
        Loss = Loss,
        Accuracy = Accuracy,
        ImagesPerSecond = ImagesPerSecond,
        TimeLeft = Elapsed * ((double)(samples - Taken) / Math.Max(Taken, 1)),
    };

    public void Dispose()
    {
        foreach (var (loss, right, _) in _unread)
        {
            loss.Dispose();
            right.Dispose();
        }
    }

    private torch.Tensor CountRight(torch.Tensor outputs, torch.Tensor targets) => (task switch
    {
        LearningTask.Classification => outputs.argmax(1).eq(targets.dim() == 1 ? targets : targets.argmax(1)).sum(),
        LearningTask.MultiLabel => outputs.gt(0).eq(targets.gt(0.5)).to_type(torch.ScalarType.Float32).mean([1]).sum(),
        _ => torch.zeros(1, device: outputs.device),
    }).to_type(torch.ScalarType.Float32);
}
