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
        foreach (var (file, prediction) in files.Zip(predictor.PredictMany(files)))
            table.AddRow(new Text(Shorten(file)), new Text(prediction.Label), new Text($"{prediction.Confidence:P1}"));
        AnsiConsole.Write(table);
        return 0;
    }

    private static string Shorten(string file) =>
        Path.Combine(Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(file))) ?? "", Path.GetFileName(file));
}
