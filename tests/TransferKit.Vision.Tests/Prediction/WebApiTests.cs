using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace TransferKit.Vision.Tests;

/// <summary>The sample service, behind its own server on a free port.</summary>
[Trait("Lane", "Slow")]
public sealed class WebApiTests : IDisposable
{
    private const int LargestUpload = 64 << 10;

    private readonly TemporaryFolder _folder = new();
    private readonly WebApplicationFactory<Program> _service;
    private readonly HttpClient _client;
    private readonly string _model;

    public WebApiTests()
    {
        using (var model = SmallModel.Build())
            _model = model.SaveIn(_folder);
        _service = new WebApplicationFactory<Program>().WithWebHostBuilder(builder => builder
            .UseSetting("model", _model)
            .UseSetting("largestUpload", $"{LargestUpload}")
            .UseSetting("Logging:LogLevel:Default", "None"));
        _service.UseKestrel(0);
        _service.StartServer();
        _client = _service.CreateClient();
    }

    public void Dispose()
    {
        _client.Dispose();
        _service.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Uploads_of_both_kinds_get_the_predictors_answer()
    {
        using var predictor = Predictor.Load(_model);
        foreach (var file in SmallModel.Pictures.Where(file => new FileInfo(file).Length < LargestUpload / 2))
        {
            var expected = predictor.Predict(file);
            foreach (var content in new HttpContent[] { Body(File.ReadAllBytes(file)), Form(File.ReadAllBytes(file)) })
            {
                using var response = await _client.PostAsync("/predict", content);
                response.StatusCode.Should().Be(HttpStatusCode.OK);
                var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
                answer.GetProperty("label").GetString().Should().Be(expected.Label);
                answer.GetProperty("confidence").GetSingle().Should().BeApproximately(expected.Confidence, 1e-4f);
                answer.GetProperty("top").EnumerateArray().Select(one => one.GetProperty("label").GetString())
                    .Should().Equal(expected.Top(5).Select(one => one.Label));
            }
        }
    }

    [Fact]
    public async Task A_body_that_curl_calls_a_form_is_a_picture()
    {
        var body = Body(File.ReadAllBytes(Fixture.PathOf("rgb_97x61.png")));
        body.Headers.ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded");

        using var response = await _client.PostAsync("/predict", body);

        response.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task When_too_many_pictures_wait_for_memory_the_next_are_told_to_come_again()
    {
        using var narrow = _service.WithWebHostBuilder(builder => builder
            .UseSetting("decodingMemory", "0").UseSetting("queueLimit", "0"));
        using var client = narrow.CreateClient();
        var bytes = File.ReadAllBytes(Fixture.PathOf("rgb_97x61.png"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => client.PostAsync("/predict", Body(bytes))));

        answers.Should().Contain(answer => answer.StatusCode == HttpStatusCode.OK)
            .And.OnlyContain(answer => answer.StatusCode == HttpStatusCode.OK
                || (answer.StatusCode == HttpStatusCode.ServiceUnavailable && answer.Headers.RetryAfter!.Delta == TimeSpan.FromSeconds(1)));
        foreach (var answer in answers)
            answer.Dispose();
        using var after = await client.PostAsync("/predict", Body(bytes));
        after.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Two_hundred_uploads_at_once_each_get_their_own_answer()
    {
        using var predictor = Predictor.Load(_model);
        var files = SmallModel.Pictures.Where(file => new FileInfo(file).Length < LargestUpload / 2).ToArray();
        var expected = files.Select(file => predictor.Predict(file).Confidence).ToArray();
        await Parallel.ForAsync(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 200 }, async (i, cancelled) =>
        {
            var picture = i % files.Length;
            // Every tenth is nonsense, which must not disturb the others.
            var bytes = i % 10 == 9 ? [1, 2, 3] : File.ReadAllBytes(files[picture]);
            using var response = await _client.PostAsync("/predict", i % 2 == 0 ? Body(bytes) : Form(bytes), cancelled);
            response.StatusCode.Should().Be(i % 10 == 9 ? HttpStatusCode.BadRequest : HttpStatusCode.OK);
            if (i % 10 != 9)
                (await response.Content.ReadFromJsonAsync<JsonElement>(cancelled)).GetProperty("confidence").GetSingle()
                    .Should().BeApproximately(expected[picture], 1e-4f);
        });
    }

    [Fact]
    public async Task Bad_uploads_are_refused_with_the_reason()
    {
        var truncated = File.ReadAllBytes(Fixture.PathOf("baseline_0.jpg"))[..100];
        await ShouldBeProblem(Body([1, 2, 3]), 400, "not a JPEG");
        await ShouldBeProblem(Form([1, 2, 3]), 400, "not a JPEG");
        await ShouldBeProblem(Body([]), 400, "empty");
        await ShouldBeProblem(Body(truncated), 400, "can't be read");
        await ShouldBeProblem(new MultipartFormDataContent { { new StringContent("no file"), "note" } }, 400, "no file");
        var brokenForm = Body([1, 2, 3]);
        brokenForm.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=x");
        await ShouldBeProblem(brokenForm, 400, "not a form");
        using var wrongMethod = await _client.GetAsync("/predict");
        wrongMethod.StatusCode.Should().Be(HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task Large_uploads_are_refused_whether_they_say_their_length_or_not()
    {
        await ShouldBeProblem(Body(new byte[LargestUpload + 1]), 413, "larger than");
        await ShouldBeProblem(Form(new byte[LargestUpload + 1]), 413, "larger than");
        using var chunked = new HttpRequestMessage(HttpMethod.Post, "/predict") { Content = Body(new byte[LargestUpload + 1]) };
        chunked.Headers.TransferEncodingChunked = true;
        using var response = await _client.SendAsync(chunked);
        response.StatusCode.Should().Be(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task It_says_what_it_knows_and_which_parts_of_a_picture_decide()
    {
        using var model = TransferModel.Load(_model);
        var about = await _client.GetFromJsonAsync<JsonElement>("/model");
        about.GetProperty("classNames").EnumerateArray().Select(name => name.GetString()).Should().Equal(model.ClassNames);
        about.GetProperty("largestFile").GetInt64().Should().Be(LargestUpload);

        var picture = Fixture.PathOf("rgb_97x61.png");
        foreach (var name in model.ClassNames.Prepend(null))
        {
            var expected = model.Explain(picture, className: name).ToPng();
            var address = name is null ? "/explain" : $"/explain?label={Uri.EscapeDataString(name)}";
            using var response = await _client.PostAsync(address, Form(File.ReadAllBytes(picture)));
            response.Content.Headers.ContentType!.MediaType.Should().Be("image/png");
            (await response.Content.ReadAsByteArrayAsync()).Should().Equal(expected);
        }
        await ShouldBeProblem(Body([1, 2, 3]), 400, "not a JPEG", "/explain");
        await ShouldBeProblem(Body([1, 2, 3]), 400, "no class 'cat'", "/explain?label=cat");
    }

    [Fact]
    public async Task The_page_and_its_files_are_served()
    {
        (string, string)[] files = [("/", "html"), ("/page.css", "css"), ("/page.js", "javascript"), ("/model.js", "javascript")];
        foreach (var (address, type) in files)
        {
            using var response = await _client.GetAsync(address);
            response.Content.Headers.ContentType!.MediaType.Should().Be($"text/{type}");
        }
    }

    [Theory]
    [InlineData("--model FILE")]
    [InlineData("no such file", "--model", "missing.tkm", "--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "None")]
    public void Without_a_model_it_ends_and_says_so(string reason, params string[] arguments)
    {
        var error = Console.Error;
        using var text = new StringWriter();
        try
        {
            Console.SetError(text);
            typeof(Program).Assembly.EntryPoint!.Invoke(null, [arguments]).Should().Be(2);
        }
        finally
        {
            Console.SetError(error);
        }
        text.ToString().Should().StartWith("error: ").And.Contain(reason);
    }

    private async Task ShouldBeProblem(HttpContent content, int status, string reason, string address = "/predict")
    {
        using var response = await _client.PostAsync(address, content);
        ((int)response.StatusCode).Should().Be(status);
        response.Content.Headers.ContentType!.MediaType.Should().Be("application/problem+json");
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        problem.GetProperty("status").GetInt32().Should().Be(status);
        problem.GetProperty("detail").GetString().Should().Contain(reason);
    }

    private static ByteArrayContent Body(byte[] bytes) =>
        new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };

    private static MultipartFormDataContent Form(byte[] bytes) => new() { { Body(bytes), "file", "picture.jpg" } };
}
