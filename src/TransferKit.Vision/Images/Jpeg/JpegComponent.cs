namespace TransferKit.Vision;

/// <summary>A component of a JPEG's frame: luma, or one of the two of chroma.</summary>
/// <param name="Id">What scans call it.</param>
/// <param name="Across">How many of its blocks an MCU has side by side: the horizontal sampling factor of T.81.</param>
/// <param name="Down">How many of its blocks an MCU has one below the other: the vertical sampling factor.</param>
/// <param name="QuantizationTable">Which of four tables its coefficients are multiplied by.</param>
internal readonly record struct JpegComponent(byte Id, int Across, int Down, int QuantizationTable);
