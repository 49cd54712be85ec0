using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace TransferKit;

/// <summary>Calls MLflow's REST interface, version 2.0.</summary>
/// <param name="server">The server, with a path where it lies below one.</param>
/// <param name="authorization">Who asks; null: anybody.</param>
internal sealed class MlflowServer(Uri server, AuthenticationHeaderValue? authorization)
{
    private static readonly HttpClient Client = WeightsDownload.MakeClient(new SocketsHttpHandler());

    /// <summary>How long an answer may take, and how long a file's.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20), PatienceWithFiles = TimeSpan.FromMinutes(10);

    /// <summary>The id of an experiment by its name, which is made if it isn't there.</summary>
    public async Task<string> FindExperimentAsync(string name)
    {
        var byName = $"mlflow/experiments/get-by-name?experiment_name={Uri.EscapeDataString(name)}";
        for (var isSecond = false; ; isSecond = true)
        {
            try
            {
                var found = await CallAsync(HttpMethod.Get, byName, content: null).ConfigureAwait(false);
                return Text(found, "experiment", "experiment_id");
            }
            catch (MlflowException error) when (error.ErrorCode == "RESOURCE_DOES_NOT_EXIST")
            {
            }
            try
            {
                var made = await PostAsync("mlflow/experiments/create", new(name), MlflowJson.Default.MlflowExperiment)
                    .ConfigureAwait(false);
                return Text(made, "experiment_id");
            }
            catch (MlflowException error) when (!isSecond && error.ErrorCode == "RESOURCE_ALREADY_EXISTS")
            {
                // Another run made it in between.
            }
        }
    }

    /// <summary>Makes a run.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> CreateRunAsync(MlflowNewRun run) => Text(
        await PostAsync("mlflow/runs/create", run, MlflowJson.Default.MlflowNewRun).ConfigureAwait(false),
        "run", "info", "run_id");

    /// <summary>Where a run keeps its files.</summary>
    public async Task<string> ArtifactUriAsync(string run) => Text(
        await CallAsync(HttpMethod.Get, $"mlflow/runs/get?run_id={Uri.EscapeDataString(run)}", content: null)
            .ConfigureAwait(false),
        "run", "info", "artifact_uri");

    /// <summary>Tells a run numbers and parameters.</summary>
    public Task LogAsync(MlflowBatch batch) => PostAsync("mlflow/runs/log-batch", batch, MlflowBatchJson.Default.MlflowBatch);

    /// <summary>Says how a run stands.</summary>
    public Task UpdateAsync(MlflowUpdate update) => PostAsync("mlflow/runs/update", update, MlflowJson.Default.MlflowUpdate);

    /// <summary>Uploads a file through the server.</summary>
    /// <param name="place">Where it goes, below the root of what the server keeps.</param>
    /// <param name="file">The file.</param>
    public async Task UploadAsync(string place, Stream file)
    {
        using var content = new StreamContent(file);
        var escaped = string.Join('/', place.Split('/').Select(Uri.EscapeDataString));
        await CallAsync(HttpMethod.Put, $"mlflow-artifacts/artifacts/{escaped}", content, PatienceWithFiles)
            .ConfigureAwait(false);
    }

    private async Task<JsonElement> PostAsync<T>(string call, T body, JsonTypeInfo<T> type)
    {
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return await CallAsync(HttpMethod.Post, call, content).ConfigureAwait(false);
    }

    private async Task<JsonElement> CallAsync(HttpMethod method, string call, HttpContent? content, TimeSpan? patience = null)
    {
        var name = call.Split('?')[0];
        using var request = new HttpRequestMessage(method, $"{server.AbsoluteUri.TrimEnd('/')}/api/2.0/{call}");
        (request.Content, request.Headers.Authorization) = (content, authorization);
        using var time = new CancellationTokenSource(patience ?? Patience);
        try
        {
            using var answer = await Client.SendAsync(request, time.Token).ConfigureAwait(false);
            var text = await answer.Content.ReadAsStringAsync(time.Token).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode)
                throw Refusal(name, answer.StatusCode, text);
            using var json = JsonDocument.Parse(text.Length == 0 ? "{}" : text);
            return json.RootElement.Clone();
        }
        catch (OperationCanceledException error)
        {
            throw new MlflowException(server, $"{name} wasn't answered in time.", error);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw new MlflowException(server, $"{name} can't be asked for ({error.Message.TrimEnd('.')}).", error);
        }
        catch (JsonException error)
        {
            throw NotMlflow(name, error);
        }
    }

    private MlflowException Refusal(string call, HttpStatusCode status, string text)
    {
        var (code, message) = ((string?)null, (string?)null);
        try
        {
            using var json = JsonDocument.Parse(text);
            if (json.RootElement is { ValueKind: JsonValueKind.Object } root)
                (code, message) = (root.TryGetProperty("error_code", out var found) ? $"{found}" : null,
                    root.TryGetProperty("message", out var said) ? $"{said}" : null);
        }
        catch (JsonException)
        {
            // What stands in between, or an error before MLflow was reached: a page for people.
        }
        var advice = status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
                " Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN.",
            HttpStatusCode.NotFound when code is null =>
                " Check MLFLOW_TRACKING_URI: nothing answers there as MLflow does.",
            _ => "",
        };
        var because = message is null ? "" : $", {message.TrimEnd('.', '\n')}";
        return new(server, $"{call} is refused ({(int)status} {code ?? $"{status}"}{because}).{advice}")
        {
            ErrorCode = code,
        };
    }

    private string Text(JsonElement answer, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
            if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty(name, out answer))
                throw NotMlflow(string.Join('.', path), innerException: null);
        return $"{answer}";
    }

    private MlflowException NotMlflow(string what, Exception? innerException) => new(server,
        $"it answers, but not as MLflow does ({what}). Check MLFLOW_TRACKING_URI, and whether a proxy stands in between.",
        innerException);
}
