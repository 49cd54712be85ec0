namespace TransferKit.Vision;

/// <summary>Draws a map of pictures as a page for people.</summary>
public static class DataMapReportExtensions
{
    /// <summary>
    /// Draws a map as one HTML file that needs nothing else, no network and no scripts: each picture as a mark in the color of
    /// its class, and as many of them as have room as small pictures.
    /// </summary>
    /// <param name="map">The map of a dataset of pictures.</param>
    /// <param name="path">
    /// The file, by convention ending in <c>.html</c>; one that is there is replaced, a folder that isn't is made.
    /// </param>
    /// <param name="doubtful">
    /// What <see cref="LabelErrorExtensions.FindLabelErrors"/> found in the same dataset: these pictures get a ring, and are
    /// shown below the map. Null: none.
    /// </param>
    /// <param name="pictures">How many of these are shown, at least 1; the most doubtful come first.</param>
    /// <exception cref="ArgumentException">
    /// The samples are no pictures, of which <see cref="DataMap.SaveCsv"/> writes the places; or the doubtful ones are of another
    /// dataset.
    /// </exception>
    /// <exception cref="IOException">The file can't be written.</exception>
    public static void WriteReport(this DataMap map, string path, LabelErrorReport? doubtful = null, int pictures = 100)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(pictures, 1);
        if (map.Data is not ImageDataset data)
            throw new ArgumentException(
                $"The samples are no pictures, but of a {map.Data.GetType().Name}: {nameof(DataMap.SaveCsv)} writes their "
                + "places.",
                nameof(map));
        if (doubtful is not null && !ReferenceEquals(doubtful.Data, map.Data))
            throw new ArgumentException("The doubtful labels are of another dataset than the map.", nameof(doubtful));
        var page = ReportPage.Document("Map", $"{map.Samples.Count} pictures of {data.ClassNames.Count} classes",
            MapSection.Of(map, doubtful, pictures), HtmlText.Of($"Written by TransferKit."));
        AtomicFile.Write(path, page.ToString());
    }
}
