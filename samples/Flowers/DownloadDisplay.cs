using Spectre.Console;
using TransferKit;

namespace Flowers;

/// <summary>Shows a download of weights as a bar, on a terminal; nothing where the weights are there already.</summary>
internal sealed class DownloadDisplay(ProgressContext bars) : IProgress<DownloadProgress>
{
    private ProgressTask? _bar;

    public static void Show(bool quiet, Action<IProgress<DownloadProgress>?> download)
    {
        if (quiet || !AnsiConsole.Profile.Capabilities.Interactive)
            download(null);
        else
            AnsiConsole.Progress()
                .Columns(new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new TaskDescriptionColumn())
                .Start(bars => download(new DownloadDisplay(bars)));
    }

    public void Report(DownloadProgress value)
    {
        _bar ??= bars.AddTask(Markup.Escape(value.FileName));
        _bar.MaxValue = value.BytesTotal ?? value.BytesReceived;
        _bar.Value = value.BytesReceived;
    }
}
