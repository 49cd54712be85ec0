using System.Text.Json;
using System.Text.Json.Serialization;

namespace TransferKit;

/// <summary>Something that decides which numbers come out of a run.</summary>
/// <param name="Name">What it is called: an option's name, or <c>Plan</c>.</param>
/// <param name="Data">All that counts of it, the same in every culture; null: it is off.</param>
/// <param name="Words">The same for people. Checkpoints of format 1 have nothing else.</param>
internal sealed record RunFact(string Name, JsonElement? Data, string Words)
{
    /// <summary>One that is a text.</summary>
    public static RunFact Of(string name, string text) =>
        new(name, JsonSerializer.SerializeToElement(text, RunFactJson.Default.String), text);
}

/// <summary>The JSON form of what decides a run's numbers, under the names that it has in C#.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(TrainingOptions))]
[JsonSerializable(typeof(ModelRecipe))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class RunFactJson : JsonSerializerContext;
