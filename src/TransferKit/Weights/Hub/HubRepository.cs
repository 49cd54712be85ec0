using System.Text.RegularExpressions;

namespace TransferKit;

/// <summary>A repository of models on the Hugging Face hub, at one of its revisions.</summary>
/// <param name="Name">Owner and name: <c>timm/resnet18.a1_in1k</c>. The oldest ones have no owner.</param>
/// <param name="Revision">A branch, a tag or a commit.</param>
internal sealed partial record HubRepository(string Name, string Revision)
{
    /// <summary>The branch that everything is taken from unless another revision is named.</summary>
    public const string DefaultRevision = "main";

    private const int MaxLength = 96;

    /// <summary>Who asks; null: as the environment says.</summary>
    public string? Token { get; init; }

    /// <summary>The repository's folder in the hub's cache.</summary>
    public string FolderName => $"models--{Name.Replace("/", "--", StringComparison.Ordinal)}";

    /// <summary>Whether the revision can't come to mean something else.</summary>
    public bool IsCommit => Commit().IsMatch(Revision);

    /// <summary>Checks what a user says.</summary>
    /// <exception cref="ArgumentException">The hub can't have such a repository, or such a revision.</exception>
    public static HubRepository Of(string repository, string? revision, string? token)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(repository);
        revision ??= DefaultRevision;
        if (repository.Length > MaxLength || !Names().IsMatch(repository) || repository.Contains("--", StringComparison.Ordinal)
            || repository.Contains("..", StringComparison.Ordinal) || repository.EndsWith(".git", StringComparison.Ordinal))
            throw new ArgumentException($"The hub has no repositories named '{repository}': a name is owner/model, as in "
                + "timm/resnet18.a1_in1k.", nameof(repository));
        if (!IsPath(revision) || revision.Any(char.IsWhiteSpace))
            throw new ArgumentException($"'{revision}' can't be a revision: name a branch, a tag or a commit.", nameof(revision));
        return new(repository, revision) { Token = string.IsNullOrWhiteSpace(token) ? null : token.Trim() };
    }

    /// <summary>The repository whose weights are at an address; null for addresses of other files and elsewhere.</summary>
    public static HubRepository? OfFile(Uri url) =>
        url.Host == HubSettings.DefaultEndpoint.Host
        && url.AbsolutePath.Split('/') is ["", var owner, var name, "resolve", var revision, var file]
        && HubSnapshot.IsUsualName(file)
            ? new($"{owner}/{name}", revision)
            : null;

    /// <summary>Whether a name leads from a folder to something within it, on every system.</summary>
    public static bool IsPath(string name) => name.Split('/').All(
        part => part.Trim('.').Length > 0 && !part.Any(letter => char.IsControl(letter) || @"\:*?""<>|".Contains(letter)));

    /// <summary>The name, with the revision where it isn't the usual one: <c>timm/resnet18.a1_in1k@v2</c>.</summary>
    public override string ToString() => Revision == DefaultRevision ? Name : $"{Name}@{Revision}";

    [GeneratedRegex(@"^(\w[\w.-]*/)?\w([\w.-]*\w)?$", RegexOptions.ECMAScript)]
    private static partial Regex Names();

    [GeneratedRegex("^[0-9a-f]{40}$", RegexOptions.CultureInvariant)]
    private static partial Regex Commit();
}
