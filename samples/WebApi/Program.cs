// A web service that says what an uploaded picture shows, and a page for people to use it with (wwwroot).
//
//   dotnet run -c Release -- --model flowers.tkm --urls http://localhost:5000
//
//   curl -F file=@rose.jpg http://localhost:5000/predict                              as a form
//   curl --data-binary @rose.jpg http://localhost:5000/predict                        as the body itself
//   curl --data-binary @rose.jpg -o why.png http://localhost:5000/explain?label=rose  which parts of it decide
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using TransferKit;
using TransferKit.Vision;

// The page lies beside the program, wherever that is started from.
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
if (builder.Configuration["model"] is not { Length: > 0 } model)
{
    Console.Error.WriteLine("error: Which model? Say --model FILE, a file that TransferModel.Save wrote.");
    return 2;
}

// What is larger is refused while it arrives: it never lies in memory as a whole.
var largestUpload = builder.Configuration.GetValue("largestUpload", 10L << 20);
builder.WebHost.ConfigureKestrel(server => server.Limits.MaxRequestBodySize = largestUpload);
builder.Services.AddProblemDetails();

// A small file can unpack into a huge picture, so pixels have a limit too, and so has the memory that all pictures take together
// while they are decoded; what comes when many wait for it is answered with 503.
var queueLimit = builder.Configuration.GetValue("queueLimit", 200);
var options = new PredictorOptions
{
    Images = new ImageOptions
    {
        PixelLimit = 50_000_000,
        DecodingMemoryBytes = builder.Configuration.GetValue("decodingMemory", 512L << 20),
    },
    QueueLimit = queueLimit,
};
builder.Services.AddImagePredictor(model, _ => options);

// Heat maps need the network with its gradients. Who never asks for one has no second copy of the weights.
builder.Services.AddSingleton(_ => TransferModel.Load(model));

// Bodies of requests that wait here stay with those who send them, instead of filling memory.
builder.Services.AddRateLimiter(limits =>
{
    limits.AddConcurrencyLimiter("predict", limit => (limit.PermitLimit, limit.QueueLimit) = (32, queueLimit));
    limits.AddConcurrencyLimiter("explain", limit => (limit.PermitLimit, limit.QueueLimit) = (1, 20));
    limits.OnRejected = async (rejected, _) => await Busy(rejected.HttpContext).ExecuteAsync(rejected.HttpContext);
});

var app = builder.Build();
app.UseExceptionHandler();
app.UseStatusCodePages();
app.UseRateLimiter();
app.UseFileServer();

app.MapGet("/model", (Predictor predictor) => new Model(predictor.ClassNames, largestUpload));

var pictures = app.MapGroup("").AddEndpointFilter(async (context, next) =>
{
    try
    {
        return await next(context);
    }
    catch (ImageException error)
    {
        return Results.Problem($"The picture can't be read: {error.Reason}.", statusCode: 400);
    }
    catch (PredictorBusyException)
    {
        return Busy(context.HttpContext);
    }
    catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status413PayloadTooLarge)
    {
        return Results.Problem($"The upload is larger than {largestUpload} bytes.", statusCode: 413);
    }
    catch (NotSupportedException error)
    {
        return Results.Problem(error.Message, statusCode: 501);
    }
    catch (Exception error) when (error is IOException or InvalidDataException)
    {
        return Results.Problem($"The upload is not a form or a picture: {error.Message}", statusCode: 400);
    }
});

pictures.MapPost("/predict", async (HttpRequest request, Predictor predictor, CancellationToken cancelled) =>
    await PictureOf(request, cancelled) is { } picture
        ? Results.Ok(Answer.Of(await predictor.PredictAsync(picture, cancelled)))
        : Results.Problem("The form has no file.", statusCode: 400)).RequireRateLimiting("predict");

pictures.MapPost("/explain", async (
    string? label, HttpRequest request, Predictor predictor, IServiceProvider services, CancellationToken cancelled) =>
{
    if (label is not null && !predictor.ClassNames.Contains(label))
        return Results.Problem($"There is no class '{label}'.", statusCode: 400);
    if (await PictureOf(request, cancelled) is not { } picture)
        return Results.Problem("The form has no file.", statusCode: 400);
    using var bytes = new MemoryStream();
    await picture.CopyToAsync(bytes, cancelled);
    // The predictor goes first: it says what is explained, and its limits hold here too.
    bytes.Position = 0;
    var prediction = await predictor.PredictAsync(bytes, cancelled);
    var explanation = await Task.Run(() => services.GetRequiredService<TransferModel>()
        .Explain(ImageSource.FromBytes(bytes.ToArray()), className: label ?? prediction.Top(1)[0].Label));
    return Results.Bytes(explanation.ToPng(), "image/png");
}).RequireRateLimiting("explain");

try
{
    // Loaded and tried now: a model that can't be is said in one line, and the first request needn't wait.
    if (app.Services.GetRequiredService<Predictor>().PredictPixels(new byte[3], 1, 1).Task == LearningTask.Regression)
    {
        Console.Error.WriteLine($"error: {model}: it is a regression, and this service names classes.");
        return 2;
    }
    app.Run();
    return 0;
}
catch (TransferKitException error)
{
    Console.Error.WriteLine($"error: {error.Message}");
    return 2;
}

static IResult Busy(HttpContext context)
{
    context.Response.Headers.RetryAfter = "1";
    return Results.Problem("Too many pictures are waiting: try again in a moment.", statusCode: 503);
}

// The file of a form, or else the body itself; null: a form without a file. curl calls any body a form, but not of this kind.
static async Task<Stream?> PictureOf(HttpRequest request, CancellationToken cancelled)
{
    if (request.ContentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) != true)
        return request.Body;
    return (await request.ReadFormAsync(cancelled)).Files is [var file, ..] ? file.OpenReadStream() : null;
}

/// <summary>What the page has to know.</summary>
/// <param name="ClassNames">The classes that the model tells apart, in their order.</param>
/// <param name="LargestFile">Bytes that an upload may have.</param>
internal sealed record Model(IReadOnlyList<string> ClassNames, long LargestFile);

/// <summary>What a picture shows.</summary>
/// <param name="Label">The likeliest class, or all that it shows where it may show several; "unknown" if it shows none.</param>
/// <param name="IsKnown">Whether there is one.</param>
/// <param name="Confidence">The probability of the likeliest, in 0..1.</param>
/// <param name="Top">The likeliest classes, best first.</param>
internal sealed record Answer(string Label, bool IsKnown, float Confidence, IReadOnlyList<Candidate> Top)
{
    private const int Candidates = 5;

    public static Answer Of(Prediction prediction) => new(
        prediction.IsKnown ? string.Join(", ", prediction.Labels) : prediction.Label, prediction.IsKnown, prediction.Confidence,
        [.. prediction.Top(Candidates).Select(one => new Candidate(one.Label, one.Confidence))]);
}

/// <summary>One of the classes that it may be.</summary>
/// <param name="Label">The class.</param>
/// <param name="Confidence">Its probability, in 0..1.</param>
internal sealed record Candidate(string Label, float Confidence);
