using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace TransferKit.Tests.Weights;

[Trait("Lane", "Slow")]
public sealed class WeightsCacheTests : IDisposable
{
    private static readonly DownloadPolicy Quick = new()
    {
        Attempts = 3,
        FirstDelay = TimeSpan.FromMilliseconds(1),
        Silence = TimeSpan.FromSeconds(20),
        Polling = TimeSpan.FromMilliseconds(10),
    };

    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _content = new byte[1_000_000];

    public WeightsCacheTests() => new Random(1).NextBytes(_content);

    private string Sha => Convert.ToHexStringLower(SHA256.HashData(_content))[..8];

    private string FilePath => _folder.File($"weights-{Sha}.pth");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_arrives_whole_and_only_once()
    {
        await using var server = await LocalServer.StartAsync((context, _) => Answers.Send(context, _content));

        var path = await Get(server);
        var again = await Get(server);

        path.Should().Be(FilePath).And.Be(again);
        File.ReadAllBytes(path).Should().Equal(_content);
        Directory.GetFiles(_folder.FullPath).Should().Equal(FilePath);
        server.Requests.Should().Be(1);
    }

    [Fact]
    public async Task A_cut_download_goes_on_where_it_stopped()
    {
        await using var server = await LocalServer.StartAsync((context, request) =>
            request <= 4 ? Answers.Cut(context, _content, 100_000) : Answers.Send(context, _content));

        var content = File.ReadAllBytes(await Get(server));

        content.Should().Equal(_content, "four cuts are more than three attempts, but each brought something");
        server.Ranges[0].Should().BeEmpty();
        server.Ranges.Skip(1).Should().OnlyContain(range => range.StartsWith("bytes="));
    }

    [Fact]
    public async Task What_an_earlier_run_left_is_used()
    {
        File.WriteAllBytes(FilePath + ".partial", _content[..600_000]);
        await using var server = await LocalServer.StartAsync((context, _) => Answers.Send(context, _content));

        File.ReadAllBytes(await Get(server)).Should().Equal(_content);
        server.Ranges.Should().Equal("bytes=600000-");
    }

    [Fact]
    public async Task A_wrong_beginning_from_an_earlier_run_is_thrown_away()
    {
        File.WriteAllBytes(FilePath + ".partial", new byte[600_000]);
        await using var server = await LocalServer.StartAsync((context, _) => Answers.Send(context, _content));

        File.ReadAllBytes(await Get(server)).Should().Equal(_content);
        server.Ranges.Should().Equal("bytes=600000-", "");
    }

    [Fact]
    public async Task A_server_that_knows_no_ranges_sends_all_again()
    {
        await using var server = await LocalServer.StartAsync((context, request) =>
        {
            context.Request.Headers.Range = default;
            return request == 1 ? Answers.Cut(context, _content, 100_000) : Answers.Send(context, _content);
        });

        File.ReadAllBytes(await Get(server)).Should().Equal(_content);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    [InlineData(408)]
    public async Task A_server_in_trouble_is_asked_again(int status)
    {
        await using var server = await LocalServer.StartAsync((context, request) =>
            request <= 2 ? Answers.Fail(context, status) : Answers.Send(context, _content));

        File.ReadAllBytes(await Get(server)).Should().Equal(_content);
        server.Requests.Should().Be(3);
    }

    [Fact]
    public async Task A_server_that_stays_in_trouble_is_given_up_with_address_file_and_folder()
    {
        await using var server = await LocalServer.StartAsync((context, _) => Answers.Fail(context, 500));

        var error = (await Getting(server).Should().ThrowAsync<WeightsException>()).Which;

        server.Requests.Should().Be(3);
        error.Message.Should().Contain(server.Url("weights.pth").ToString()).And.Contain("500")
            .And.Contain($"Fetch weights-{Sha}.pth yourself and put it into {_folder.FullPath}.").And.NotContain("\n");
        error.Url.Should().Be(server.Url("weights.pth"));
        error.Path.Should().Be(FilePath);
    }

    [Fact]
    public async Task A_refusal_is_final()
    {
        await using var server = await LocalServer.StartAsync((context, _) => Answers.Fail(context, 404));

        await Getting(server).Should().ThrowAsync<WeightsException>().WithMessage("*404*");
        server.Requests.Should().Be(1);
        File.Exists(FilePath).Should().BeFalse();
    }

    [Fact]
    public async Task Corrupt_content_never_gets_the_files_name()
    {
        var corrupt = _content.ToArray();
        corrupt[500_000] ^= 1;
        await using var server = await LocalServer.StartAsync((context, _) => Answers.Send(context, corrupt));

        await Getting(server).Should().ThrowAsync<WeightsException>().WithMessage($"*SHA-256 begins with * instead of {Sha}*");
        File.Exists(FilePath).Should().BeFalse();
    }

    [Fact]
    public async Task A_silent_server_is_left_and_asked_again()
    {
        await using var server = await LocalServer.StartAsync(async (context, request) =>
        {
            if (request == 1)
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            await Answers.Send(context, _content);
        });

        var cache = new WeightsCache(_folder.FullPath, Quick with { Silence = TimeSpan.FromMilliseconds(300) });

        File.ReadAllBytes(await cache.GetAsync(server.Url("weights.pth"), Sha)).Should().Equal(_content);
    }

    [Fact]
    public async Task Redirects_are_followed()
    {
        await using var server = await LocalServer.StartAsync((context, request) =>
        {
            if (request > 1)
                return Answers.Send(context, _content);
            context.Response.Redirect("/elsewhere");
            return Task.CompletedTask;
        });

        File.ReadAllBytes(await Get(server)).Should().Equal(_content);
    }

    [Fact]
    public async Task Without_a_server_the_error_says_what_to_fetch_and_where_to_put_it()
    {
        var url = new Uri("http://127.0.0.1:9/weights.pth");

        var error = await FluentActions.Awaiting(() => Cache().GetAsync(url, Sha)).Should().ThrowAsync<WeightsException>();

        error.Which.Message.Should().Contain("http://127.0.0.1:9/weights.pth").And.EndWith(
            $"Fetch weights-{Sha}.pth yourself and put it into {_folder.FullPath}.").And.NotContain("\n");
    }

    [Fact]
    public async Task Several_that_ask_at_once_share_one_download()
    {
        await using var server = await LocalServer.StartAsync(async (context, _) =>
        {
            await Task.Delay(100);
            await Answers.Send(context, _content);
        });

        var paths = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Task.Run(() => Get(server))));

        paths.Should().OnlyContain(path => path == FilePath);
        server.Requests.Should().Be(1);
        Directory.GetFiles(_folder.FullPath).Should().Equal(FilePath);
    }

    [Fact]
    public async Task A_cancelled_download_keeps_what_arrived()
    {
        using var cancellation = new CancellationTokenSource();
        await using var server = await LocalServer.StartAsync(async (context, _) =>
        {
            context.Response.ContentLength = _content.Length;
            await context.Response.Body.WriteAsync(_content.AsMemory(0, 300_000));
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        var progress = new Reports(report =>
        {
            if (report.BytesReceived == 300_000)
                cancellation.Cancel();
        });

        await FluentActions.Awaiting(() => Cache().GetAsync(server.Url("weights.pth"), Sha, progress, cancellation.Token))
            .Should().ThrowAsync<OperationCanceledException>();

        File.ReadAllBytes(FilePath + ".partial").Should().Equal(_content[..300_000]);
    }

    [Fact]
    public async Task Progress_counts_up_to_the_whole_file()
    {
        await using var server = await LocalServer.StartAsync((context, _) => Answers.Send(context, _content));
        var reports = new List<DownloadProgress>();

        await Cache().GetAsync(server.Url("weights.pth"), Sha, new Reports(reports.Add));

        reports.Select(report => report.BytesReceived).Should().BeInAscendingOrder();
        reports[^1].Should().Be(new DownloadProgress($"weights-{Sha}.pth", _content.Length, _content.Length));
        reports[^1].Fraction.Should().Be(1);
    }

    [Fact]
    public async Task Known_weights_come_from_the_mirror_under_their_own_name()
    {
        await using var server = await LocalServer.StartAsync((context, _) => context.Request.Path == $"/mirror/known-{Sha}.pth"
            ? Answers.Send(context, _content)
            : Answers.Fail(context, StatusCodes.Status404NotFound));
        var weights = KnownWeights.Default("resnet18") with
        {
            Url = new($"https://nowhere.invalid/models/known-{Sha}.pth"),
            Sha256 = Sha,
        };
        Environment.SetEnvironmentVariable(WeightsCache.MirrorVariable, server.Url("mirror").ToString());
        try
        {
            (await Cache().GetAsync(weights)).Should().Be(_folder.File($"known-{Sha}.pth"));
        }
        finally
        {
            Environment.SetEnvironmentVariable(WeightsCache.MirrorVariable, null);
        }
    }

    [Fact]
    public async Task A_file_that_Python_fetched_under_its_older_name_is_found()
    {
        var weights = KnownWeights.Default("efficientnet_b0");
        var path = _folder.File("efficientnet_b0_rwightman-3dd342df.pth", [1]);

        (await Cache().GetAsync(weights)).Should().Be(path);
    }

    [Theory]
    [InlineData("/t", "/x", "/t/hub/checkpoints")]
    [InlineData(null, "/x", "/x/torch/hub/checkpoints")]
    [InlineData("", "/x", "/x/torch/hub/checkpoints")]
    public void The_folder_is_PyTorchs(string? torchHome, string? cacheHome, string folder) => WeightsCache
        .DefaultFolder(name => name == "TORCH_HOME" ? torchHome : name == "XDG_CACHE_HOME" ? cacheHome : null)
        .Should().Be(folder.Replace('/', Path.DirectorySeparatorChar));

    [Fact]
    public void Without_variables_the_folder_lies_in_the_users_cache() =>
        WeightsCache.DefaultFolder(_ => null).Should().EndWith(Path.Join(".cache", "torch", "hub", "checkpoints"));

    private WeightsCache Cache() => new(_folder.FullPath, Quick);

    private Task<string> Get(LocalServer server) => Cache().GetAsync(server.Url("weights.pth"), Sha);

    private Func<Task> Getting(LocalServer server) => () => Get(server);

    /// <summary>Unlike Progress, which reports later and on other threads.</summary>
    private sealed class Reports(Action<DownloadProgress> report) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => report(value);
    }
}
