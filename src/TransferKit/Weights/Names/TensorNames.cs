namespace TransferKit;

/// <summary>What a tensor, or a layer with all of its tensors, is called in two libraries.</summary>
/// <param name="Theirs">The other library's <see cref="NameTemplate"/>.</param>
/// <param name="Ours">Ours, with as many numbers in the same order; null: the network does without.</param>
internal sealed record TensorNames(string Theirs, string? Ours)
{
    private readonly NameTemplate _theirs = new(Theirs);
    private readonly NameTemplate? _ours = Ours is null ? null : new(Ours);

    /// <summary>Which third of our rows theirs are, from 0 on, where several of theirs make one of ours.</summary>
    public int Part { get; init; }

    /// <summary>How many of their tensors make one of ours: 1 or 3.</summary>
    public int Parts { get; init; } = 1;

    /// <summary>Whether parts that the other library doesn't have are zero.</summary>
    public bool PadsWithZeros { get; init; }

    /// <summary>Which thirds of their rows ours are; null: all rows.</summary>
    public Range? Thirds { get; init; }

    /// <summary>Whether one of their keys is meant.</summary>
    public bool MatchesTheirs(string key) => _theirs.Matches(key);

    /// <summary>Whether one of our keys is meant.</summary>
    public bool MatchesOurs(string key) => _ours?.Matches(key) == true;

    /// <summary>Our name for a key of theirs; null: the network does without.</summary>
    public string? ToOurs(string key) => _ours is null ? null : _theirs.Translate(key, _ours);

    /// <summary>Their name for a key of ours.</summary>
    public string ToTheirs(string key) => _ours!.Translate(key, _theirs);
}
