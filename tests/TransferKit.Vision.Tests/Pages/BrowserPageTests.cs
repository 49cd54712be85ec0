using System.Text.Json;
using TransferKit.Tests;

namespace TransferKit.Vision.Tests.Pages;

public sealed class BrowserPageTests(BrowserSite site) : PageTests<BrowserSite>(site)
{
    [SkippableFact]
    public async Task Fifty_photos_get_the_predictors_labels()
    {
        var (photos, weights) = (Repository.Shared("data/flowers"), Repository.Shared("weights/mobilenet_v2_imagenet.pth"));
        Skip.If(photos is null || weights is null, "needs photos and weights in ../shared");
        (await OpenAsync()).Dispose();
        var path = Path.Join(Site.Folder, "imagenet.tkm");
        using (var model = Backbone.MobileNetV2(Pretrained.FromFile(weights)).On(ComputeDevice.Cpu).Build())
            model.Save(path);
        await Site.MakeAsync(path, "imagenet/");
        await using var page = await Site.OpenAsync(path: "imagenet/");
        using var predictor = Predictor.Load(path);

        var kinds = Directory.GetDirectories(photos).Order();
        string[] files = [.. kinds.SelectMany(kind => Directory.GetFiles(kind, "*.jpg").Order().Take(25))];
        foreach (var file in files)
        {
            var answer = await page.EvaluateFunctionAsync<JsonElement>("""
                async base64 => {
                  const model = await import(new URL('model.js', location));
                  const bytes = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
                  const { label, top } = await model.predict(bytes.buffer);
                  return { label, confidence: top[0].confidence };
                }
                """, Convert.ToBase64String(await File.ReadAllBytesAsync(file)));
            var expected = predictor.Predict(file);
            answer.GetProperty("label").GetString().Should().Be(expected.Label, file);
            answer.GetProperty("confidence").GetSingle().Should().BeApproximately(expected.Confidence, 0.02f, file);
        }
        files.Should().HaveCount(50);
    }
}
