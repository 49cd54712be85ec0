using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit.Tests.Weights;

public class PretrainedTests
{
    [Fact]
    public void Values_are_equal_when_they_mean_the_same()
    {
        Pretrained.Named("imagenet1k_v2").Should().Be(Pretrained.Named("IMAGENET1K_V2"));
        Pretrained.Named("default").Should().Be(Pretrained.Default);
        Pretrained.FromFile("a.pth").Should().Be(Pretrained.FromFile("a.pth")).And.NotBe(Pretrained.FromFile("b.pth"));
        Pretrained.FromFile("none").Should().NotBe(Pretrained.None);
        Pretrained.FromUrl(new("https://x.org/a.pth")).Should().NotBe(Pretrained.FromUrl(new("https://x.org/a.pth"), "12345678"));
    }

    [Fact]
    public void Values_print_what_they_mean()
    {
        Pretrained.None.ToString().Should().Be("none");
        Pretrained.Default.ToString().Should().Be("default");
        Pretrained.Named("imagenet1k_v2").ToString().Should().Be("IMAGENET1K_V2");
        Pretrained.FromFile("a.pth").ToString().Should().Be("a.pth");
        Pretrained.FromUrl(new("https://x.org/a.pth")).ToString().Should().Be("https://x.org/a.pth");
        Pretrained.FromStateDict(new Dictionary<string, Tensor>()).ToString().Should().Be("state_dict in memory");
    }

    [Theory]
    [InlineData("ftp://x.org/a.pth", null)]
    [InlineData("https://x.org/a.pth", "xyz")]
    [InlineData("https://x.org/a.pth", "1234")]
    public void Addresses_and_checksums_that_cannot_work_are_refused_at_once(string url, string? sha256) =>
        FluentActions.Invoking(() => Pretrained.FromUrl(new Uri(url), sha256)).Should().Throw<ArgumentException>();
}
