namespace TransferKit;

/// <summary>How many parameters a model has; buffers, such as batch norm's statistics, don't count.</summary>
/// <param name="Training">Those that train.</param>
/// <param name="Total">All of them.</param>
public readonly record struct ParameterCount(long Training, long Total)
{
    /// <summary><c>1,026 of 11,177,538 parameters train</c></summary>
    public override string ToString() => FormattableString.Invariant($"{Training:N0} of {Total:N0} parameters train");
}
