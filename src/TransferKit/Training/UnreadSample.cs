using System.Text.Json.Serialization;

namespace TransferKit;

/// <summary>A sample that a process couldn't read, as it tells the others.</summary>
/// <param name="IsTraining">Whether it is one to train on, and not to measure on.</param>
/// <param name="Index">Its position in its dataset.</param>
/// <param name="Reason">Why, a sentence.</param>
/// <param name="Rank">The process.</param>
internal sealed record UnreadSample(bool IsTraining, int Index, string Reason, int Rank);

/// <summary>The JSON form of <see cref="UnreadSample"/>.</summary>
[JsonSerializable(typeof(List<UnreadSample>))]
internal sealed partial class UnreadSampleJson : JsonSerializerContext;
