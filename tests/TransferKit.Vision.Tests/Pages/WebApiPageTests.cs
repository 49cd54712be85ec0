namespace TransferKit.Vision.Tests.Pages;

public sealed class WebApiPageTests(WebApiSite site) : PageTests<WebApiSite>(site)
{
    [SkippableFact]
    public async Task A_file_that_is_too_large_is_refused_before_it_is_sent()
    {
        await using var page = await OpenAsync();
        using var folder = new TemporaryFolder();
        var requests = new List<string>();
        page.Request += (_, sent) => requests.Add(sent.Request.Url);

        await ChooseAsync(page, folder.Write("large.png", new byte[WebApiSite.LargestUpload + 1]));

        (await TextsAsync(page, ".failed .note")).Single().Should().Contain("at most 1 MB");
        requests.Should().NotContain(url => url.EndsWith("/predict", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_busy_server_is_asked_again_when_it_says()
    {
        await using var page = await OpenAsync();
        // The first answer is that of a full queue.
        await page.EvaluateExpressionAsync("""
            (() => {
              const ask = window.fetch;
              window.fetch = () => {
                window.fetch = ask;
                return Promise.resolve(new Response('{}', { status: 503, headers: { 'Retry-After': '1' } }));
              };
            })()
            """);

        var answered = ChooseAsync(page, Fixture.PathOf("rgb_97x61.png"));
        await page.WaitForFunctionAsync(
            "() => document.querySelector('.result h3')?.textContent.includes('trying again in 1 s')");
        await answered;

        (await page.QuerySelectorAsync(".failed")).Should().BeNull();
    }
}
