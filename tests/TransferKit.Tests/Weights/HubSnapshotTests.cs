using System.Text;
using Microsoft.AspNetCore.Http;

namespace TransferKit.Tests.Weights;

public sealed class HubSnapshotTests : IAsyncLifetime, IDisposable
{
    private static readonly DownloadPolicy Quick = new()
    {
        Attempts = 3, FirstDelay = TimeSpan.FromMilliseconds(1), Silence = TimeSpan.FromSeconds(20),
        Polling = TimeSpan.FromMilliseconds(10),
    };

    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _weights = new byte[300_000];
    private readonly byte[] _config = "{}"u8.ToArray();
    private FakeHub _hub = null!;

    public HubSnapshotTests() => new Random(1).NextBytes(_weights);

    private string Repository => Path.Combine(_folder.FullPath, "models--someone--network");

    private string Snapshot => Path.Combine(Repository, "snapshots", _hub.Commit);

    public async Task InitializeAsync()
    {
        _hub = await FakeHub.StartAsync();
        _hub.SmallFiles["config.json"] = _config;
        _hub.LargeFiles["model.safetensors"] = _weights;
    }

    public Task DisposeAsync() => _hub.DisposeAsync().AsTask();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Files_lie_as_Pythons_huggingface_hub_puts_them()
    {
        var path = await Weights();

        path.Should().Be(Path.Combine(Snapshot, "model.safetensors"));
        File.ReadAllBytes(path).Should().Equal(_weights);
        var (config, weights) = (FakeHub.GitSha1(_config), FakeHub.Sha256(_weights));
        Directory.EnumerateFiles(_folder.FullPath, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(_folder.FullPath, file).Replace('\\', '/')).Should().BeEquivalentTo(
                $".locks/models--someone--network/{config}.lock",
                $".locks/models--someone--network/{weights}.lock",
                $"models--someone--network/.no_exist/{_hub.Commit}/preprocessor_config.json",
                $"models--someone--network/blobs/{config}",
                $"models--someone--network/blobs/{weights}",
                "models--someone--network/refs/main",
                $"models--someone--network/snapshots/{_hub.Commit}/config.json",
                $"models--someone--network/snapshots/{_hub.Commit}/model.safetensors");
        File.ReadAllText(Path.Combine(Repository, "refs", "main")).Should().Be(_hub.Commit);
        new FileInfo(path).LinkTarget.Should().Be(Path.Combine("..", "..", "blobs", weights));
    }

    [Fact]
    public async Task What_is_there_costs_one_question_and_a_commit_none()
    {
        await Weights();
        var before = _hub.Requests.Count;

        await Weights();
        _hub.Requests.Skip(before).Should().Equal("HEAD config.json");

        await Weights(revision: _hub.Commit);
        _hub.Requests.Should().HaveCount(before + 1);
    }

    [Fact]
    public async Task What_images_and_texts_have_in_one_file_is_asked_for_where_images_have_none_of_their_own()
    {
        _hub.SmallFiles["config.json"] = """{"model_type": "siglip"}"""u8.ToArray();
        _hub.SmallFiles["processor_config.json"] = """
            {"image_processor": {"image_mean": [0.5], "image_std": [0.5], "size": {"height": 256, "width": 256}}}
            """u8.ToArray();

        var config = await new HubSnapshot(Of(), Settings(), Quick).GetConfigAsync(default);

        config.Preprocessing!.CropSize.Should().Be(256);
    }

    [Fact]
    public async Task A_branch_that_moved_on_is_followed_and_contents_that_stayed_are_not_fetched_again()
    {
        await Weights();
        _hub.Commit = new('d', 40);
        _hub.SmallFiles["config.json"] = "{ }"u8.ToArray();

        File.ReadAllBytes(await Weights()).Should().Equal(_weights);

        _hub.Storage.Requests.Should().Be(1);
        File.ReadAllText(Path.Combine(Repository, "refs", "main")).Should().Be(_hub.Commit);
        File.ReadAllText(Path.Combine(Snapshot, "config.json")).Should().Be("{ }");
    }

    [Fact]
    public async Task The_hub_alone_is_told_who_asks()
    {
        await Weights(token: "hf_secret");

        _hub.Authorizations.Should().OnlyContain(header => header == "Bearer hf_secret");
        _hub.StorageAuthorizations.Should().Equal("");
    }

    [Fact]
    public async Task A_repository_that_was_renamed_is_followed_with_the_token()
    {
        _hub.Refuses = context =>
        {
            if (!context.Request.Path.StartsWithSegments("/someone/oldname", out var rest))
                return false;
            context.Response.StatusCode = StatusCodes.Status307TemporaryRedirect;
            context.Response.Headers.Location = $"/someone/network{rest}";
            return true;
        };

        File.ReadAllBytes(await Weights("someone/oldname", token: "hf_secret")).Should().Equal(_weights);
        _hub.Authorizations.Should().OnlyContain(header => header == "Bearer hf_secret");
    }

    [Fact]
    public async Task Sharded_weights_arrive_with_all_their_shards()
    {
        _hub.LargeFiles.Remove("model.safetensors");
        _hub.SmallFiles["model.safetensors.index.json"] = Encoding.UTF8.GetBytes(
            """{"weight_map": {"a": "model-1-of-2.safetensors", "b": "model-2-of-2.safetensors", "c": "model-1-of-2.safetensors"}}""");
        _hub.LargeFiles["model-1-of-2.safetensors"] = _weights;
        _hub.LargeFiles["model-2-of-2.safetensors"] = _weights[..1000];

        (await Weights()).Should().Be(Path.Combine(Snapshot, "model.safetensors.index.json"));

        File.ReadAllBytes(Path.Combine(Snapshot, "model-1-of-2.safetensors")).Should().Equal(_weights);
        File.ReadAllBytes(Path.Combine(Snapshot, "model-2-of-2.safetensors")).Should().Equal(_weights[..1000]);
        _hub.Storage.Requests.Should().Be(2);
    }

    [Theory]
    [InlineData("../../../outside.bin")]
    [InlineData("/tmp/outside.bin")]
    public async Task An_index_leads_nowhere_else(string shard)
    {
        _hub.LargeFiles.Remove("model.safetensors");
        _hub.SmallFiles["model.safetensors.index.json"] =
            Encoding.UTF8.GetBytes("""{"weight_map": {"a": "*"}}""".Replace("*", shard));

        await Failing($"*'{shard}' can't be the name of a file in a repository.");
    }

    [Fact]
    public async Task Pickles_are_taken_where_there_are_no_safetensors()
    {
        _hub.LargeFiles.Remove("model.safetensors");
        _hub.LargeFiles["pytorch_model.bin"] = _weights;

        (await Weights()).Should().EndWith("pytorch_model.bin");
    }

    [Fact]
    public async Task A_cut_download_goes_on_where_it_stopped()
    {
        _hub.SendsLarge = (context, content) => _hub.Storage.Requests == 1
            ? Answers.Cut(context, content, 100_000)
            : Answers.Send(context, content);

        File.ReadAllBytes(await Weights()).Should().Equal(_weights);
        _hub.Storage.Ranges[1].Should().StartWith("bytes=");
    }

    [Fact]
    public async Task What_an_earlier_run_left_is_used()
    {
        var blobs = Directory.CreateDirectory(Path.Combine(Repository, "blobs")).FullName;
        File.WriteAllBytes(Path.Combine(blobs, $"{FakeHub.Sha256(_weights)}.incomplete"), _weights[..200_000]);

        File.ReadAllBytes(await Weights()).Should().Equal(_weights);
        _hub.Storage.Ranges.Should().Equal("bytes=200000-");
    }

    [Fact]
    public async Task Content_that_is_not_what_the_hub_names_gets_no_name()
    {
        _hub.SendsLarge = (context, content) => Answers.Send(context, [.. content[..^1], (byte)~content[^1]]);

        await Failing($"*SHA-256 begins with * instead of {FakeHub.Sha256(_weights)}: damaged, or another file*");
        Directory.GetFiles(Snapshot).Select(Path.GetFileName).Should().Equal("config.json");
    }

    [Fact]
    public async Task Small_files_are_checked_too()
    {
        _hub.SendsSmall = (context, _) => Answers.Send(context, "{x"u8.ToArray());

        await Failing($"*SHA-1 begins with * instead of {FakeHub.GitSha1(_config)}*");
    }

    [Theory]
    [InlineData(401, "GatedRepo", "someone/network: the repository is gated: its owner grants access to those who ask at "
        + "http://*/someone/network, and say who asks with token: or HF_TOKEN*")]
    [InlineData(403, "GatedRepo", "someone/network: the repository is gated*")]
    [InlineData(401, "RepoNotFound", "someone/network: there is no such repository at http://*/someone/network, or it is private: "
        + "check the name, and say who asks*")]
    [InlineData(404, "RepoNotFound", "*no such repository*")]
    [InlineData(401, null, "*no such repository*")]
    [InlineData(403, null, "*the hub refuses access (Not for you): say who asks*")]
    [InlineData(404, "RevisionNotFound", "*has no revision 'main': name a branch, a tag or a commit, see http://*")]
    [InlineData(404, null, "*the hub answers 404 (Not for you) at http://*")]
    [InlineData(500, null, "*config.json can't be asked for at http://* (the hub answers 500 (Not for you)), and isn't in * yet.*")]
    public async Task A_refusal_gets_one_line_that_says_what_to_do(int status, string? code, string message)
    {
        _hub.Refuses = context =>
        {
            FakeHub.Fail(context, status, code, "Not for you.");
            return true;
        };

        await Failing(message);
        _hub.Requests.Should().HaveCount(status == 500 ? Quick.Attempts : 1);
    }

    [Fact]
    public async Task A_token_without_access_is_named_as_such_and_not_printed()
    {
        _hub.Refuses = context =>
        {
            FakeHub.Fail(context, 403, "GatedRepo");
            return true;
        };

        var error = await FluentActions.Awaiting(() => Weights(token: "hf_secret")).Should().ThrowAsync<WeightsException>();
        error.WithMessage("*gated*, and the token that was sent has no access to it.");
        error.Which.ToString().Should().NotContain("hf_secret");
    }

    [Fact]
    public async Task A_server_that_is_no_hub_is_told_apart()
    {
        _hub.Refuses = _ => true;

        await Failing("*answers, but not as the Hugging Face hub does*Check HF_ENDPOINT*");
    }

    [Fact]
    public async Task Without_weights_the_error_lists_the_files()
    {
        _hub.LargeFiles.Remove("model.safetensors");
        _hub.LargeFiles["flax_model.msgpack"] = _weights;

        await Failing("someone/network: the repository has no model.safetensors, *; it has config.json, flax_model.msgpack. *");
    }

    [Fact]
    public async Task Without_the_hub_what_is_there_is_taken()
    {
        var path = await Weights();
        var settings = Settings() with { Endpoint = new("http://127.0.0.1:9") };

        (await new HubSnapshot(Of(), settings, Quick).GetWeightsAsync(default)).Should().Be(path);
        await FluentActions.Awaiting(() => new HubSnapshot(Of("someone/other"), settings, Quick).GetWeightsAsync(default))
            .Should().ThrowAsync<WeightsException>()
            .WithMessage("someone/other: config.json can't be asked for at http://127.0.0.1:9/*, "
                + $"and isn't in {_folder.FullPath} yet. Where there is a network, hf download someone/other*");
    }

    [Fact]
    public async Task Offline_nobody_is_asked()
    {
        var path = await Weights();
        var before = _hub.Requests.Count;
        var settings = Settings() with { IsOffline = true };

        (await new HubSnapshot(Of(), settings, Quick).GetWeightsAsync(default)).Should().Be(path);
        await FluentActions.Awaiting(() => new HubSnapshot(Of(revision: "v2"), settings, Quick).GetWeightsAsync(default)).Should()
            .ThrowAsync<WeightsException>()
            .WithMessage($"someone/network@v2: not all that is needed is in {_folder.FullPath}, and HF_HUB_OFFLINE*");
        _hub.Requests.Should().HaveCount(before);
    }

    [Theory]
    [InlineData("main", "a")]
    [InlineData("v1.0", "b")]
    [InlineData("feature/x", "b")]
    [InlineData("bbbbbbb", "b")]
    [InlineData("dddddddddddddddddddddddddddddddddddddddd", "d")]
    public async Task A_cache_that_Python_filled_is_read_offline(string revision, string commit)
    {
        // As huggingface_hub 0.36 leaves it: by a branch, by a tag and a branch with a slash, by the beginning of a commit's name,
        // and by that, which is noted nowhere. What doesn't exist is noted where it was asked for.
        var commits = new Dictionary<string, string[]> { ["a"] = ["main"], ["b"] = ["v1.0", "feature/x", "bbbbbbb"], ["d"] = [] };
        foreach (var (letter, names) in commits)
        {
            var name = string.Concat(Enumerable.Repeat(letter, 40));
            byte[] weights = [.. _weights, (byte)letter[0]];
            Put(Path.Combine("blobs", FakeHub.Sha256(weights)), weights);
            Put(Path.Combine("snapshots", name, "config.json"), "{}"u8.ToArray());
            Put(Path.Combine(".no_exist", name, "model.safetensors"), []);
            File.CreateSymbolicLink(
                Path.Combine(Repository, "snapshots", name, "pytorch_model.bin"), $"../../blobs/{FakeHub.Sha256(weights)}");
            foreach (var known in names)
                Put(Path.Combine("refs", known), Encoding.ASCII.GetBytes(name));
        }

        var settings = Settings() with { IsOffline = true };
        var found = await new HubSnapshot(Of(revision: revision), settings, Quick).GetWeightsAsync(default);

        File.ReadAllBytes(found).Should().Equal([.. _weights, (byte)commit[0]]);
        _hub.Requests.Should().BeEmpty();

        void Put(string name, byte[] content)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Repository, name))!);
            File.WriteAllBytes(Path.Combine(Repository, name), content);
        }
    }

    [Fact]
    public async Task Branches_and_tags_are_noted_as_Python_looks_them_up_and_commits_are_not()
    {
        _hub.Revisions.UnionWith(["v1.0", "feature/x", "ccccccc"]);
        foreach (var revision in new[] { _hub.Commit, "v1.0", "feature/x", "ccccccc" })
            (await Weights(revision: revision)).Should().Be(Path.Combine(Snapshot, "model.safetensors"));

        var refs = Path.Combine(Repository, "refs");
        Directory.EnumerateFiles(refs, "*", SearchOption.AllDirectories)
            .ToDictionary(path => Path.GetRelativePath(refs, path).Replace('\\', '/'), File.ReadAllText).Should().BeEquivalentTo(
                new Dictionary<string, string>
                {
                    ["v1.0"] = _hub.Commit, ["feature/x"] = _hub.Commit, ["ccccccc"] = _hub.Commit,
                });
        _hub.Storage.Requests.Should().Be(1);
    }

    [Fact]
    public async Task Without_links_files_are_copies()
    {
        var settings = Settings() with { MakesLinks = false };
        await new HubSnapshot(Of(), settings, Quick).GetWeightsAsync(default);

        var file = new FileInfo(Path.Combine(Snapshot, "model.safetensors"));
        file.LinkTarget.Should().BeNull();
        File.ReadAllBytes(file.FullName).Should().Equal(_weights);
    }

    [Fact]
    public async Task A_link_whose_content_was_deleted_is_made_anew()
    {
        await Weights();
        File.Delete(Path.Combine(Repository, "blobs", FakeHub.Sha256(_weights)));

        File.ReadAllBytes(await Weights()).Should().Equal(_weights);
        _hub.Storage.Requests.Should().Be(2);
    }

    [Fact]
    public async Task Several_that_ask_at_once_share_one_download()
    {
        var paths = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Task.Run(() => Weights())));

        paths.Should().OnlyContain(path => path == Path.Combine(Snapshot, "model.safetensors"));
        _hub.Storage.Requests.Should().Be(1);
    }

    [Fact]
    public async Task A_cache_that_others_fill_needs_no_notes()
    {
        var path = await Weights();
        Directory.Delete(Path.Combine(Repository, ".no_exist"), recursive: true);
        Directory.Delete(Path.Combine(Repository, "refs"), recursive: true);
        // Folders can't be made where files of their names are.
        File.WriteAllText(Path.Combine(Repository, ".no_exist"), "");
        File.WriteAllText(Path.Combine(Repository, "refs"), "");

        (await Weights()).Should().Be(path);
    }

    [Fact]
    public async Task Progress_calls_files_by_their_names()
    {
        var reports = new List<DownloadProgress>();
        await new HubSnapshot(Of(), Settings(), Quick, new Reports(reports.Add)).GetWeightsAsync(default);

        reports[^1].Should().Be(new DownloadProgress("model.safetensors", _weights.Length, _weights.Length));
    }

    private HubSettings Settings() => new() { CacheFolder = _folder.FullPath, Endpoint = _hub.Endpoint };

    private static HubRepository Of(string name = "someone/network", string? revision = null, string? token = null) =>
        HubRepository.Of(name, revision, token);

    private Task<string> Weights(string name = "someone/network", string? revision = null, string? token = null) =>
        new HubSnapshot(Of(name, revision, token), Settings(), Quick).GetWeightsAsync(default);

    private async Task Failing(string message) =>
        (await FluentActions.Awaiting(() => Weights()).Should().ThrowAsync<WeightsException>().WithMessage(message))
            .Which.Message.Should().NotContain("\n");

    private sealed class Reports(Action<DownloadProgress> report) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => report(value);
    }
}
