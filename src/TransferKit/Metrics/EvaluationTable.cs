using System.Globalization;
using System.Text;

namespace TransferKit;

/// <summary>An <see cref="EvaluationResult"/> for people to read.</summary>
internal static class EvaluationTable
{
    public static string Of(EvaluationResult result)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{result.Count} samples, loss {result.Loss:F4}");
        if (!result.Definition.HasClasses)
        {
            if (result.Samples is not null)
                text.Append(CultureInfo.InvariantCulture, $", MAE {result.MeanAbsoluteError:G4}")
                    .Append(CultureInfo.InvariantCulture, $", RMSE {result.RootMeanSquaredError:G4}, R² {result.R2:F4}");
            return text.ToString();
        }
        text.Append(CultureInfo.InvariantCulture, $", accuracy {result.Accuracy:F4}");
        var rows = result.Classes;
        if (rows.Count == 0)
            return text.ToString();
        const string Macro = "macro average", Weighted = "weighted average";
        var width = Math.Max(rows.Max(row => row.Name.Length), Weighted.Length);
        text.Append("\n\n").Append(' ', width).Append("  precision  recall      F1  samples\n");
        foreach (var row in rows)
            Append(row.Name, row.Scores, row.Support);
        text.Append('\n');
        Append(Macro, result.Average(Averaging.Macro), rows.Sum(row => row.Support));
        Append(Weighted, result.Average(Averaging.Weighted), rows.Sum(row => row.Support));
        return text.ToString().TrimEnd('\n');

        void Append(string name, ClassScores scores, long support) => text.Append(name.PadRight(width)).Append(
            CultureInfo.InvariantCulture,
            $"     {Digits(scores.Precision),6}  {Digits(scores.Recall),6}  {Digits(scores.F1),6}  {support,7}\n");

        // A class without samples has no score.
        static string Digits(double score) => double.IsNaN(score) ? "—" : score.ToString("F4", CultureInfo.InvariantCulture);
    }
}
