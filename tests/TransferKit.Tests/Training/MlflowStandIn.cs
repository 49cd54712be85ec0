using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TransferKit.Tests.Training;

/// <summary>
/// An MLflow server as far as its REST interface is documented and its <c>utils/validation.py</c> checks: experiments, runs,
/// batches with their limits, files. What a request gets wrong is answered as MLflow does.
/// </summary>
internal sealed partial class MlflowStandIn : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Lock _lock = new();

    public MlflowStandIn(string path = "")
    {
        // A port that is free now may be taken in the next instant.
        for (var attempt = 0; ; attempt++)
        {
            var address = $"http://localhost:{Random.Shared.Next(20_000, 60_000)}{path}/";
            try
            {
                _listener.Prefixes.Add(address);
                _listener.Start();
                Address = new Uri(address);
                break;
            }
            catch (HttpListenerException) when (attempt < 20)
            {
                _listener.Prefixes.Clear();
            }
        }
        _ = Task.Run(ServeAsync);
    }

    public Uri Address { get; }

    /// <summary>What requests have to say who asks; null: nothing.</summary>
    public string? Authorization { get; init; }

    /// <summary>Where runs keep their files.</summary>
    public string ArtifactRoot { get; init; } = "mlflow-artifacts:";

    /// <summary>While it is away, every request fails.</summary>
    public bool IsAway { get; set; }

    public List<string> Calls { get; } = [];

    public List<string> Experiments { get; } = ["Default"];

    public Dictionary<string, Run> Runs { get; } = [];

    public Dictionary<string, byte[]> Files { get; } = [];

    public Run OnlyRun => Runs.Values.Single();

    public void Dispose() => ((IDisposable)_listener).Dispose();

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            int status;
            JsonObject answer;
            lock (_lock)
                (status, answer) = Answer(context.Request, body.ToArray());
            context.Response.StatusCode = status;
            using (context.Response)
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer.ToJsonString()));
        }
    }

    private (int, JsonObject) Answer(HttpListenerRequest request, byte[] body)
    {
        var call = request.Url!.AbsolutePath[(request.Url.AbsolutePath.IndexOf("/api/2.0/", StringComparison.Ordinal) + 9)..];
        Calls.Add(call);
        if (IsAway)
            return Refuse(503, "TEMPORARILY_UNAVAILABLE", "away");
        if (Authorization is not null && request.Headers["Authorization"] != Authorization)
            return Refuse(401, "UNAUTHENTICATED", "You are not authenticated.");
        const string artifacts = "mlflow-artifacts/artifacts/";
        if (call.StartsWith(artifacts, StringComparison.Ordinal) && request.HttpMethod == "PUT")
        {
            Files[Uri.UnescapeDataString(call[artifacts.Length..])] = body;
            return (200, []);
        }
        if (request.HttpMethod == "POST" && request.ContentType != "application/json")
            return Refuse(400, "BAD_REQUEST", "Bad Request. Content-Type must be application/json.");
        var json = body.Length == 0 ? new JsonObject() : JsonNode.Parse(body)!.AsObject();
        return (request.HttpMethod, call) switch
        {
            ("GET", "mlflow/experiments/get-by-name") => Experiments.IndexOf(request.QueryString["experiment_name"]!) is >= 0 and var id
                ? (200, new JsonObject { ["experiment"] = new JsonObject { ["experiment_id"] = $"{id}", ["lifecycle_stage"] = "active" } })
                : Refuse(404, "RESOURCE_DOES_NOT_EXIST", "Could not find experiment."),
            ("POST", "mlflow/experiments/create") => CreateExperiment((string)json["name"]!),
            ("POST", "mlflow/runs/create") => CreateRun(json),
            ("GET", "mlflow/runs/get") => WithRun(request.QueryString["run_id"], run => (200, Described(run))),
            ("POST", "mlflow/runs/update") => WithRun((string?)json["run_id"], run =>
            {
                (run.Status, run.EndTime) = ((string)json["status"]!, (long?)json["end_time"]);
                return (200, Described(run));
            }),
            ("POST", "mlflow/runs/log-batch") => WithRun((string?)json["run_id"], run => Log(run, json, body.Length)),
            _ => Refuse(404, "ENDPOINT_NOT_FOUND", call),
        };
    }

    private (int, JsonObject) CreateExperiment(string name)
    {
        if (Experiments.Contains(name))
            return Refuse(400, "RESOURCE_ALREADY_EXISTS", $"Experiment(name={name}) already exists.");
        Experiments.Add(name);
        return (200, new JsonObject { ["experiment_id"] = $"{Experiments.Count - 1}" });
    }

    private (int, JsonObject) CreateRun(JsonObject json)
    {
        var experiment = (string)json["experiment_id"]!;
        if (int.Parse(experiment) >= Experiments.Count)
            return Refuse(404, "RESOURCE_DOES_NOT_EXIST", $"No Experiment with id={experiment} exists");
        var id = Guid.NewGuid().ToString("N");
        var run = new Run(id, Experiments[int.Parse(experiment)], $"{ArtifactRoot}/{experiment}/{id}/artifacts")
        {
            Name = (string?)json["run_name"] ?? "bold-panda-1", StartTime = (long)json["start_time"]!,
        };
        foreach (var tag in json["tags"]!.AsArray())
            run.Tags.Add((string)tag!["key"]!, (string)tag["value"]!);
        Runs.Add(id, run);
        return (200, Described(run));
    }

    private (int, JsonObject) WithRun(string? id, Func<Run, (int, JsonObject)> answer) => id is not null && Runs.TryGetValue(id, out var run)
        ? answer(run) : Refuse(404, "RESOURCE_DOES_NOT_EXIST", $"Run with id={id} not found");

    private static (int, JsonObject) Log(Run run, JsonObject json, int bytes)
    {
        var (metrics, parameters) = (json["metrics"]!.AsArray(), json["params"]!.AsArray());
        if (metrics.Count > 1000 || parameters.Count > 100 || metrics.Count + parameters.Count > 1000 || bytes > 1_000_000)
            return Refuse(400, "INVALID_PARAMETER_VALUE", "A batch logging request can contain at most 1000 metrics, 100 params.");
        foreach (var name in metrics.Concat(parameters).Select(one => (string)one!["key"]!))
            if (!Names().IsMatch(name) || name.Length > 250)
                return Refuse(400, "INVALID_PARAMETER_VALUE", $"Invalid name: '{name}'.");
        foreach (var one in parameters)
        {
            var (key, value) = ((string)one!["key"]!, (string)one["value"]!);
            if (value.Length > 6000)
                return Refuse(400, "INVALID_PARAMETER_VALUE", $"Param value '{value}' had length {value.Length}");
            if (!run.Params.TryAdd(key, value) && run.Params[key] != value)
                return Refuse(400, "INVALID_PARAMETER_VALUE", $"Changing param values is not allowed. Param with key='{key}' was already logged.");
        }
        foreach (var one in metrics)
            run.Metrics.Add(((string)one!["key"]!, (double)one["value"]!, (long)one["step"]!, (long)one["timestamp"]!));
        run.Batches.Add(metrics.Count);
        return (200, []);
    }

    private static JsonObject Described(Run run) => new()
    {
        ["run"] = new JsonObject
        {
            ["info"] = new JsonObject { ["run_id"] = run.Id, ["run_uuid"] = run.Id, ["status"] = run.Status, ["artifact_uri"] = run.ArtifactUri },
        },
    };

    private static (int, JsonObject) Refuse(int status, string code, string message) =>
        (status, new JsonObject { ["error_code"] = code, ["message"] = message });

    [GeneratedRegex(@"^[/\w.\- ]+$")]
    private static partial Regex Names();

    internal sealed record Run(string Id, string Experiment, string ArtifactUri)
    {
        public required string Name { get; init; }

        public required long StartTime { get; init; }

        public string Status { get; set; } = "RUNNING";

        public long? EndTime { get; set; }

        public Dictionary<string, string> Tags { get; } = [];

        public Dictionary<string, string> Params { get; } = [];

        public List<(string Key, double Value, long Step, long Timestamp)> Metrics { get; } = [];

        public List<int> Batches { get; } = [];

        public IEnumerable<(long Step, double Value)> Series(string key) =>
            Metrics.Where(metric => metric.Key == key).Select(metric => (metric.Step, metric.Value));
    }
}
