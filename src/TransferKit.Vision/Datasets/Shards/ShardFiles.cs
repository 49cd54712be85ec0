using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text.RegularExpressions;

namespace TransferKit.Vision;

/// <summary>Finds the files of a dataset that was written in several.</summary>
internal static partial class ShardFiles
{
    /// <summary>
    /// The files that a pattern names, as full paths, sorted by their characters' codes where a wildcard found them.
    /// </summary>
    /// <param name="shards">
    /// A path; <c>*</c> and <c>?</c> in the file's name stand for any characters and for one, <c>{00..12}</c> for numbers and
    /// <c>{a,b}</c> for either, anywhere.
    /// </param>
    /// <param name="extension">The extension of such files, for messages.</param>
    /// <exception cref="DatasetException">There is no such file.</exception>
    public static IReadOnlyList<string> Find(string shards, string extension)
    {
        ArgumentException.ThrowIfNullOrEmpty(shards);
        if (shards.Contains("://", StringComparison.Ordinal))
            throw new DatasetException(shards, $"'{shards}' is an address; download the files, and give their path.");
        var files = ExpandBraces(shards).SelectMany(path => FindOne(Path.GetFullPath(path), extension)).ToList();
        var twice = files.GroupBy(file => file).FirstOrDefault(same => same.Count() > 1)?.Key;
        return twice is null
            ? files
            : throw new DatasetException(twice, $"'{shards}' names '{twice}' more than once.");
    }

    /// <summary>Reads files, several at a time, and gives the results in the files' order.</summary>
    public static T[] ReadEach<T>(IReadOnlyList<string> files, Func<string, T> read)
    {
        try
        {
            return [.. files.AsParallel().AsOrdered().Select(read)];
        }
        catch (AggregateException error)
        {
            ExceptionDispatchInfo.Throw(error.InnerExceptions[0]);
            throw;
        }
    }

    private static IEnumerable<string> FindOne(string path, string extension)
    {
        var folder = Path.GetDirectoryName(path)!;
        var name = Path.GetFileName(path);
        if (folder.AsSpan().ContainsAny('*', '?'))
            throw new DatasetException(path, $"'{path}' has a wildcard in a folder's name; only the file's name may have one.");
        if (Directory.Exists(path))
            throw new DatasetException(
                path, $"'{path}' is a folder; name the files of one part of the data in it, such as "
                + $"'{Path.Join(path, "train-*" + extension)}'. {WhatIsIn(path, extension)}");
        if (!name.AsSpan().ContainsAny('*', '?'))
        {
            return File.Exists(path)
                ? [path]
                : throw new DatasetException(path, $"The file '{path}' does not exist. {WhatIsIn(folder, extension)}");
        }

        string[] found = Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, name).Order(StringComparer.Ordinal)]
            : [];
        return found.Length > 0
            ? found
            : throw new DatasetException(path, $"No file is called '{path}'. {WhatIsIn(folder, extension)}");
    }

    private static string WhatIsIn(string folder, string extension)
    {
        const int shown = 3;
        if (!Directory.Exists(folder))
            return $"The folder '{folder}' does not exist.";
        var files = Directory.EnumerateFiles(folder, "*" + extension).Select(Path.GetFileName)
            .Order(StringComparer.Ordinal).ToArray();
        return files.Length == 0
            ? $"There are no {extension} files in '{folder}'."
            : $"In '{folder}' there are {string.Join(", ", files.Take(shown))}"
                + $"{(files.Length > shown ? $" and {files.Length - shown} more" : "")}.";
    }

    /// <summary>What a shell makes of braces.</summary>
    private static IEnumerable<string> ExpandBraces(string pattern)
    {
        var braces = Braces().Match(pattern);
        if (!braces.Success)
            return [pattern];
        var rest = ExpandBraces(pattern[(braces.Index + braces.Length)..]).ToArray();
        return Choices(braces.Groups[1].Value)
            .SelectMany(choice => rest, (choice, end) => pattern[..braces.Index] + choice + end);
    }

    private static IEnumerable<string> Choices(string inside)
    {
        if (inside.Split("..") is not [var first, var last]
            || !int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var from)
            || !int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var to))
            return inside.Split(',');
        var format = first[0] == '0' || last[0] == '0' ? $"D{Math.Max(first.Length, last.Length)}" : "D";
        return Enumerable.Range(from, Math.Max(0, to - from + 1))
            .Select(number => number.ToString(format, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"\{([^{}]*(?:,|\.\.)[^{}]*)\}")]
    private static partial Regex Braces();
}
