namespace Flowers;

/// <summary>How this program was started, as text for a shell.</summary>
internal static class InvokedCommand
{
    /// <summary>The whole command, which does the same again in the same folder.</summary>
    public static string Text
    {
        get
        {
            var line = Environment.GetCommandLineArgs();
            // Started as "dotnet Flowers.dll", the process is dotnet and the first argument the program; else they are the same.
            var isHosted = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";
            return string.Join(' ', new[] { Environment.ProcessPath! }.Concat(isHosted ? line : line[1..]).Select(Quoted));
        }
    }

    private static string Quoted(string word)
    {
        if (word.Length > 0 && word.All(letter => char.IsLetterOrDigit(letter) || "-_./:,=".Contains(letter)))
            return word;
        return OperatingSystem.IsWindows() ? $"\"{word}\"" : $"'{word.Replace("'", "'\\''")}'";
    }
}
