namespace TransferKit;

/// <summary>A node of an ONNX graph, without the values of its tensors.</summary>
/// <param name="Type">The operator: <c>Conv</c>.</param>
/// <param name="Inputs">The names of what it takes, in order; empty where an optional input is left out.</param>
/// <param name="Outputs">The names of what it gives.</param>
/// <param name="Attributes">
/// By name: <see cref="long"/>, <see cref="float"/>, <see cref="string"/> or vectors of integers.
/// </param>
internal sealed record OnnxNode(
    string Type, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, IReadOnlyDictionary<string, object> Attributes)
{
    /// <summary>A vector of integers; null where the node has none of that name.</summary>
    public long[]? Integers(string name) => Attributes.GetValueOrDefault(name) as long[];

    /// <summary>An integer.</summary>
    public long Integer(string name, long otherwise) => Attributes.GetValueOrDefault(name) switch
    {
        long value => value,
        int value => value,
        _ => otherwise,
    };

    /// <summary>A number.</summary>
    public float Number(string name, float otherwise) => Attributes.GetValueOrDefault(name) is float value ? value : otherwise;

    /// <summary>A text.</summary>
    public string Text(string name) => Attributes.GetValueOrDefault(name) as string ?? "";
}
