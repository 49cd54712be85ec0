namespace TransferKit;

/// <summary>What a model took from a file of pretrained weights. Immutable.</summary>
public sealed class WeightsReport
{
    private const int Shown = 10;

    internal WeightsReport(string source, bool hasHead, IReadOnlyList<string> leftOut) =>
        (Source, HasHead, LeftOut) = (source, hasHead, leftOut);

    /// <summary>The file.</summary>
    public string Source { get; }

    /// <summary>How the file's tensors were matched with the model's weights.</summary>
    public WeightsMatch Match { get; internal init; }

    /// <summary>Whether the head came from it too; otherwise it started afresh.</summary>
    public bool HasHead { get; }

    /// <summary>
    /// The file's keys that were not taken: a head that another one replaces, branches for training alone, losses, metrics,
    /// other networks.
    /// </summary>
    public IReadOnlyList<string> LeftOut { get; }

    /// <summary><c>finetuned.pth, without its head; left out: fc.weight, fc.bias</c></summary>
    public override string ToString()
    {
        var leftOut = LeftOut.Count == 0 ? "nothing" : string.Join(", ", LeftOut.Take(Shown))
            + (LeftOut.Count > Shown ? $" and {LeftOut.Count - Shown} more" : "");
        var matched = Match == WeightsMatch.Names ? "" : $" matched by its {(Match == WeightsMatch.Graph ? "graph" : "order")},";
        return $"{Source},{matched} {(HasHead ? "with" : "without")} its head; left out: {leftOut}";
    }
}
