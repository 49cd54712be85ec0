using System.Runtime.InteropServices;

namespace TransferKit;

/// <summary>
/// Points of a plane, divided into squares that are divided into four, down to single points (Barnes and Hut, 1986). The nodes
/// lie in the order of a walk that goes down first, each with the place where the walk goes on if it isn't gone into: so the walk
/// needs no stack. Points are ordered by their place on Morton's curve, so that the tree depends on them alone.
/// </summary>
internal sealed class QuadTree
{
    /// <summary>Binary digits of each coordinate; points that agree in all of them count as one.</summary>
    private const int Digits = 31;

    private readonly double[] _points;
    private readonly ulong[] _codes;
    private readonly int[] _order;
    private readonly double _side;
    private readonly List<Node> _nodes;

    /// <param name="points">x and y of each, finite.</param>
    public QuadTree(double[] points)
    {
        _points = points;
        var count = points.Length / 2;
        (_codes, _order, _nodes) = (new ulong[count], new int[count], new List<Node>(2 * count));
        var (left, bottom, right, top) = (double.MaxValue, double.MaxValue, double.MinValue, double.MinValue);
        for (var i = 0; i < count; i++)
        {
            (left, right) = (Math.Min(left, points[2 * i]), Math.Max(right, points[2 * i]));
            (bottom, top) = (Math.Min(bottom, points[2 * i + 1]), Math.Max(top, points[2 * i + 1]));
        }
        _side = Math.Max(Math.Max(right - left, top - bottom), double.Epsilon);
        var scale = ((1L << Digits) - 1) / _side;
        for (var i = 0; i < count; i++)
        {
            _order[i] = i;
            _codes[i] = Spread((points[2 * i] - left) * scale) | Spread((points[2 * i + 1] - bottom) * scale) << 1;
        }
        Array.Sort(_codes, _order);
        Build(0, count, 0);
    }

    /// <summary>
    /// What all other points push a point away with, by Student's t distribution: the sum of 1 / (1 + d²)² times the way from
    /// each, and the sum of 1 / (1 + d²).
    /// </summary>
    /// <param name="x">Where the point is.</param>
    /// <param name="y">Where the point is.</param>
    /// <param name="squaredAngle">Squares that are seen at a smaller angle, squared, count as one point.</param>
    public (double X, double Y, double Sum) Repulsion(double x, double y, double squaredAngle)
    {
        var nodes = CollectionsMarshal.AsSpan(_nodes);
        var (forceX, forceY, sum) = (0.0, 0.0, 0.0);
        for (var at = 0; at < nodes.Length;)
        {
            ref readonly var node = ref nodes[at];
            var (acrossX, acrossY) = (x - node.X, y - node.Y);
            var squared = acrossX * acrossX + acrossY * acrossY;
            if (node.SquaredWidth >= squaredAngle * squared && node.Next > at + 1)
            {
                at++;
                continue;
            }
            var likeness = 1 / (1 + squared);
            var weight = node.Count * likeness;
            sum += weight;
            forceX += weight * likeness * acrossX;
            forceY += weight * likeness * acrossY;
            at = node.Next;
        }
        // The point itself was met too, at no distance.
        return (forceX, forceY, sum - 1);
    }

    private void Build(int from, int to, int depth)
    {
        // A square with all points in one of its quarters is that quarter.
        while (depth < Digits && Quarter(from, depth) == Quarter(to - 1, depth))
            depth++;
        var at = _nodes.Count;
        _nodes.Add(default);
        var (x, y) = (0.0, 0.0);
        if (depth == Digits || to - from == 1)
        {
            for (var i = from; i < to; i++)
                (x, y) = (x + _points[2 * _order[i]], y + _points[2 * _order[i] + 1]);
        }
        else
        {
            for (int first = from, last; first < to; first = last)
            {
                last = first + 1;
                while (last < to && Quarter(last, depth) == Quarter(first, depth))
                    last++;
                var child = _nodes.Count;
                Build(first, last, depth + 1);
                (x, y) = (x + _nodes[child].X * (last - first), y + _nodes[child].Y * (last - first));
            }
        }
        var width = _side * Math.ScaleB(1, -depth);
        _nodes[at] = new Node(x / (to - from), y / (to - from), to - from, width * width, _nodes.Count);
    }

    private int Quarter(int place, int depth) => (int)(_codes[place] >> (2 * (Digits - 1 - depth))) & 3;

    /// <summary>A number's binary digits, with a 0 between each two.</summary>
    private static ulong Spread(double value)
    {
        var bits = (ulong)value;
        bits = (bits | bits << 16) & 0x0000FFFF0000FFFF;
        bits = (bits | bits << 8) & 0x00FF00FF00FF00FF;
        bits = (bits | bits << 4) & 0x0F0F0F0F0F0F0F0F;
        bits = (bits | bits << 2) & 0x3333333333333333;
        return (bits | bits << 1) & 0x5555555555555555;
    }

    /// <summary>
    /// A square: the middle of its points, how many they are, how wide it is, and where the walk goes on behind it.
    /// </summary>
    private readonly record struct Node(double X, double Y, int Count, double SquaredWidth, int Next);
}
