using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace TransferKit.Vision.Tests;

public sealed class ImagePredictorServicesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_predictor_is_one_for_all_and_ends_with_the_services()
    {
        using var model = SmallModel.Build();
        Predictor predictor;
        using (var services = new ServiceCollection()
            .AddSingleton("none of these")
            .AddImagePredictor(model.SaveIn(_folder), provider => new PredictorOptions
            {
                Threshold = 1, UnknownLabel = provider.GetRequiredService<string>(),
            })
            .BuildServiceProvider())
        {
            predictor = services.GetRequiredService<Predictor>();
            services.GetRequiredService<Predictor>().Should().BeSameAs(predictor);
            predictor.Predict(SmallModel.Pictures[0]).Label.Should().Be("none of these");
        }
        predictor.Invoking(one => one.Predict(SmallModel.Pictures[0])).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public async Task It_is_loaded_on_first_use_or_as_the_host_starts()
    {
        IHost Host(bool loadAtStart)
        {
            var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
            builder.Services.AddImagePredictor(Path.Join(_folder.Path, "missing.tkm"), loadAtStart: loadAtStart);
            return builder.Build();
        }

        using (var host = Host(loadAtStart: false))
        {
            await host.StartAsync();
            host.Services.Invoking(services => services.GetRequiredService<Predictor>()).Should().Throw<ModelFileException>();
        }
        using (var host = Host(loadAtStart: true))
            await host.Awaiting(one => one.StartAsync()).Should().ThrowAsync<ModelFileException>().WithMessage("*missing.tkm*");
    }

    [Fact]
    public async Task Several_predictors_of_both_engines_stand_under_keys_of_their_own()
    {
        using var model = SmallModel.Build();
        var saved = model.SaveIn(_folder);
        var exported = Path.Join(_folder.Path, "model.onnx");
        model.ExportOnnx(exported);
        var loaded = 0;
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services
            .AddImagePredictor(_ => OnnxPredictor.Load(exported), loadAtStart: false)
            .AddKeyedImagePredictor("strict", saved, _ => new PredictorOptions { Threshold = 1, UnknownLabel = "none" })
            .AddKeyedImagePredictor("onnx", _ => { loaded++; return OnnxPredictor.Load(exported); }, loadAtStart: true);
        Predictor plain, strict, onnx;
        using (var host = builder.Build())
        {
            await host.StartAsync();
            loaded.Should().Be(1, "it is loaded as the host starts");
            plain = host.Services.GetRequiredService<Predictor>();
            strict = host.Services.GetRequiredKeyedService<Predictor>("strict");
            onnx = host.Services.GetRequiredKeyedService<Predictor>("onnx");
            new[] { plain, strict, onnx }.Should().OnlyHaveUniqueItems();
            host.Services.GetRequiredKeyedService<Predictor>("onnx").Should().BeSameAs(onnx);
            loaded.Should().Be(1);
            strict.Predict(SmallModel.Pictures[0]).Label.Should().Be("none");
            onnx.Predict(SmallModel.Pictures[0]).Label.Should().Be(plain.Predict(SmallModel.Pictures[0]).Label);
        }
        foreach (var predictor in new[] { plain, strict, onnx })
            predictor.Invoking(one => one.Predict(SmallModel.Pictures[0])).Should().Throw<ObjectDisposedException>();
    }
}
