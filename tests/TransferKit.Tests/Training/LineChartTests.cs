using System.Xml.Linq;

namespace TransferKit.Tests.Training;

public class LineChartTests
{
    private static readonly LineChart Chart = new()
    {
        Title = "loss",
        XLabel = "epoch",
        YLabel = "",
        WholeX = true,
        Lines = [new("<training>", [(1, 0.9), (2, 0.5), (3, double.NaN)]), new("validation", [(1, 0.8), (2, 0.7)])],
    };

    [Fact]
    public void Several_lines_have_a_legend()
    {
        var svg = XDocument.Parse(Chart.ToSvg());
        Texts(svg).Should().Contain(["<training>", "validation"]);
        Elements(svg, "polyline").Should().HaveCount(2);
        Elements(svg, "polyline").First().Attribute("points")!.Value.Split(' ').Should().HaveCount(2, "a point isn't finite");
        Elements(svg, "circle").Should().HaveCount(4, "few points are shown");
        Texts(XDocument.Parse((Chart with { Lines = [Chart.Lines[1]] }).ToSvg())).Should().NotContain("validation");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(130)]
    public void Epochs_have_no_fractions(int epochs)
    {
        var points = Enumerable.Range(1, epochs).Select(epoch => ((double)epoch, 0.5 + 0.001 * epoch)).ToList();
        var svg = XDocument.Parse((Chart with { Lines = [new("validation", points)] }).ToSvg());
        var below = Elements(svg, "text").Where(text => text.Attribute("text-anchor")?.Value == "middle")
            .Select(text => text.Value).Where(text => double.TryParse(text, out _)).ToList();
        below.Should().HaveCountGreaterThan(1).And.OnlyHaveUniqueItems()
            .And.OnlyContain(text => double.IsInteger(double.Parse(text)));
    }

    [Fact]
    public void Its_size_is_the_callers()
    {
        var svg = XDocument.Parse((Chart with { Width = 420, Height = 280 }).ToSvg()).Root!;
        svg.Attribute("viewBox")!.Value.Should().Be("0 0 420 280");
    }

    private static IEnumerable<XElement> Elements(XDocument svg, string name) =>
        svg.Descendants().Where(element => element.Name.LocalName == name);

    private static IReadOnlyList<string> Texts(XDocument svg) => [.. Elements(svg, "text").Select(text => text.Value)];
}
