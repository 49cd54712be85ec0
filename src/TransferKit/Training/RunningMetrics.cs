using System.Diagnostics;
using System.Text.Json.Serialization;
using TorchSharp;

namespace TransferKit;

/// <summary>
/// Sums up one phase of an epoch, batch by batch. What a batch brought stays on its device until somebody has to know, for
/// reading it makes the GPU and the program wait for each other.
/// </summary>
internal sealed class RunningMetrics : IDisposable
{
    private const int StepsBetweenReads = 16;

    private readonly TaskDefinition _task;
    private readonly int _samples, _batchSize;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<(torch.Tensor Loss, torch.Tensor Weight, torch.Tensor Correct, int Count)> _unread = [];

    private RunningSums _sums, _joined;

    /// <param name="task">What the targets are.</param>
    /// <param name="samples">Samples that the phase will see.</param>
    /// <param name="batchSize">Samples a batch.</param>
    /// <param name="sums">What an interrupted phase brought already.</param>
    public RunningMetrics(LearningTask task, int samples, int batchSize, RunningSums? sums = null) =>
        (_task, _samples, _batchSize, _sums, _joined) =
            (TaskDefinition.Of(task), samples, batchSize, sums ?? new(), sums ?? new());

    /// <summary>All that is needed to go on later. Waits for the numbers of all batches so far.</summary>
    public RunningSums Sums
    {
        get
        {
            Read();
            return _sums with { Seconds = Elapsed.TotalSeconds };
        }
    }

    public TimeSpan Elapsed => TimeSpan.FromSeconds(_sums.Seconds) + _clock.Elapsed;

    /// <summary>The mean loss of the samples whose numbers were read.</summary>
    public double Loss => _sums.Weight == 0 ? 0 : _sums.Loss / _sums.Weight;

    /// <summary>
    /// The share of samples predicted correctly, with all their labels where they have several; not a number for a regression.
    /// </summary>
    public double Accuracy => _task.HasClasses ? _sums.CorrectCount / Math.Max(_sums.Read, 1) : double.NaN;

    public double ImagesPerSecond => SampleCount / Math.Max(Elapsed.TotalSeconds, 1e-9);

    /// <summary>Batches so far, those included of which no sample could be read.</summary>
    public int Step => _sums.Step;

    /// <summary>Samples so far.</summary>
    public int SampleCount => _sums.SampleCount;

    /// <summary>Counts a batch.</summary>
    /// <param name="outputs">float32 <c>[N, outputs]</c>.</param>
    /// <param name="targets">
    /// As <see cref="Batch.Targets"/>, or shares of classes <c>[N, classes]</c>; on the same device.
    /// </param>
    /// <param name="loss">The batch's weighted losses together, a single number on any device.</param>
    /// <param name="weight">What they weigh together, a single number.</param>
    /// <param name="number">Which batch it is, counted from 0; null: the next.</param>
    public void Add(torch.Tensor outputs, torch.Tensor targets, torch.Tensor loss, torch.Tensor weight, int? number = null)
    {
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var count = (int)outputs.shape[0];
        _unread.Add((loss.detach().DetachFromDisposeScope(), weight.detach().DetachFromDisposeScope(),
            _task.CountCorrect(outputs, targets).to_type(torch.ScalarType.Float32).DetachFromDisposeScope(), count));
        Pass(count, number);
        if (outputs.device_type == DeviceType.CPU || _unread.Count >= StepsBetweenReads)
            Read();
    }

    /// <summary>Counts samples that only passed by.</summary>
    public void Pass(int count, int? number = null) =>
        _sums = _sums with { Step = (number ?? _sums.Step) + 1, SampleCount = _sums.SampleCount + count };

    /// <summary>
    /// What this process has counted since the last <see cref="Join"/>, to be summed over all. Waits for the numbers of all
    /// batches so far.
    /// </summary>
    public double[] Totals
    {
        get
        {
            Read();
            return
            [
                _sums.SampleCount - _joined.SampleCount, _sums.Read - _joined.Read, _sums.Loss - _joined.Loss,
                _sums.Weight - _joined.Weight, _sums.CorrectCount - _joined.CorrectCount,
            ];
        }
    }

    /// <summary>Takes what all processes have counted together in the place of this one's own.</summary>
    /// <param name="totals">The sums of <see cref="Totals"/>.</param>
    public void Join(ReadOnlySpan<double> totals) => _sums = _joined = _joined with
    {
        Step = _sums.Step,
        SampleCount = _joined.SampleCount + (int)totals[0],
        Read = _joined.Read + (int)totals[1],
        Loss = _joined.Loss + totals[2],
        Weight = _joined.Weight + totals[3],
        CorrectCount = _joined.CorrectCount + totals[4],
    };

    /// <summary>Ends the time that counts.</summary>
    public void Stop() => _clock.Stop();

    /// <summary>Waits for the numbers of all batches so far.</summary>
    public void Read()
    {
        if (_unread.Count == 0)
            return;
        using var scope = torch.NewDisposeScope();
        // All at once: each number that is asked for alone is waited for alone.
        var unread = _unread.SelectMany(batch => new[] { batch.Loss, batch.Weight, batch.Correct });
        var numbers = torch.cat([.. unread.Select(number => number.reshape(1))]).cpu().data<float>().ToArray();
        for (var i = 0; i < _unread.Count; i++)
            _sums = _sums with
            {
                Loss = _sums.Loss + numbers[3 * i],
                Weight = _sums.Weight + numbers[3 * i + 1],
                CorrectCount = _sums.CorrectCount + numbers[3 * i + 2],
                Read = _sums.Read + _unread[i].Count,
            };
        Forget();
    }

    public TrainingProgress Progress(int epoch, int epochs, TrainingPhase phase, double learningRate = 0) => new()
    {
        Epoch = epoch,
        Epochs = epochs,
        Phase = phase,
        Step = Step,
        Steps = (_samples + _batchSize - 1) / _batchSize,
        Samples = SampleCount,
        LearningRate = learningRate,
        Loss = Loss,
        Accuracy = Accuracy,
        ImagesPerSecond = ImagesPerSecond,
        TimeLeft = Elapsed * ((double)(_samples - SampleCount) / Math.Max(SampleCount, 1)),
    };

    public void Dispose() => Forget();

    private void Forget()
    {
        foreach (var (loss, weight, correct, _) in _unread)
        {
            loss.Dispose();
            weight.Dispose();
            correct.Dispose();
        }
        _unread.Clear();
    }
}

/// <summary>What one phase of an epoch has brought so far.</summary>
internal sealed record RunningSums
{
    /// <summary>Batches, those included of which no sample could be read.</summary>
    public int Step { get; init; }

    /// <summary>Samples.</summary>
    [JsonPropertyName("taken")]
    public int SampleCount { get; init; }

    /// <summary>Samples whose numbers are known.</summary>
    public int Read { get; init; }

    /// <summary>The sum of their losses, each as much as it counts.</summary>
    public double Loss { get; init; }

    /// <summary>How much they count together.</summary>
    public double Weight { get; init; }

    /// <summary>How many of them were predicted correctly.</summary>
    [JsonPropertyName("right")]
    public double CorrectCount { get; init; }

    /// <summary>How long it took.</summary>
    public double Seconds { get; init; }
}
