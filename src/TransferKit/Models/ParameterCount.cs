namespace TransferKit;

/// <summary>How many parameters a model has; buffers, such as batch norm's statistics, don't count.</summary>
/// <param name="Training">Those that train.</param>
/// <param name="Total">All of them.</param>
public readonly record struct ParameterCount(long Training, long Total);
