using System.CommandLine;
using Flowers;
using Spectre.Console;
using TransferKit;

try
{
    var parsed = CommandLine.Create().Parse(args);
    if (parsed.Errors.Count == 0)
        return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    throw new ArgumentException(parsed.Errors[0].Message);
}
// What a user can put right is said in one line; anything else is a bug, and keeps its stack trace.
catch (Exception error) when (error is TransferKitException or ArgumentException or IOException or UnauthorizedAccessException)
{
    var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    var text = error is ArgumentException { ParamName: { } name } ? error.Message.Replace($" (Parameter '{name}')", "") : error.Message;
    console.MarkupLineInterpolated($"[red]{text.ReplaceLineEndings(" ")}[/]");
    return 2;
}
