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
        ArgumentException.ThrowIfNullOrEmpty(path);
        return services.AddImagePredictor(provider => Predictor.Load(path, options?.Invoke(provider)), loadAtStart);
    }

    /// <summary>
    /// Adds a <see cref="Predictor"/> that a function loads, with any engine:
    /// <c>AddImagePredictor(_ => OnnxPredictor.Load("flowers.onnx"), loadAtStart: true)</c>.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="load">Loads it.</param>
    /// <param name="loadAtStart">Whether that happens as the host starts, and not when it is first asked for.</param>
    /// <returns>The services, for more of them.</returns>
    public static IServiceCollection AddImagePredictor(
        this IServiceCollection services, Func<IServiceProvider, Predictor> load, bool loadAtStart)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(load);
        services.AddSingleton(load);
        return services.AddLoadAtStart(loadAtStart, provider => provider.GetRequiredService<Predictor>());
    }

    /// <summary>
    /// Adds one of several predictors, under a key by which it is asked for: <c>[FromKeyedServices("flowers")] Predictor</c>.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="key">The key, such as a name.</param>
    /// <param name="path">The saved model, such as <c>flowers.tkm</c>; a relative path starts from the working directory.</param>
    /// <param name="options">Makes the options, from other services if need be; null: the defaults.</param>
    /// <param name="loadAtStart">Whether the model is loaded as the host starts, and not when it is first asked for.</param>
    /// <returns>The services, for more of them.</returns>
    public static IServiceCollection AddKeyedImagePredictor(this IServiceCollection services, object key, string path,
        Func<IServiceProvider, PredictorOptions>? options = null, bool loadAtStart = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return services.AddKeyedImagePredictor(key, provider => Predictor.Load(path, options?.Invoke(provider)), loadAtStart);
    }

    /// <summary>Adds one of several predictors, which a function loads, with any engine.</summary>
    /// <param name="services">The services.</param>
    /// <param name="key">The key, such as a name.</param>
    /// <param name="load">Loads it.</param>
    /// <param name="loadAtStart">Whether that happens as the host starts, and not when it is first asked for.</param>
    /// <returns>The services, for more of them.</returns>
    public static IServiceCollection AddKeyedImagePredictor(
        this IServiceCollection services, object key, Func<IServiceProvider, Predictor> load, bool loadAtStart)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(load);
        services.AddKeyedSingleton(key, (provider, _) => load(provider));
        return services.AddLoadAtStart(loadAtStart, provider => provider.GetRequiredKeyedService<Predictor>(key));
    }

    private static IServiceCollection AddLoadAtStart(
        this IServiceCollection services, bool loadAtStart, Func<IServiceProvider, Predictor> ask) =>
        loadAtStart ? services.AddSingleton<IHostedService>(provider => new LoadAtStart(() => ask(provider))) : services;

    /// <summary>Asks for the predictor as the host starts; that is all it takes to load it.</summary>
    private sealed class LoadAtStart(Func<Predictor> ask) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            ask();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
