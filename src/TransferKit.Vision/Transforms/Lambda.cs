using System.Text;
using System.Text.Json.Serialization;

namespace TransferKit.Vision;

/// <summary>
/// A step of your own, on the pixels as they are at its place in the list. The size stays. It has to give the same pixels for the
/// same pixels and random numbers, and is called from several threads at once. Files know its name alone: who loads a model that
/// was evaluated with it passes it again, as part of the <see cref="ImageOptions"/>.
/// </summary>
/// <param name="Name">What it is called where the list is printed.</param>
/// <param name="Change">Changes the pixels in place.</param>
public sealed record Lambda(string Name, [property: JsonIgnore] PixelChange Change) : Transform
{
    internal override void Apply(Canvas canvas, ref SeededRandom random) =>
        Change(new PixelRows(canvas.Pixels()), new Random((int)random.NextUInt64()));

    internal override Lambda? OwnCode => this;

    /// <inheritdoc/>
    protected override bool PrintMembers(StringBuilder builder)
    {
        builder.Append(nameof(Name)).Append(" = ").Append(Name);
        return true;
    }
}

/// <summary>Changes the pixels of a picture in place.</summary>
/// <param name="pixels">The pixels, to be used during the call alone.</param>
/// <param name="random">
/// Random numbers that depend on seed, epoch and sample alone. With any others, a run can't be repeated.
/// </param>
public delegate void PixelChange(PixelRows pixels, Random random);
