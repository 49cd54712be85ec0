using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace TransferKit.Vision.Tests.Pages;

/// <summary>The page of samples/WebApi, which a server answers.</summary>
public sealed class WebApiSite : Site
{
    public const int LargestUpload = 1 << 20;

    private WebApplicationFactory<Program>? _service;

    protected override Task<Uri> ServeAsync()
    {
        _service = new WebApplicationFactory<Program>().WithWebHostBuilder(builder => builder
            .UseSetting("model", Model)
            .UseSetting("largestUpload", $"{LargestUpload}")
            .UseSetting("Logging:LogLevel:Default", "None"));
        _service.UseKestrel(0);
        _service.StartServer();
        return Task.FromResult(_service.ClientOptions.BaseAddress);
    }

    protected override ValueTask StopAsync() => _service?.DisposeAsync() ?? ValueTask.CompletedTask;
}
