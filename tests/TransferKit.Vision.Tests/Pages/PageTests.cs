using PuppeteerSharp;
using PuppeteerSharp.Media;
using TransferKit.Tests;

namespace TransferKit.Vision.Tests.Pages;

/// <summary>The samples' page as people use it: with a mouse, a keyboard, a screen reader, a phone, and with bad files.</summary>
[Trait("Lane", "Slow")]
public abstract class PageTests<TSite>(TSite site) : IClassFixture<TSite>
    where TSite : Site
{
    private const string Results = "#results .result";

    private static string Picture => Fixture.PathOf("rgb_97x61.png");

    protected TSite Site { get; } = site;

    [SkippableFact]
    public async Task Pictures_that_are_chosen_by_keyboard_get_the_predictors_answers()
    {
        await using var page = await OpenAsync();
        string[] files = [Picture, Fixture.PathOf("lossy.webp"), Fixture.PathOf("orientation_6.jpg")];

        await page.Keyboard.PressAsync("Tab");
        (await FocusAsync(page)).Should().Be("choose");
        // The browser's own window for files is none of the page's.
        await page.EvaluateExpressionAsync(
            "document.getElementById('files').addEventListener('click', event => { event.preventDefault(); window.asks = true; })");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForFunctionAsync("() => window.asks");
        await ChooseAsync(page, files);

        using var predictor = Predictor.Load(Site.Model);
        var titles = await TextsAsync(page, $"{Results} h3");
        titles.Should().Equal(files.Select(file => predictor.Predict(file).Label));
        (await TextsAsync(page, $"{Results} .file")).Should().Equal(files.Select(Path.GetFileName));
        (await TextsAsync(page, $"{Results}:first-child .name")).Should()
            .Equal(predictor.Predict(Picture).Top(5).Select(one => one.Label));
        (await TextsAsync(page, "#status")).Single().Should().StartWith($"orientation_6.jpg: {titles[^1]}, ");
    }

    [SkippableFact]
    public async Task Pictures_are_taken_by_drop_and_from_the_clipboard_and_the_newest_is_first()
    {
        await using var page = await OpenAsync();

        await GiveAsync(page, "drop", "dataTransfer", "dropped.png", File.ReadAllBytes(Picture));
        await AnswersAsync(page, 1);
        await GiveAsync(page, "paste", "clipboardData", "pasted.png", File.ReadAllBytes(Picture));
        await AnswersAsync(page, 2);

        (await TextsAsync(page, $"{Results} .file")).Should().Equal("pasted.png", "dropped.png");
        await page.ClickAsync("#clear");
        (await page.QuerySelectorAllAsync(Results)).Should().BeEmpty();
        (await FocusAsync(page)).Should().Be("choose");
    }

    [SkippableFact]
    public async Task A_bad_file_gets_its_reason_and_holds_nobody_up()
    {
        await using var page = await OpenAsync();
        using var folder = new TemporaryFolder();
        string[] files = [folder.Write("notes.jpg", "no picture"u8), folder.Write("empty.png"), Picture];

        await ChooseAsync(page, files);

        var reasons = await TextsAsync(page, $"{Results}.failed .note");
        reasons.Should().HaveCount(2).And.OnlyContain(reason => reason.Length > 15);
        reasons[1].Should().Contain("empty");
        (await TextsAsync(page, $"{Results}:not(.failed) .file")).Should().Equal(Path.GetFileName(Picture));
    }

    [SkippableFact]
    public async Task The_heat_map_takes_the_pictures_place_and_gives_it_back()
    {
        await using var page = await OpenAsync();
        await ChooseAsync(page, Picture);
        var before = await BoxesAsync(page);

        await page.FocusAsync($"{Results} button");
        await page.Keyboard.PressAsync("Space");
        await page.WaitForSelectorAsync($"{Results} button[aria-pressed=true]");

        (await page.EvaluateExpressionAsync<int>("document.querySelector('.heat').naturalWidth")).Should().BeGreaterThan(200);
        (await page.EvaluateExpressionAsync<string>("document.querySelector('.heat').alt")).Should().StartWith("Heat map");
        (await BoxesAsync(page)).Should().Equal(before, "nothing moves");
        await page.Keyboard.PressAsync("Space");
        await page.WaitForSelectorAsync($"{Results} button[aria-pressed=false]");
        (await page.QuerySelectorAsync($"{Results} .picture:not([hidden])")).Should().NotBeNull();
    }

    [SkippableFact]
    public async Task Answers_move_nothing_when_they_come()
    {
        await using var page = await OpenAsync();
        using var folder = new TemporaryFolder();
        // Boxes are noted as soon as they are there, and before any answer is.
        await page.EvaluateExpressionAsync(
            $"new MutationObserver(() => window.early ??= {Boxes})"
            + ".observe(document.getElementById('results'), { childList: true })");

        await ChooseAsync(page, Picture, folder.Write("notes.jpg", "no picture"u8), Fixture.PathOf("lossy.webp"));

        (await BoxesAsync(page)).Should().Equal(await page.EvaluateExpressionAsync<string[]>("window.early"));
    }

    [SkippableFact]
    public async Task A_phone_needs_no_scrolling_to_the_side_and_offers_its_camera()
    {
        await using var page = await OpenAsync(width: 320);
        await ChooseAsync(page, Fixture.PathOf("large.jpg"));

        (await page.EvaluateExpressionAsync<int>("document.documentElement.scrollWidth")).Should().BeLessThanOrEqualTo(320);
        (await page.EvaluateExpressionAsync<string>("document.querySelector('input[capture]').getAttribute('capture')"))
            .Should().Be("environment");
    }

    [SkippableTheory]
    [InlineData("light")]
    [InlineData("dark")]
    public async Task The_page_is_accessible_by_axes_rules(string scheme)
    {
        var axe = Repository.Path("samples/Browser/node_modules/axe-core/axe.min.js");
        Skip.IfNot(File.Exists(axe), "needs axe-core: npm ci in samples/Browser");
        await using var page = await OpenAsync();
        await page.EmulateMediaFeaturesAsync([new() { MediaFeature = MediaFeature.PrefersColorScheme, Value = scheme }]);
        using var folder = new TemporaryFolder();
        await ChooseAsync(page, Picture, folder.Write("notes.jpg", "no picture"u8));

        await page.EvaluateExpressionAsync(await File.ReadAllTextAsync(axe));
        var faults = await page.EvaluateFunctionAsync<string[]>(
            "async () => (await axe.run()).violations.map(fault => `${fault.help}: ${fault.nodes.map(node => node.html)}`)");

        faults.Should().BeEmpty();
    }

    protected async Task<IPage> OpenAsync(int width = 1000)
    {
        Skip.If(Site.Missing is not null, Site.Missing);
        return await Site.OpenAsync(width);
    }

    /// <summary>Chooses files, and waits for what is said of them.</summary>
    protected static async Task ChooseAsync(IPage page, params string[] files)
    {
        await (await page.QuerySelectorAsync("#files")).UploadFileAsync(files);
        await AnswersAsync(page, files.Length);
    }

    /// <summary>Waits until so many pictures have an answer or a reason.</summary>
    private static Task AnswersAsync(IPage page, int count) => page.WaitForFunctionAsync(
        $"count => document.querySelectorAll('{Results}.failed, {Results}:has(.share)').length === count",
        new WaitForFunctionOptions(), count);

    protected static Task<string[]> TextsAsync(IPage page, string selector) => page.EvaluateFunctionAsync<string[]>(
        "selector => [...document.querySelectorAll(selector)].map(found => found.textContent)", selector);

    /// <summary>Has an event bring a file, as one that comes from outside of the browser does.</summary>
    private static Task GiveAsync(IPage page, string type, string property, string name, byte[] content) =>
        page.EvaluateFunctionAsync("""
        (type, property, name, base64) => {
          const files = new DataTransfer();
          files.items.add(new File([Uint8Array.from(atob(base64), letter => letter.charCodeAt(0))], name));
          const event = new Event(type, { bubbles: true, cancelable: true });
          Object.defineProperty(event, property, { value: files });
          document.body.dispatchEvent(event);
        }
        """, type, property, name, Convert.ToBase64String(content));

    private static Task<string> FocusAsync(IPage page) => page.EvaluateExpressionAsync<string>("document.activeElement.id");

    /// <summary>Where things are on the page, and how large.</summary>
    private const string Boxes = """
        [...document.querySelectorAll('main section, .result, figure, .answer')].map(found => {
          const box = found.getBoundingClientRect();
          return [box.x, box.y + scrollY, box.width, box.height].map(Math.round).join();
        })
        """;

    private static Task<string[]> BoxesAsync(IPage page) => page.EvaluateExpressionAsync<string[]>(Boxes);
}
