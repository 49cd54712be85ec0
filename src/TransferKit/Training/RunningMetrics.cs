using System.Diagnostics;
using TorchSharp;

namespace TransferKit;

/// <summary>Sums up one phase of an epoch, batch by batch.</summary>
internal sealed class RunningMetrics(int classes, int samples, int batchSize)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly long[,] _confusion = new long[classes, classes];
    private double _lossSum;
    private int _seen, _right, _step;

    public TimeSpan Elapsed => _clock.Elapsed;

    public double Loss => _lossSum / Math.Max(_seen, 1);

    public double Accuracy => (double)_right / Math.Max(_seen, 1);

    public double ImagesPerSecond => _seen / Math.Max(Elapsed.TotalSeconds, 1e-9);

    /// <summary>Counts a batch.</summary>
    /// <param name="logits"><c>[N, classes]</c>, on any device.</param>
    /// <param name="labels">int64 <c>[N]</c>, on the CPU.</param>
    /// <param name="meanLoss">The batch's mean loss.</param>
    public void Add(torch.Tensor logits, torch.Tensor labels, double meanLoss)
    {
        using var scope = torch.NewDisposeScope();
        var predicted = logits.detach().argmax(1).cpu().data<long>();
        var expected = labels.data<long>();
        for (var i = 0; i < expected.Count; i++)
        {
            _confusion[expected[i], predicted[i]]++;
            _right += expected[i] == predicted[i] ? 1 : 0;
        }
        _seen += (int)expected.Count;
        _lossSum += meanLoss * expected.Count;
        _step++;
    }

    public TrainingProgress Progress(int epoch, int epochs, TrainingPhase phase) => new()
    {
        Epoch = epoch,
        Epochs = epochs,
        Phase = phase,
        Step = _step,
        Steps = (samples + batchSize - 1) / batchSize,
        Loss = Loss,
        Accuracy = Accuracy,
        ImagesPerSecond = ImagesPerSecond,
        TimeLeft = Elapsed * ((double)(samples - _seen) / Math.Max(_seen, 1)),
    };

    public EvaluationResult Result() => new() { Loss = Loss, Accuracy = Accuracy, Count = _seen, Confusion = _confusion };
}
