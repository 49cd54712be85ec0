using Spectre.Console;
using TransferKit.Vision;

namespace Flowers;

/// <summary>Names what pictures show.</summary>
internal static class PredictCommand
{
    public static int Run(string model, string[] files)
    {
        using var predictor = Predictor.Load(model);
        var table = new Table().AddColumns("Picture", "Label", "Confidence");
        var failures = 0;
        foreach (var result in predictor.PredictMany(files))
        {
            var (label, confidence) = result.IsSuccess
                ? (result.Prediction.Label, $"{result.Prediction.Confidence:P1}")
                : (result.Error.Reason, "");
            failures += result.IsSuccess ? 0 : 1;
            table.AddRow(new Text(Shorten(result.Image.Name)), new Text(label), new Text(confidence));
        }
        AnsiConsole.Write(table);
        return failures == 0 ? 0 : 1;
    }

    private static string Shorten(string file) =>
        Path.Join(Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(file))) ?? "", Path.GetFileName(file));
}
