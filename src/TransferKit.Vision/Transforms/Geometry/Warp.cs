namespace TransferKit.Vision;

/// <summary>
/// Where each pixel of the result comes from: x' = (A·x + B·y + C) / (G·x + H·y + 1), y' = (D·x + E·y + F) / (the same).
/// Drawn as PIL's <c>Image.transform</c> draws; what comes from outside the picture is black.
/// </summary>
internal readonly unsafe record struct Warp(
    double A, double B, double C, double D, double E, double F, double G = 0, double H = 0)
{
    public void Draw(PixelBuffer source, PixelBuffer target, Interpolation interpolation)
    {
        if (interpolation == Interpolation.Bilinear)
            DrawBilinear(source, target);
        else if (G == 0 && H == 0)
            DrawNearestAffine(source, target);
        else
            DrawNearest(source, target);
    }

    /// <summary>PIL takes 16 fractional bits here, which decides between two pixels that are equally near.</summary>
    private void DrawNearestAffine(PixelBuffer source, PixelBuffer target)
    {
        var (stepXx, stepXy, stepYx, stepYy) = (Fixed(A), Fixed(B), Fixed(D), Fixed(E));
        var rowX = Fixed(C + A * 0.5 + B * 0.5);
        var rowY = Fixed(F + D * 0.5 + E * 0.5);
        for (var y = 0; y < target.Height; y++, rowX += stepXy, rowY += stepYy)
        {
            var (fromX, fromY) = (rowX, rowY);
            var row = (uint*)target.At(0, y);
            for (var x = 0; x < target.Width; x++, fromX += stepXx, fromY += stepYx)
                row[x] = PixelOrBlack(source, fromX >> 16, fromY >> 16);
        }
    }

    private void DrawNearest(PixelBuffer source, PixelBuffer target)
    {
        for (var y = 0; y < target.Height; y++)
            for (var x = 0; x < target.Width; x++)
            {
                var (fromX, fromY) = From(x + 0.5, y + 0.5);
                *(uint*)target.At(x, y) = PixelOrBlack(source, Floor(fromX), Floor(fromY));
            }
    }

    private void DrawBilinear(PixelBuffer source, PixelBuffer target)
    {
        for (var y = 0; y < target.Height; y++)
            for (var x = 0; x < target.Width; x++)
            {
                var (fromX, fromY) = From(x + 0.5, y + 0.5);
                var pixel = target.At(x, y);
                if (fromX >= 0 && fromY >= 0 && fromX < source.Width && fromY < source.Height)
                    Mix(source, fromX - 0.5, fromY - 0.5, pixel);
                else
                    *(uint*)pixel = 0;
            }
    }

    private static void Mix(PixelBuffer source, double fromX, double fromY, byte* target)
    {
        var (left, top) = (Floor(fromX), Floor(fromY));
        var (shareX, shareY) = (fromX - left, fromY - top);
        var x0 = Math.Clamp(left, 0, source.Width - 1);
        var x1 = Math.Clamp(left + 1, 0, source.Width - 1);
        var y0 = Math.Clamp(top, 0, source.Height - 1);
        var y1 = Math.Clamp(top + 1, 0, source.Height - 1);
        for (var channel = 0; channel < 3; channel++)
        {
            var above = Mix(source.At(x0, y0)[channel], source.At(x1, y0)[channel], shareX);
            var below = Mix(source.At(x0, y1)[channel], source.At(x1, y1)[channel], shareX);
            target[channel] = (byte)Mix(above, below, shareY);
        }
    }

    private (double X, double Y) From(double x, double y)
    {
        var scale = G * x + H * y + 1;
        return ((A * x + B * y + C) / scale, (D * x + E * y + F) / scale);
    }

    private static uint PixelOrBlack(PixelBuffer source, int x, int y) =>
        (uint)x < (uint)source.Width && (uint)y < (uint)source.Height ? *(uint*)source.At(x, y) : 0;

    private static double Mix(double from, double to, double share) => from + (to - from) * share;

    private static int Floor(double value) => (int)Math.Floor(value);

    private static int Fixed(double value) => (int)Math.Floor(value * 65536.0 + 0.5);
}
