using Spectre.Console;
using TransferKit;

namespace Flowers;

/// <summary>Shows a training run: a bar for each epoch on a terminal, a line for each epoch elsewhere.</summary>
internal sealed class ProgressDisplay : IProgress<TrainingProgress>
{
    private readonly ProgressContext? _bars;
    private ProgressTask? _bar;

    private ProgressDisplay(ProgressContext? bars) => _bars = bars;

    public static TrainingResult Show(bool quiet, Func<IProgress<TrainingProgress>?, TrainingResult> train)
    {
        if (quiet)
            return train(null);
        if (!AnsiConsole.Profile.Capabilities.Interactive)
            return train(new ProgressDisplay(null));
        return AnsiConsole.Progress()
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(bars => train(new ProgressDisplay(bars)));
    }

    public void Report(TrainingProgress now)
    {
        if (now.Finished is { } finished)
            Finish(finished, now.Epochs);
        else if (_bars is not null)
            Advance(now);
    }

    private void Advance(TrainingProgress now)
    {
        _bar ??= _bars!.AddTask($"epoch {now.Epoch}/{now.Epochs}", maxValue: 1);
        if (now.Phase == TrainingPhase.Preparation)
        {
            _bar.Description = Markup.Escape($"epoch {now.Epoch}/{now.Epochs}  computing frozen layers, once  "
                + $"{now.ImagesPerSecond:F0} images/s  {now.TimeLeft:m\\:ss} left");
            return;
        }
        var training = now.Phase == TrainingPhase.Training;
        // Training takes the bar to three quarters, validation the rest: about what they cost.
        var done = (double)now.Step / now.Steps;
        _bar.Value = training ? 0.75 * done : 0.75 + 0.25 * done;
        _bar.Description = Markup.Escape($"epoch {now.Epoch}/{now.Epochs}  {(training ? "training" : "validation")}  "
            + $"loss {now.Loss:F4}  accuracy {now.Accuracy:F4}  {now.ImagesPerSecond:F0} images/s  {now.TimeLeft:m\\:ss} left");
    }

    private void Finish(EpochResult epoch, int epochs)
    {
        var text = $"epoch {epoch.Epoch}/{epochs}  loss {epoch.TrainLoss:F4}  validation accuracy {epoch.ValidationAccuracy:F4}  "
            + $"{epoch.TrainImagesPerSecond:F0} images/s  training {epoch.TrainTime.TotalSeconds:F1} s  "
            + $"validation {epoch.ValidationTime.TotalSeconds:F1} s";
        if (_bar is null)
        {
            AnsiConsole.WriteLine(text);
            return;
        }
        _bar.Description = Markup.Escape(text);
        _bar.Value = _bar.MaxValue;
        _bar.StopTask();
        _bar = null;
    }
}
