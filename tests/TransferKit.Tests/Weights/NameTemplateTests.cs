namespace TransferKit.Tests.Weights;

public sealed class NameTemplateTests
{
    [Theory]
    [InlineData("blocks.#.norm1", "blocks.3.norm1")]
    [InlineData("blocks.#.norm1", "blocks.0.norm1.weight")]
    [InlineData("blocks.#.norm1", "blocks.1234.norm1.weight")]
    [InlineData("blocks.#", "blocks.10")]
    [InlineData("features.(2#+1)", "features.5.weight")]
    [InlineData("features.(2#+1)", "features.1")]
    [InlineData("features.(2#)", "features.0")]
    [InlineData("head", "head.bias")]
    public void Keys_of_the_layer_match(string template, string key) => new NameTemplate(template).Matches(key).Should().BeTrue();

    [Theory]
    [InlineData("blocks.#.norm1", "blocks.3.norm10")]
    [InlineData("blocks.#.norm1", "blocks.3.norm2.weight")]
    [InlineData("blocks.#.norm1", "blocks.3")]
    [InlineData("blocks.#.norm1", "blocks.")]
    [InlineData("blocks.#.norm1", "blocks..norm1")]
    [InlineData("blocks.#.norm1", "blocks.03.norm1")]
    [InlineData("blocks.#.norm1", "blocks.12345.norm1")]
    [InlineData("blocks.#.norm1", "blocks.x.norm1")]
    [InlineData("blocks.#.norm1", "my.blocks.3.norm1")]
    [InlineData("features.(2#+1)", "features.4")]
    [InlineData("features.(2#+1)", "features.0")]
    [InlineData("features.(#+2)", "features.1")]
    public void Other_keys_do_not(string template, string key) => new NameTemplate(template).Matches(key).Should().BeFalse();

    [Theory]
    [InlineData("blocks.#.norm1", "layers.#.ln_1", "blocks.11.norm1.weight", "layers.11.ln_1.weight")]
    [InlineData("stages.#.blocks.#", "features.(2#+1).#", "stages.3.blocks.2.gamma", "features.7.2.gamma")]
    [InlineData("features.(2#+1).#", "stages.#.blocks.#", "features.7.2.gamma", "stages.3.blocks.2.gamma")]
    [InlineData("features.(2#)", "stages.(#+1)", "features.4", "stages.3")]
    [InlineData("head", "heads.head", "head.bias", "heads.head.bias")]
    public void Numbers_are_carried_over(string from, string to, string key, string translated) =>
        new NameTemplate(from).Translate(key, new NameTemplate(to)).Should().Be(translated);
}
