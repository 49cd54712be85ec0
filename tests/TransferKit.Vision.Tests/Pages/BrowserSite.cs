using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;
using TransferKit.Tests;

namespace TransferKit.Vision.Tests.Pages;

/// <summary>The page that samples/Browser makes, as files that any server hands out.</summary>
public sealed class BrowserSite : Site
{
    private WebApplication? _server;

    public override string? Missing => base.Missing ?? (Directory.Exists(Repository.Path("samples/Browser/node_modules"))
        ? null
        : "needs onnxruntime-web: npm ci in samples/Browser, and build again");

    /// <summary>Makes a page.</summary>
    /// <param name="model">A saved model.</param>
    /// <param name="path">Where the page is to be, from the site's address.</param>
    public async Task MakeAsync(string model, string path = "")
    {
        var program = AppContext.BaseDirectory.Replace(
            Path.Join("tests", "TransferKit.Vision.Tests"), Path.Join("samples", "Browser"), StringComparison.Ordinal);
        using var process = Process.Start(new ProcessStartInfo("dotnet",
            ["exec", Path.Join(program, "Browser.dll"), model, Path.Join(Page, path)])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        (await process.StandardOutput.ReadToEndAsync()).Should().Contain("MB", await errors);
        await process.WaitForExitAsync();
        process.ExitCode.Should().Be(0);
    }

    protected override async Task<Uri> ServeAsync()
    {
        await MakeAsync(Model);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _server = builder.Build();
        _server.Urls.Add("http://127.0.0.1:0");
        var files = new FileServerOptions { FileProvider = new PhysicalFileProvider(Page) };
        files.StaticFileOptions.ServeUnknownFileTypes = true;
        _server.UseFileServer(files);
        await _server.StartAsync();
        return new(_server.Urls.Single());
    }

    protected override ValueTask StopAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private string Page => Path.Join(Folder, "page");
}
