// A web service that says what an uploaded picture shows.
//
//   dotnet run -c Release -- --model flowers.tkm --urls http://localhost:5000
//
//   curl -F file=@rose.jpg http://localhost:5000/predict                as a form
//   curl --data-binary @rose.jpg http://localhost:5000/predict          as the body itself
using TransferKit;
using TransferKit.Vision;

var builder = WebApplication.CreateBuilder(args);
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
var options = new PredictorOptions
{
    Images = new ImageOptions
    {
        PixelLimit = 50_000_000,
        DecodingMemoryBytes = builder.Configuration.GetValue("decodingMemory", 512L << 20),
    },
    QueueLimit = builder.Configuration.GetValue("queueLimit", 100),
};
builder.Services.AddImagePredictor(model, _ => options);

var app = builder.Build();
app.UseExceptionHandler();
app.UseStatusCodePages();

app.MapPost("/predict", async (HttpRequest request, HttpResponse response, Predictor predictor, CancellationToken cancelled) =>
{
    try
    {
        var picture = request.Body;
        // Files come in forms of this kind alone; curl calls any body a form of the other kind.
        if (request.ContentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) == true)
        {
            if ((await request.ReadFormAsync(cancelled)).Files is not [var file, ..])
                return Results.Problem("The form has no file.", statusCode: 400);
            picture = file.OpenReadStream();
        }
        var prediction = await predictor.PredictAsync(picture, cancelled);
        return Results.Ok(new Answer(prediction.Label, prediction.Confidence,
            [.. prediction.Top(3).Select(one => new Candidate(one.Label, one.Confidence))]));
    }
    catch (ImageException error)
    {
        return Results.Problem($"The picture can't be read: {error.Reason}.", statusCode: 400);
    }
    catch (PredictorBusyException)
    {
        response.Headers.RetryAfter = "1";
        return Results.Problem("Too many pictures are waiting: try again in a moment.", statusCode: 503);
    }
    catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status413PayloadTooLarge)
    {
        return Results.Problem($"The upload is larger than {largestUpload} bytes.", statusCode: 413);
    }
    catch (Exception error) when (error is IOException or InvalidDataException)
    {
        return Results.Problem($"The upload is not a form or a picture: {error.Message}", statusCode: 400);
    }
});

try
{
    // Loaded now: a model that can't be is said in one line, and the first request needn't wait.
    app.Services.GetRequiredService<Predictor>();
    app.Run();
    return 0;
}
catch (TransferKitException error)
{
    Console.Error.WriteLine($"error: {error.Message}");
    return 2;
}

/// <summary>What a picture shows.</summary>
/// <param name="Label">The likeliest class.</param>
/// <param name="Confidence">Its probability, in 0..1.</param>
/// <param name="Top">The three likeliest classes, best first.</param>
internal sealed record Answer(string Label, float Confidence, IReadOnlyList<Candidate> Top);

/// <summary>One of the classes that it may be.</summary>
/// <param name="Label">The class.</param>
/// <param name="Confidence">Its probability, in 0..1.</param>
internal sealed record Candidate(string Label, float Confidence);
