namespace TransferKit;

/// <summary>The user's folder for what can be made again.</summary>
internal static class UserCache
{
    /// <summary>A folder of the library's: <c>$XDG_CACHE_HOME/transferkit/NAME</c>, by default under <c>~/.cache</c>.</summary>
    public static string Folder(string name)
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        // The XDG base directory specification wants relative paths ignored.
        if (!Path.IsPathFullyQualified(cache ?? ""))
            cache = Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Join(cache!, "transferkit", name);
    }
}
