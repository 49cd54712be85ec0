switch (args)
{
    case ["loader", var folder, .. var rest]:
        LoaderThroughput.Run(folder, Number(rest, "--workers", Environment.ProcessorCount), Number(rest, "--epochs", 3));
        return 0;
    default:
        Console.Error.WriteLine("Usage: loader FOLDER [--workers N] [--epochs N]");
        return 2;
}

static int Number(string[] options, string name, int otherwise) =>
    Array.IndexOf(options, name) is >= 0 and var at ? int.Parse(options[at + 1]) : otherwise;
