using SkiaSharp;

namespace Flowers.Drawing;

/// <summary>Draws one flower with its stem and leaves.</summary>
/// <param name="canvas">A square of side <see cref="Scene.Side"/>.</param>
/// <param name="at">The middle of the blossom.</param>
/// <param name="size">Half the blossom's height when seen upright.</param>
/// <param name="random">Decides everything else.</param>
internal delegate void Flower(SKCanvas canvas, SKPoint at, float size, SeededRandom random);
