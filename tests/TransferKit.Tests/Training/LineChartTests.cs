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

    [Theory]
    [InlineData(8, 31, "5,10,20,50")]
    [InlineData(90, 900, "50,100,200,500,1000")]
    [InlineData(90, 3600, "10,100,1000,10000")]
    [InlineData(1, 30000, "1,10,100,1000,10000,100000")]
    [InlineData(0.001, 0.001, "0.001,0.002")]
    public void A_logarithmic_axis_goes_from_one_round_number_to_another(double low, double high, string ticks)
    {
        var chart = Chart with { LogarithmicX = true, WholeX = false, XLabel = "n", Lines = [new("", [(low, 1), (high, 2)])] };
        Elements(XDocument.Parse(chart.ToSvg()), "text").Where(text => text.Attribute("text-anchor")?.Value == "middle")
            .Select(text => text.Value).Where(text => double.TryParse(text, out _)).Should().Equal(ticks.Split(','));
    }

    [Fact]
    public void Names_of_points_beside_each_other_have_places_of_their_own()
    {
        string[] names = ["mobilenet_v2, mobilenet_v2_imagenet.pth", "resnet20", "squeezenet1_1, squeezenet1_1_imagenet.pth"];
        var line = new ChartLine("", [(15.6, 0.9533), (30.4, 0.9556), (16, 0.9535)]) { IsScatter = true, PointNames = names };
        var svg = XDocument.Parse((Chart with { LogarithmicX = true, WholeX = false, Lines = [line] }).ToSvg());

        var boxes = Elements(svg, "text").Where(text => names.Contains(text.Value)).Select(text =>
        {
            var (x, width) = ((double)text.Attribute("x")!, 6.0 * text.Value.Length);
            var left = text.Attribute("text-anchor")!.Value == "end" ? x - width : x;
            return (Left: left, Right: left + width, Y: (double)text.Attribute("y")!);
        }).ToList();

        boxes.Should().HaveCount(3).And.OnlyContain(box => box.Left >= 0 && box.Right <= 640);
        foreach (var (one, other) in from one in boxes from other in boxes where one != other select (one, other))
            (one.Left < other.Right && other.Left < one.Right && Math.Abs(one.Y - other.Y) < 12).Should().BeFalse();
    }

    private static IEnumerable<XElement> Elements(XDocument svg, string name) =>
        svg.Descendants().Where(element => element.Name.LocalName == name);

    private static IReadOnlyList<string> Texts(XDocument svg) => [.. Elements(svg, "text").Select(text => text.Value)];
}
