using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace TransferKit;

/// <inheritdoc cref="TrainingProgress.ToConsole"/>
/// <param name="to">Where it is written.</param>
/// <param name="width">Columns of the terminal; null: there is none, and a line for each epoch is all.</param>
/// <param name="isUnicode">Whether the terminal has letters to draw with.</param>
/// <remarks>
/// It also observes the run, to learn of its start, and of ends that come without a last epoch: these must not leave half a line.
/// </remarks>
internal sealed class ConsoleProgress(TextWriter to, Func<int>? width, bool isUnicode)
    : IProgress<TrainingProgress>, ITrainingObserver
{
    private const int NarrowestBar = 10, WidestBar = 40, WidthForAccuracy = 100;
    private static readonly TimeSpan BetweenDrawings = TimeSpan.FromMilliseconds(100);

    private readonly Stopwatch _sinceDrawn = new();
    private int _drawn;
    private Score? _monitored;
    private bool _hasHeading;
    private EpochResult? _last;

    public void Started(TrainingStart start)
    {
        if (start.Phase == 1)
        {
            (_hasHeading, _last) = (false, null);
            foreach (var warning in start.Warnings)
                WriteParagraph($"warning: {warning}");
        }
        _monitored = start.Options.Monitor;
        if (start.Phases > 1)
            WriteParagraph($"phase {start.Phase} of {start.Phases}: {start.Layers} train, {start.Options.Optimizer}, "
                + $"{start.Options.Schedule}, {start.Options.LearningRates}");
    }

    public void Report(TrainingProgress now)
    {
        if (now.Finished is { } epoch)
        {
            Erase();
            if (width is null)
                to.WriteLine($"epoch {now.Epoch}/{now.Epochs}: {epoch.Numbers}{(now.IsBest ? ", best so far" : "")}");
            else
                WriteRow(now, epoch);
            _last = epoch;
        }
        else if (width is not null && !(_sinceDrawn.IsRunning && _sinceDrawn.Elapsed < BetweenDrawings))
        {
            Draw(Line(now, Math.Max(width(), 20) - 1));
        }
    }

    public void Ended(TrainingEnd outcome) => Erase();

    private void WriteRow(TrainingProgress now, EpochResult epoch)
    {
        // What is watched has a column, or nobody would see why an epoch is the best.
        var (name, value) = _monitored is { } score && score != Score.Loss ? (score.Name, epoch.Monitored)
            : ("accuracy", epoch.ValidationAccuracy);
        var hasScore = !double.IsNaN(value);
        if (!_hasHeading)
            to.WriteLine($"  epoch  training loss  validation loss{(hasScore ? $"  {name,8}" : "")}      time");
        _hasHeading = true;
        var number = $"{now.Epoch}/{now.Epochs}";
        var shown = hasScore ? "  " + value.ToString("F4", CultureInfo.InvariantCulture).PadLeft(Math.Max(name.Length, 8)) : "";
        to.Write(string.Create(
            CultureInfo.InvariantCulture, $"{number,7}  {epoch.TrainLoss,13:F4}  {epoch.ValidationLoss,15:F4}{shown}"));
        to.WriteLine($"  {Short(epoch.TrainTime + epoch.ValidationTime),8}{(now.IsBest ? "  best so far" : "")}");
    }

    private string Line(TrainingProgress now, int columns)
    {
        var done = Math.Clamp((double)now.Step / Math.Max(now.Steps, 1), 0, 1);
        var start = $"{$"{now.Epoch}/{now.Epochs}",7}  {now.Phase switch
        {
            TrainingPhase.Preparation => "frozen layers",
            TrainingPhase.Training => "training",
            _ => "validation",
        },-10}  ";
        var end = string.Create(CultureInfo.InvariantCulture, $" {100 * done,3:F0} %");
        if (now.Phase != TrainingPhase.Preparation)
            end += string.Create(CultureInfo.InvariantCulture, $"  loss {now.Loss:F4}");
        if (columns >= WidthForAccuracy && now.Phase != TrainingPhase.Preparation && !double.IsNaN(now.Accuracy))
            end += string.Create(CultureInfo.InvariantCulture, $"  accuracy {now.Accuracy:F4}");
        end += $"  {Short(TimeLeft(now)),6} left";
        var room = columns - start.Length - end.Length;
        var bar = room < NarrowestBar ? "" : Bar(done, Math.Min(room, WidestBar));
        return (start + bar + end) is var line && line.Length > columns ? line[..columns] : line;
    }

    private string Bar(double share, int length)
    {
        var full = (int)Math.Round(share * length);
        return new string(isUnicode ? '━' : '#', full) + new string(isUnicode ? '─' : '.', length - full);
    }

    /// <summary>
    /// What is left of the phase, and of the epochs behind it, which take as long as the last one: the first of them, whose
    /// features may be kept for the others, says little about those.
    /// </summary>
    private TimeSpan TimeLeft(TrainingProgress now)
    {
        var validation = _last?.ValidationTime ?? TimeSpan.Zero;
        var elapsed = TimeSpan.FromSeconds(now.Samples / Math.Max(now.ImagesPerSecond, 1e-9));
        var epoch = _last is { } last ? last.TrainTime + last.ValidationTime : elapsed + now.TimeLeft;
        return now.Phase switch
        {
            TrainingPhase.Training => now.TimeLeft + validation + epoch * (now.Epochs - now.Epoch),
            TrainingPhase.Validation => now.TimeLeft + epoch * (now.Epochs - now.Epoch),
            _ => now.TimeLeft,
        };
    }

    private static string Short(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time:mm\\:ss}")
        : time.ToString("m\\:ss", CultureInfo.InvariantCulture);

    private void Draw(string line)
    {
        to.Write($"\r{line}{new string(' ', Math.Max(_drawn - line.Length, 0))}");
        to.Flush();
        _drawn = line.Length;
        _sinceDrawn.Restart();
    }

    private void Erase()
    {
        if (_drawn > 0)
            to.Write($"\r{new string(' ', _drawn)}\r");
        _drawn = 0;
    }

    /// <summary>Writes text in as many lines as it needs, none of them broken within a word.</summary>
    private void WriteParagraph(string text)
    {
        Erase();
        if (width is null)
        {
            to.WriteLine(text);
            return;
        }
        var (columns, line) = (Math.Max(width(), 20) - 1, new StringBuilder());
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > columns)
            {
                to.WriteLine(line);
                line.Clear().Append(' ');
            }
            line.Append(line.Length > 0 ? " " : "").Append(word);
        }
        to.WriteLine(line);
    }
}
