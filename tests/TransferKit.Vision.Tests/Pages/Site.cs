using PuppeteerSharp;

namespace TransferKit.Vision.Tests.Pages;

/// <summary>A page of the samples, served and opened in a browser, once for all its tests.</summary>
public abstract class Site : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private IBrowser? _browser;
    private Uri? _address;

    /// <summary>What is not here, so that the page can't be tried; null: nothing.</summary>
    public virtual string? Missing => Chromium.Program is null ? "needs Chromium, or CHROME_PATH" : null;

    /// <summary>A model of four classes, which the page uses.</summary>
    public string Model => Path.Join(_folder.Path, "model.tkm");

    /// <summary>Where it lies; further files may lie there too.</summary>
    public string Folder => _folder.Path;

    /// <summary>The page, opened anew in a window of its own.</summary>
    /// <param name="width">The window's width, in pixels.</param>
    /// <param name="path">Where the page is, from the site's address.</param>
    public async Task<IPage> OpenAsync(int width = 1000, string path = "")
    {
        if (_browser is null)
        {
            using (var model = SmallModel.Build())
                model.Save(Model);
            _address = await ServeAsync();
            _browser = await Chromium.LaunchAsync();
        }
        var page = await _browser.NewPageAsync();
        page.DefaultTimeout = 60_000;
        // Keys and choosers of files are those of the page in front.
        await page.BringToFrontAsync();
        await page.SetViewportAsync(new ViewPortOptions { Width = width, Height = 800 });
        await page.GoToAsync(new Uri(_address!, path).ToString());
        await page.WaitForFunctionAsync("() => document.getElementById('about').textContent.includes('tells')");
        return page;
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        await StopAsync();
    }

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Serves the page and gives its address.</summary>
    protected abstract Task<Uri> ServeAsync();

    /// <summary>Stops what serves it, if it has begun.</summary>
    protected abstract ValueTask StopAsync();
}
