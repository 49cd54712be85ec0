using System.CommandLine;
using Flowers;
using Spectre.Console;
using TransferKit;

// A terminal has its own width; a file takes lines of any length.
if (Console.IsOutputRedirected)
    AnsiConsole.Profile.Width = 200;

try
{
    var parsed = CommandLine.Create().Parse(args);
    if (parsed.Errors.Count == 0)
        return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    // The parser names .NET types; people want to know which option is wrong.
    throw new ArgumentException(parsed.Errors[0].Message.Split(" as expected type")[0]);
}
// What a user can put right is said in one line; anything else is a bug, and keeps its stack trace.
catch (Exception error) when (error is TransferKitException or ArgumentException or IOException or UnauthorizedAccessException
    or OperationCanceledException)
{
    var parameter = error is ArgumentException { ParamName: { } name } ? $" (Parameter '{name}')" : "";
    var text = parameter.Length == 0 ? error.Message : error.Message.Replace(parameter, "");
    Console.Error.WriteLine($"error: {text.ReplaceLineEndings(" ")}");
    return 2;
}
