using PuppeteerSharp;

namespace TransferKit.Vision.Tests.Pages;

/// <summary>The browser that is installed, without a window.</summary>
internal static class Chromium
{
    /// <summary>Where it is; null: nowhere.</summary>
    public static string? Program { get; } = new[]
    {
        Environment.GetEnvironmentVariable("CHROME_PATH"),
        "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", @"C:\Program Files\Google\Chrome\Application\chrome.exe",
    }.FirstOrDefault(File.Exists);

    /// <summary>Starts it. Containers run tests as root, for whom its sandbox can't be.</summary>
    public static Task<IBrowser> LaunchAsync() =>
        Puppeteer.LaunchAsync(new LaunchOptions { ExecutablePath = Program!, Headless = true, Args = ["--no-sandbox"] });
}
