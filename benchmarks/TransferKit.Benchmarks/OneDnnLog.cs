using System.Globalization;
using System.Text.RegularExpressions;

namespace TransferKit.Benchmarks;

/// <summary>What oneDNN's primitives took, by the lines it prints under <c>ONEDNN_VERBOSE=profile_exec</c>.</summary>
internal sealed partial class OneDnnLog
{
    private readonly Dictionary<string, (long Count, double Seconds, double Operations)> _kinds = [];

    /// <summary>Seconds and multiplications with addition by kind: <c>convolution, forward</c>, <c>reorder</c>.</summary>
    public IReadOnlyDictionary<string, (long Count, double Seconds, double Operations)> Kinds => _kinds;

    /// <summary>Takes a line of the program's output.</summary>
    /// <returns>Whether it was oneDNN's.</returns>
    public bool Read(string line)
    {
        if (!line.StartsWith("onednn_verbose,", StringComparison.Ordinal))
            return false;
        var fields = line.Split(',');
        var at = Array.IndexOf(fields, "exec");
        // version, exec, engine, primitive, implementation, direction, memory, attributes, auxiliary, sizes, milliseconds
        if (at < 0 || fields.Length < at + 10 || !double.TryParse(fields[^1], CultureInfo.InvariantCulture, out var milliseconds))
            return true;
        var (primitive, direction, sizes) = (fields[at + 2], fields[at + 4], fields[^2]);
        var kind = (primitive, direction) switch
        {
            ("convolution", "backward_data") => "convolution, backward by data",
            ("convolution", "backward_weights") => "convolution, backward by weights",
            ("convolution", _) => "convolution, forward",
            ("matmul" or "inner_product", _) => "matrix product",
            _ => primitive,
        };
        var (count, seconds, operations) = _kinds.GetValueOrDefault(kind);
        _kinds[kind] = (count + 1, seconds + milliseconds / 1000, operations + OperationsOf(primitive, sizes));
        return true;
    }

    // mb8_ic64oc64_ih56oh56kh3sh1dh0ph1_iw56ow56kw3sw1dw0pw1, with g for groups; 32x512:512x2 of a matrix product.
    private static double OperationsOf(string primitive, string sizes)
    {
        if (primitive == "matmul")
        {
            var sides = sizes.Split(':').Select(side => side.Split('x').Select(double.Parse).ToArray()).ToArray();
            return sides.Length < 2 ? 0 : sides[0].Aggregate(1.0, (product, size) => product * size) * sides[1][^1];
        }
        double Of(string name) => Size().Matches(sizes).FirstOrDefault(found => found.Groups[1].Value == name) is { } found
            ? double.Parse(found.Groups[2].Value, CultureInfo.InvariantCulture) : 1;
        return primitive switch
        {
            "convolution" => Of("mb") * Of("oc") * Of("oh") * Of("ow") * (Of("ic") / Of("g")) * Of("kh") * Of("kw"),
            "inner_product" => Of("mb") * Of("oc") * Of("ic") * Of("ih") * Of("iw"),
            _ => 0,
        };
    }

    [GeneratedRegex("([a-z]+)([0-9]+)")]
    private static partial Regex Size();
}
