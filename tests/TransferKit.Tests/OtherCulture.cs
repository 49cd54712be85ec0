using System.Globalization;

namespace TransferKit.Tests;

/// <summary>While it lives, the thread writes and reads numbers and dates as in another country.</summary>
internal sealed class OtherCulture : IDisposable
{
    private readonly CultureInfo _before = CultureInfo.CurrentCulture;

    /// <param name="name">One of <see cref="Names"/>.</param>
    public OtherCulture(string name = "de-DE")
    {
        // Made by hand, as the tests run without the system's cultures.
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        var (numbers, dates) = (culture.NumberFormat, culture.DateTimeFormat);
        (numbers.NumberDecimalSeparator, numbers.NumberGroupSeparator, numbers.NegativeSign) = name switch
        {
            "de-DE" => (",", ".", "-"),
            "sv-SE" => (",", "\u00A0", "\u2212"),
            "fa-IR" => ("\u066B", "\u066C", "\u200E\u2212"),
            _ => throw new ArgumentException($"Nobody has described the culture {name}.", nameof(name)),
        };
        (numbers.PercentDecimalSeparator, numbers.PercentGroupSeparator) =
            (numbers.NumberDecimalSeparator, numbers.NumberGroupSeparator);
        (dates.DateSeparator, dates.TimeSeparator, culture.TextInfo.ListSeparator) = (".", ".", ";");
        CultureInfo.CurrentCulture = culture;
    }

    /// <summary>A decimal comma; a minus that is no hyphen; digits' marks that few know.</summary>
    public static TheoryData<string> Names => ["de-DE", "sv-SE", "fa-IR"];

    public void Dispose() => CultureInfo.CurrentCulture = _before;
}
