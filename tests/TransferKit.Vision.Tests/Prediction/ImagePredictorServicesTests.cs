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
}
