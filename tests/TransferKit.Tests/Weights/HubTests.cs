using System.Text;
using System.Text.Json;
using TorchSharp;
using TransferKit.Tests.Parity;

namespace TransferKit.Tests.Weights;

/// <summary>Models from a hub on this machine, as programs build them.</summary>
public sealed class HubTests : IAsyncLifetime, IDisposable
{
    private static readonly string[] Variables =
        ["HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_ENDPOINT", "HF_TOKEN", "HF_HUB_OFFLINE"];

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string?> _before = Variables.ToDictionary(name => name, Environment.GetEnvironmentVariable);
    private FakeHub _hub = null!;

    public async Task InitializeAsync()
    {
        _hub = await FakeHub.StartAsync();
        foreach (var name in Variables)
            Environment.SetEnvironmentVariable(name, null);
        Environment.SetEnvironmentVariable("HF_HOME", _folder.FullPath);
        Environment.SetEnvironmentVariable("HF_ENDPOINT", _hub.Endpoint.ToString());
    }

    public Task DisposeAsync()
    {
        foreach (var (name, value) in _before)
            Environment.SetEnvironmentVariable(name, value);
        return _hub.DisposeAsync().AsTask();
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_repository_of_timms_gives_the_model_that_was_put_there()
    {
        using var original = Publish("test_vit", 3, """ "label_names": ["ash", "oak", "elm"], """);

        using var model = Backbone.FromHub(FakeHub.Name).On(ComputeDevice.Cpu).Build();

        model.Plan.Model.Should().Be("timm/test_vit");
        model.Plan.Weights.Should().Be(Pretrained.FromHub(FakeHub.Name));
        model.ClassNames.Should().Equal("ash", "oak", "elm");
        model.Preprocessing.Should().Be(new Preprocessing
        {
            CropSize = 160, ResizeSize = 168, CropShare = 0.95, Interpolation = Interpolation.Bicubic,
            Mean = new(0.5f, 0.5f, 0.5f), Std = new(0.5f, 0.5f, 0.5f),
        });
        Scores(model).Should().Equal(Scores(original));
    }

    [Fact]
    public void A_repository_of_transformers_gives_the_model_that_it_describes()
    {
        var golden = Goldens.Transformers[0];
        using var scope = torch.NewDisposeScope();
        using var stream = new MemoryStream();
        SafeTensorsWriter.Write(stream, TransformersNamesTests.FileOf(golden).Select(tensor => (tensor.Key, tensor.Value)));
        _hub.LargeFiles["model.safetensors"] = stream.ToArray();
        _hub.SmallFiles["config.json"] = Encoding.UTF8.GetBytes(golden.Config.GetRawText());
        _hub.SmallFiles["preprocessor_config.json"] = """
            {
              "do_resize": true, "size": {"height": 48, "width": 48}, "resample": 3,
              "do_normalize": true, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]
            }
            """u8.ToArray();

        using var model = Backbone.FromHub(FakeHub.Name).On(ComputeDevice.Cpu).Build();

        model.Plan.Model.Should().Be("timm/vit_tiny_patch16_224");
        model.ClassNames.Should().Equal(Enumerable.Range(0, 5).Select(label => $"class {label}"));
        model.Preprocessing.Should().Be(new Preprocessing
        {
            CropSize = 48, ResizeSize = 48, Squash = true, Interpolation = Interpolation.Bicubic,
            Mean = new(0.5f, 0.5f, 0.5f), Std = new(0.5f, 0.5f, 0.5f),
        });
        using var scores = model.Forward(torch.tensor(FormulaWeights.Images(2, 48), [2, 3, 48, 48]));
        scores[1, 4].item<float>().Should().BeApproximately((float)golden.Outputs[1][4], 1e-3f);
    }

    [Fact]
    public void A_new_head_takes_the_place_of_the_repositorys()
    {
        Publish("test_resnet", 3).Dispose();

        using var model = Backbone.FromHub(FakeHub.Name).ReplaceHead(5).On(ComputeDevice.Cpu).Build();

        model.WeightsReport!.HasHead.Should().BeFalse();
        Scores(model).Should().HaveCount(5);
    }

    [Fact]
    public void An_architecture_of_ones_choice_takes_them_too_and_finds_them_offline()
    {
        Publish("test_resnet", 3).Dispose();
        var plan = Backbone.Create("test_resnet", Zoo.Timm, Pretrained.FromHub(FakeHub.Name, revision: _hub.Commit))
            .On(ComputeDevice.Cpu);

        plan.DownloadWeights().Should().Be(
            Path.Combine(_folder.FullPath, "hub", "models--someone--network", "snapshots", _hub.Commit, "model.safetensors"));
        var before = _hub.Requests.Count;
        Environment.SetEnvironmentVariable("HF_HUB_OFFLINE", "1");
        using var model = plan.Build();

        model.Preprocessing.ResizeSize.Should().Be(168);
        _hub.Requests.Should().HaveCount(before);
    }

    [Fact]
    public void A_hub_model_is_saved_and_loaded_without_the_hub_or_the_token()
    {
        using var original = Publish("test_vit", 3);
        var path = _folder.File("model.tkm");
        using (var model = Backbone.FromHub(FakeHub.Name, token: "hf_secret").On(ComputeDevice.Cpu).Build())
            model.Save(path);
        var before = _hub.Requests.Count;

        using var loaded = TransferModel.Load(path, ComputeDevice.Cpu);

        Scores(loaded).Should().Equal(Scores(original));
        _hub.Requests.Should().HaveCount(before);
        Encoding.Latin1.GetString(File.ReadAllBytes(path)).Should().NotContain("hf_secret");
    }

    [Theory]
    [InlineData("model", "safetensors")]
    [InlineData("pytorch_model", "bin")]
    public void Sharded_weights_are_put_together(string stem, string extension)
    {
        using var original = Publish("test_resnet", 3);
        var whole = _folder.File("whole.safetensors", _hub.LargeFiles["model.safetensors"]);
        _hub.LargeFiles.Remove("model.safetensors");
        using (var file = WeightsFile.Open(whole))
        {
            var names = file.Tensors.Keys.ToList();
            var map = names.Select((name, place) => (Name: name, File: $"{stem}-{place % 2}.{extension}"))
                .ToDictionary(pair => pair.Name, pair => pair.File);
            _hub.SmallFiles[$"{stem}.{extension}.index.json"] = JsonSerializer.SerializeToUtf8Bytes(new { weight_map = map });
            for (var shard = 0; shard < 2; shard++)
            {
                using var stream = new MemoryStream();
                var tensors = names.Where((_, place) => place % 2 == shard).Select(name => (name, file.Tensors[name].Read()));
                if (extension == "bin")
                    StateDictWriter.Write(stream, tensors);
                else
                    SafeTensorsWriter.Write(stream, tensors);
                _hub.LargeFiles[$"{stem}-{shard}.{extension}"] = stream.ToArray();
            }
        }

        using var model = Backbone.FromHub(FakeHub.Name).On(ComputeDevice.Cpu).Build();

        Scores(model).Should().Equal(Scores(original));
    }

    [Fact]
    public void Names_that_the_hub_cannot_have_are_refused_at_once()
    {
        string[] names = ["a/b/c", "timm/", "hf-hub:timm/resnet18", "a--b", "../x", "https://huggingface.co/timm/resnet18", "x.git"];
        foreach (var name in names)
            FluentActions.Invoking(() => Pretrained.FromHub(name)).Should().Throw<ArgumentException>()
                .WithParameterName("repository").WithMessage("*owner/model*");
        FluentActions.Invoking(() => Pretrained.FromHub("timm/resnet18.a1_in1k", "../x")).Should().Throw<ArgumentException>()
            .WithParameterName("revision");
        Pretrained.FromHub("timm/resnet18.a1_in1k", token: "hf_secret").ToString().Should().Be("timm/resnet18.a1_in1k");
        Pretrained.FromHub("timm/resnet18.a1_in1k", "refs/pr/1").ToString().Should().Be("timm/resnet18.a1_in1k@refs/pr/1");
        Pretrained.FromHub("a/b").Should().Be(Pretrained.FromHub("a/b", "main")).And.NotBe(Pretrained.FromHub("a/b", "v2"));
    }

    [Fact]
    public void The_environment_is_read_as_Python_reads_it()
    {
        var home = Path.Combine(_folder.FullPath, "home");
        var variables = new Dictionary<string, string>();
        HubSettings Read() => HubSettings.Read(variables.GetValueOrDefault);
        Read().CacheFolder.Should().EndWith(Path.Combine(".cache", "huggingface", "hub"));
        variables["XDG_CACHE_HOME"] = home;
        Read().CacheFolder.Should().Be(Path.Combine(home, "huggingface", "hub"));
        variables["HF_HOME"] = Path.Combine(home, "hf");
        Read().CacheFolder.Should().Be(Path.Combine(home, "hf", "hub"));
        Read().Token.Should().BeNull();
        Directory.CreateDirectory(variables["HF_HOME"]);
        File.WriteAllText(Path.Combine(variables["HF_HOME"], "token"), "from a file\n");
        Read().Token.Should().Be("from a file");
        variables["HF_TOKEN"] = "from the environment";
        Read().Token.Should().Be("from the environment");
        variables["HUGGINGFACE_HUB_CACHE"] = Path.Combine(home, "older");
        Read().CacheFolder.Should().Be(Path.Combine(home, "older"));
        variables["HF_HUB_CACHE"] = Path.Combine(home, "newer");
        Read().CacheFolder.Should().Be(Path.Combine(home, "newer"));
        Read().Should().Match<HubSettings>(
            settings => !settings.IsOffline && settings.MakesLinks && settings.Endpoint.Host == "huggingface.co");
        (variables["HF_HUB_OFFLINE"], variables["HF_ENDPOINT"]) = ("yes", "hub.example.org");
        FluentActions.Invoking(Read).Should().Throw<WeightsException>()
            .WithMessage("HF_ENDPOINT: 'hub.example.org' is no http or https address.");
        variables["HF_ENDPOINT"] = "https://hub.example.org/";
        Read().Should().Match<HubSettings>(settings => settings.IsOffline && settings.Endpoint.Host == "hub.example.org");
    }

    /// <summary>Puts a network with new weights into the hub's repository, and gives it.</summary>
    private TransferModel Publish(string architecture, int classes, string more = "")
    {
        torch.manual_seed(7);
        var model = Backbone.Create(architecture, Zoo.Timm).ReplaceHead(classes).On(ComputeDevice.Cpu).Build();
        var path = _folder.File("published.safetensors");
        model.ExportSafeTensors(path);
        _hub.LargeFiles["model.safetensors"] = File.ReadAllBytes(path);
        _hub.SmallFiles["config.json"] = Encoding.UTF8.GetBytes($$"""
            {
              "architecture": "{{architecture}}", "num_classes": {{classes}}, {{more}}
              "pretrained_cfg": {
                "input_size": [3, 160, 160], "interpolation": "bicubic", "crop_pct": 0.95, "crop_mode": "center",
                "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]
              }
            }
            """);
        return model;
    }

    private static float[] Scores(TransferModel model)
    {
        using var images = torch.linspace(-1, 1, 3 * 160 * 160).reshape(1, 3, 160, 160);
        using var scores = model.Forward(images);
        return [.. scores.data<float>()];
    }
}
