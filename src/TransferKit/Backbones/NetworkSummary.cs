using System.Globalization;
using System.Text;

namespace TransferKit;

/// <summary>Prints a network as a table, as torchinfo does.</summary>
internal static class NetworkSummary
{
    private static readonly string[] Header = ["Layer", "Kind", "Output shape", "Parameters", "Trains", "Multiply-adds"];

    public static string Of(Network network, string name, int imageSize)
    {
        var runs = new Dictionary<Layer, (Shape Output, long MultiplyAdds)>(ReferenceEqualityComparer.Instance);
        network.OutputShape(network.InputShape(imageSize), (layer, _, output, own) => runs[layer] = (output, own));

        var rows = new List<string[]> { Header };
        long total = 0, training = 0, cost = 0;
        foreach (var (path, layer) in network.NamedLayers())
        {
            var own = layer.Weights.Where(weight => !weight.IsBuffer).ToList();
            var (parameters, trains) = (own.Sum(weight => weight.Count),
                own.Where(weight => weight.IsTrainable).Sum(weight => weight.Count));
            var isRun = runs.TryGetValue(layer, out var run);
            (total, training, cost) = (total + parameters, training + trains, cost + run.MultiplyAdds);
            rows.Add(
            [
                path, layer.Kind, isRun ? $"{run.Output}" : "", Number(parameters),
                parameters == 0 ? "" : trains == 0 ? "no" : "yes", Number(run.MultiplyAdds),
            ]);
        }

        var widths = Enumerable.Range(0, Header.Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in rows)
            text.AppendLine(string.Join("  ", row.Select((cell, column) =>
                column is 3 or 5 ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).TrimEnd());
        text.Append(CultureInfo.InvariantCulture,
            $"{name} at {imageSize} px: {total:N0} parameters, {training:N0} of them train, "
            + $"{cost / 1e9:F2} G multiply-adds an image.");
        return text.ToString();
    }

    private static string Number(long value) => value == 0 ? "" : value.ToString("N0", CultureInfo.InvariantCulture);
}
