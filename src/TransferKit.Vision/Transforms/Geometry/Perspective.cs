using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// Moves the four corners of a picture to given points, as if seen at an angle; the size stays, and what comes from outside is
/// black (torchvision's perspective with the picture's corners as start points).
/// </summary>
/// <param name="TopLeft">Where the top left corner goes, in pixels.</param>
/// <param name="TopRight">Where the top right corner goes.</param>
/// <param name="BottomRight">Where the bottom right corner goes.</param>
/// <param name="BottomLeft">Where the bottom left corner goes.</param>
public sealed record Perspective(Point TopLeft, Point TopRight, Point BottomRight, Point BottomLeft) : Transform
{
    /// <summary>How pixels are taken from between pixels: nearest or bilinear. Default: bilinear.</summary>
    public Interpolation Interpolation { get; init => field = Require.Warpable(value); } = Interpolation.Bilinear;

    internal override void Apply(Canvas canvas, ref SeededRandom random)
    {
        var (right, bottom) = (canvas.Size.Width - 1, canvas.Size.Height - 1);
        Point[] corners = [new(0, 0), new(right, 0), new(right, bottom), new(0, bottom)];
        Point[] moved = [TopLeft, TopRight, BottomRight, BottomLeft];

        // Eight equations in the warp's eight numbers: each moved corner comes from its corner.
        var equations = new double[8][];
        for (var i = 0; i < 4; i++)
        {
            var (to, from) = (moved[i], corners[i]);
            equations[2 * i] = [to.X, to.Y, 1, 0, 0, 0, -from.X * to.X, -from.X * to.Y, from.X];
            equations[2 * i + 1] = [0, 0, 0, to.X, to.Y, 1, -from.Y * to.X, -from.Y * to.Y, from.Y];
        }

        // Corners that fall together leave nothing to see.
        if (!TrySolve(equations))
        {
            canvas.Redraw(canvas.Size, (_, target) => target.Clear());
            return;
        }

        var n = equations.Select(row => row[^1]).ToArray();
        var warp = new Warp(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]);
        canvas.Redraw(canvas.Size, (source, target) => warp.Draw(source, target, Interpolation));
    }

    /// <summary>Gauss–Jordan elimination with row pivoting; afterwards the last column holds the solution.</summary>
    private static bool TrySolve(double[][] rows)
    {
        for (var column = 0; column < rows.Length; column++)
        {
            var pivot = Enumerable.Range(column, rows.Length - column).MaxBy(row => Math.Abs(rows[row][column]));
            (rows[column], rows[pivot]) = (rows[pivot], rows[column]);
            if (Math.Abs(rows[column][column]) < 1e-9)
                return false;
            for (var k = rows.Length; k >= column; k--)
                rows[column][k] /= rows[column][column];
            for (var row = 0; row < rows.Length; row++)
            {
                if (row == column)
                    continue;
                var factor = rows[row][column];
                for (var k = column; k <= rows.Length; k++)
                    rows[row][k] -= factor * rows[column][k];
            }
        }

        return true;
    }
}
