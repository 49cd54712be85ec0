using Spectre.Console;
using TorchSharp;
using TransferKit;
using TransferKit.Vision;

namespace Flowers;

/// <summary>Trains, saves, and tries the saved model on pictures it never saw.</summary>
internal static class TrainCommand
{
    private const int PicturesToTry = 6;

    public static int Run(TrainingJob job)
    {
        // A folder that can't be written is better found now than after an hour of training.
        foreach (var file in new[] { job.Save, job.Json, job.Report })
            if (file is not null)
                Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        if (job.Threads is { } threads)
            torch.set_num_threads(threads);
        var say = job.Quiet ? (Action<FormattableString>)(_ => { }) : AnsiConsole.MarkupLineInterpolated;
        if (job.Data is null)
            say($"No [bold]--data[/]: drawing flowers, to train {job.Model} on. Its weights: {job.Weights}.");

        var pictures = job.Data is null ? DrawnJob.Open() : ImageFolder.Open(job.Data);
        var (train, validation) = pictures.Split(job.TrainFraction, job.Training.Seed);
        var plan = job.Plan(train.ClassNames.Count);
        say($"{plan}");
        say($"{train.Count} pictures to train on, {validation.Count} to measure on: {string.Join(", ", train.ClassNames)}");

        using var interrupt = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = true;
            interrupt.Cancel();
        };
        DownloadDisplay.Show(job.Quiet, progress => plan.DownloadWeights(progress, interrupt.Token));
        using var run = plan.Train(
            train, validation, job.Training, job.Quiet ? null : TrainingProgress.ToConsole(), interrupt.Token);

        run.Model.Save(job.Save);
        if (job.Json is not null)
            Report.Write(job.Json, run, train.Count, validation.Count);
        if (job.Report is not null)
            run.WriteReport(job.Report);
        if (run.StopReason == StopReason.Cancelled)
            SayHowToGoOn(job);
        // Paths are for copying, so they aren't broken at the end of a line.
        if (job.Report is not null)
            Console.WriteLine($"The report is in {Path.GetFullPath(job.Report)}");
        if (run.Best is not { } best)
            return 0;

        AnsiConsole.MarkupLineInterpolated(
            $"Best validation accuracy [bold]{best.ValidationAccuracy:F4}[/] (epoch {best.Epoch}). Saved {job.Save}.");
        Console.WriteLine($"With 95 % confidence it lies in {run.Model.Evaluation!.AccuracyInterval} "
            + "on all pictures such as these.");
        if (!job.Quiet)
            PredictCommand.Run(job.Save, Sample(validation));
        if (job is { Data: null, Weights: "packaged", Quiet: false })
            CompareWithScratch(job, train, validation, best, interrupt.Token);
        return 0;
    }

    /// <summary>What the pretrained weights were good for: the same network without them, as long on the same pictures.</summary>
    private static void CompareWithScratch(
        TrainingJob job, Dataset train, Dataset validation, EpochResult best, CancellationToken cancellationToken)
    {
        AnsiConsole.MarkupLineInterpolated($"The same from scratch, to compare:");
        var scratch = job with { Weights = "none", Training = job.Training with { Checkpoints = null } };
        using var run = scratch.Plan(train.ClassNames.Count)
            .Train(train, validation, scratch.Training, TrainingProgress.ToConsole(), cancellationToken);
        AnsiConsole.MarkupLineInterpolated(
            $"  from ImageNet's weights  [bold]{best.ValidationAccuracy:P1}[/] of {validation.Count} pictures right");
        AnsiConsole.MarkupLineInterpolated($"  from scratch             [bold]{run.Best?.ValidationAccuracy:P1}[/]");
    }

    private static void SayHowToGoOn(TrainingJob job)
    {
        // Said also when quiet: nobody should have to find out.
        Console.WriteLine($"Stopped early; {job.Save} holds what the model had learned by then.");
        Console.WriteLine(job.Training.Checkpoints is { } checkpoints
            ? $"{checkpoints.Folder} holds the run. To go on: {InvokedCommand.Text}"
            : "With --checkpoints FOLDER, a run that is stopped can go on.");
    }

    /// <summary>A few pictures, spread over the classes.</summary>
    private static string[] Sample(Dataset pictures)
    {
        var sources = ((ImageDataset)pictures).Sources;
        var step = Math.Max(1, sources.Count / PicturesToTry);
        return [.. sources.Where((_, index) => index % step == step / 2).Take(PicturesToTry).Select(source => source.Name)];
    }
}
