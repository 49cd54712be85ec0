using Microsoft.Extensions.Hosting;
using TransferKit.Vision;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers <see cref="Predictor"/> in a program's services.</summary>
public static class ImagePredictorServiceCollectionExtensions
{
    /// <summary>
    /// Adds a <see cref="Predictor"/> as a singleton, to be taken as a parameter wherever it is needed. It is loaded when it is
    /// first asked for, and disposed with the program's services.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="path">The saved model, such as <c>flowers.tkm</c>; a relative path starts from the working directory.</param>
    /// <param name="options">Makes the options, from other services if need be; null: the defaults.</param>
    /// <param name="loadAtStart">
    /// Loads the model when the host starts, before requests come: the first of them needn't wait, and a model that can't be
    /// loaded ends the program with a <see cref="TransferKit.ModelFileException"/>.
    /// </param>
    /// <returns>The services, for more of them.</returns>
    public static IServiceCollection AddImagePredictor(this IServiceCollection services, string path,
        Func<IServiceProvider, PredictorOptions>? options = null, bool loadAtStart = false)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(path);
        services.AddSingleton(provider => Predictor.Load(path, options?.Invoke(provider)));
        if (loadAtStart)
            services.AddSingleton<IHostedService, LoadAtStart>();
        return services;
    }

    /// <summary>Asks for the predictor as the host starts; that is all it takes to load it.</summary>
    private sealed class LoadAtStart(IServiceProvider services) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            services.GetRequiredService<Predictor>();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
