namespace TransferKit.Vision;

/// <summary>How a run trained, phase by phase, as it ran.</summary>
internal static class ReportRecipe
{
    public static HtmlText Of(TrainingResult result)
    {
        var phases = result.Phases;
        // What all phases share is said once.
        var shared = phases.Count == 0 ? []
            : phases[0].Settings.Where(setting => phases.All(phase => phase.Settings.Contains(setting))).ToList();
        return HtmlText.Of($"""
            <section>
            <h2>Plan</h2>
            {(phases.Count == 1 ? null : HtmlText.Of($"<p>{result.Options.Strategy}, in {phases.Count} phases.</p>"))}
            {HtmlText.Join(phases.Select(phase => Phase(phase, shared, result.Model.CountParameters().Total)))}
            <h3>{(phases.Count == 1 ? "Settings" : "Settings of all phases")}</h3>
            {Settings(shared)}
            </section>
            """);
    }

    private static HtmlText Phase(TrainedPhase phase, List<KeyValuePair<string, string>> shared, long total)
    {
        var own = phase.Settings.Except(shared).ToList();
        return HtmlText.Of($"""
            {(phase.Count == 1 ? null : HtmlText.Of($"<h3>Phase {phase.Number}: {phase.EpochsInWords}</h3>"))}
            <p>{phase.Plan}</p>
            <p>Trained: {phase.Layers}, {phase.Parameters:N0} of {total:N0} parameters
            ({100.0 * phase.Parameters / total:0.##} %), on images of {phase.ImageSize} × {phase.ImageSize} px.
            {Ending(phase.StopReason)}</p>
            <p>{phase.FrozenLayers}</p>
            {(own.Count == 0 ? null : Settings(own))}
            """);
    }

    private static HtmlText Settings(IEnumerable<KeyValuePair<string, string>> settings) => HtmlText.Of($"""
        <dl class="settings">
        {HtmlText.Join(settings.Select(setting => HtmlText.Of($"<div><dt>{setting.Key}</dt><dd>{setting.Value}</dd></div>")))}
        </dl>
        """);

    private static string Ending(StopReason? reason) => reason switch
    {
        StopReason.EarlyStopping => "It ended early, for the monitored score no longer improved.",
        StopReason.Cancelled => "It was cancelled.",
        _ => "",
    };
}
