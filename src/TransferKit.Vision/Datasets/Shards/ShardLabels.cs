namespace TransferKit.Vision;

/// <summary>A label as a shard has it: a class's number, from 0, or its name.</summary>
/// <param name="Text">The name, or the number as it is written.</param>
/// <param name="Number">The number, if it is one.</param>
internal readonly record struct ShardLabel(string Text, long? Number);

/// <summary>Makes classes of the labels of samples: of their numbers if all have one, else of their names.</summary>
/// <param name="samples">The samples.</param>
/// <param name="labels">The labels of each.</param>
/// <param name="classes">The classes in the order of their labels; null: as the samples say.</param>
internal sealed class ShardLabels(
    IReadOnlyList<ImageSource> samples, IReadOnlyList<ShardLabel[]> labels, IReadOnlyList<string>? classes)
{
    private readonly bool _areNumbers = labels.All(ofOne => ofOne.All(label => label.Number is not null));

    /// <summary>Classes and targets of samples with one label each.</summary>
    /// <exception cref="DatasetException">A label is of none of the classes, or there are fewer than two.</exception>
    public (string[] Classes, Targets Targets) Single()
    {
        var names = Names();
        return names.Length >= 2
            ? (names, Targets.Classes([.. Places(names).Select(places => places[0])], names.Length))
            : throw new DatasetException(
                samples[0].Name,
                $"All samples are of one class, '{names[0]}'; two or more are needed. If there are others, give all as classes.");
    }

    /// <summary>Classes and targets of samples with any number of labels each.</summary>
    /// <exception cref="DatasetException">A label is of none of the classes, or no sample has any.</exception>
    public (string[] Classes, Targets Targets) Multiple()
    {
        if (classes is null && labels.All(ofOne => ofOne.Length == 0))
            throw new DatasetException(samples[0].Name, "No sample has a label.");
        var names = Names();
        return (names, Targets.MultiLabel([.. Places(names)], names.Length));
    }

    private string[] Names() => classes is not null ? [.. classes]
        : _areNumbers ? Numbered()
        : [.. labels.SelectMany(ofOne => ofOne).Select(label => label.Text).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Numbers that nobody gave names are their own.</summary>
    private string[] Numbered()
    {
        var count = labels.SelectMany(ofOne => ofOne).Max(label => label.Number!.Value) + 1;
        return count <= samples.Count
            ? [.. Enumerable.Range(0, (int)Math.Max(0, count)).Select(number => $"{number}")]
            : throw new DatasetException(
                samples[0].Name,
                $"The labels go up to {count - 1}, though there are {samples.Count} samples. If they are numbers of classes, "
                + $"give the names of all {count} as classes.");
    }

    private IEnumerable<int[]> Places(string[] names)
    {
        var places = new LabelIndex(names, []);
        return samples.Zip(labels, (sample, ofOne) => Array.ConvertAll(ofOne, label => _areNumbers
            ? PlaceOf(label.Number!.Value, sample, names)
            : PlaceOf(label.Text, sample, places)));
    }

    private static int PlaceOf(long number, ImageSource sample, string[] names)
    {
        if (number == -1)
            throw new DatasetException(
                sample.Name,
                $"The label of '{sample}' is -1, by which published data says that it is unknown or kept secret; there is "
                + "nothing to learn from it, nor to measure on it. Open a part with labels, or leave such samples out.");
        return number >= 0 && number < names.Length
            ? (int)number
            : throw new DatasetException(
                sample.Name,
                $"The label of '{sample}' is {number}, and the {names.Length} classes {ClassOrder.Show(names)} have the numbers "
                + $"0 to {names.Length - 1}; give all classes that there are.");
    }

    private static int PlaceOf(string name, ImageSource sample, LabelIndex places)
    {
        try
        {
            return places.Of(name, sample.Name);
        }
        catch (ArgumentException error)
        {
            throw new DatasetException(sample.Name, error.Message, error);
        }
    }
}
