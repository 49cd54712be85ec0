namespace TransferKit.Vision.Tests;

[Trait("Lane", "Slow")]
public unsafe class RandomStepTests
{
    private const string File = "rgb_31x29.png";

    public static TheoryData<Transform> Steps =>
    [
        new ColorJitter { Brightness = 0.4, Contrast = 0.4, Saturation = 0.4, Hue = 0.1 },
        new RandomRotation(30),
        new RandomAffine(20) { Translate = (0.1, 0.2), Scale = (0.8, 1.2), Shear = 10, Interpolation = Interpolation.Bilinear },
        new RandomPerspective { Probability = 1 },
        new GaussianBlur(5),
        new RandomCrop(40) { Padding = 3 },
        new RandomApply(new Invert(), 0.5),
        new RandAugment(),
        new RandAugment { Steps = 4, Magnitude = 30 },
        new TrivialAugmentWide(),
        new AutoAugment(),
        new AutoAugment(AutoAugmentPolicy.Svhn) { Interpolation = Interpolation.Bilinear },
        new AugMix(),
        new AugMix { Severity = 10, Width = 1, Depth = 4, Alpha = 0.3 },
        new Lambda("noise", (pixels, random) => pixels[3][5].Green = (byte)random.Next(256)),
    ];

    [Theory]
    [MemberData(nameof(Steps))]
    public void What_comes_out_depends_on_the_random_numbers_alone(Transform step)
    {
        var outcomes = new HashSet<string>();
        for (var seed = 0; seed < 60; seed++)
        {
            var pixels = Run(step, seed);
            pixels.Should().Equal(Run(step, seed));
            outcomes.Add(Fixture.Sha256(pixels));
        }

        outcomes.Count.Should().BeGreaterThan(1);
    }

    [Fact]
    public void A_jitter_of_nothing_changes_nothing()
    {
        Fixture.Transform(File, new ColorJitter()).Should().Equal(Fixture.Decode(File));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    [InlineData(1)]
    public void A_step_is_applied_as_often_as_asked(double probability)
    {
        var inverted = Fixture.Transform("rgb_2x3.png", new Invert());
        var count = Enumerable.Range(0, 2000).Count(seed => Fixture.Transform("rgb_2x3.png", canvas =>
        {
            var random = new SeededRandom(seed, 0);
            new RandomApply(new Invert(), probability).Apply(canvas, ref random);
        }).SequenceEqual(inverted));
        // Five standard deviations of a binomial distribution.
        count.Should().BeCloseTo((int)(2000 * probability), (uint)(5 * Math.Sqrt(2000 * probability * (1 - probability))));
    }

    [Fact]
    public void Random_crops_reach_every_place_equally_often()
    {
        var first = Fixture.Transform(File, canvas => canvas.Crop(new(1, 0, 28, 28)));
        var starts = Enumerable.Range(0, 2000).Count(seed => Run(new RandomCrop(28), seed).SequenceEqual(first));
        starts.Should().BeInRange(190, 310, "four columns and two rows to start from make eight places");
    }

    [Fact]
    public void Erasing_leaves_zeros_in_a_rectangle_of_the_asked_size()
    {
        var transforms = new Transforms(
            new CenterCrop(20),
            new Normalize(new(0.9f, 0.9f, 0.9f), new(1, 1, 1)),
            new RandomErasing(1) { Scale = (0.25, 0.25), Ratio = (1, 1) });
        var numbers = new float[3 * 20 * 20];
        using var reader = new SampleReader(new ImageOptions());
        fixed (float* target = numbers)
            reader.Read(Fixture.Source(File), transforms, new SeededRandom(1, 1), target);

        numbers.Count(number => number == 0).Should().Be(3 * 10 * 10);
    }

    [Fact]
    public void Several_erasings_leave_several_rectangles()
    {
        RandomErasing Erase(double share) => new(1) { Scale = (share, share), Ratio = (1, 1) };
        var transforms = new Transforms(
            new Lambda("white", (pixels, _) => pixels[0].Fill(new Pixel { Red = 255, Green = 255, Blue = 255 })),
            new CenterCrop(20), new Normalize(new(2, 2, 2), new(1, 1, 1)), Erase(0.04), Erase(0.04), Erase(0.04));
        var counts = new List<int>();
        using var reader = new SampleReader(new ImageOptions());
        for (var seed = 0; seed < 20; seed++)
        {
            var numbers = new float[3 * 20 * 20];
            fixed (float* target = numbers)
                reader.Read(Fixture.Source(File), transforms, new SeededRandom(seed, 1), target);
            counts.Add(numbers.Count(number => number == 0) / 3);
        }

        counts.Should().OnlyContain(count => count >= 16 && count <= 3 * 16).And.Contain(3 * 16);
    }

    [Fact]
    public void Turning_and_bending_take_no_filter_that_they_have_not()
    {
        FluentActions.Invoking(() => new RandomRotation(20) { Interpolation = Interpolation.Lanczos }).Should().Throw<ArgumentException>()
            .WithMessage("Turning and bending a picture takes Nearest or Bilinear, not Lanczos.*");
        FluentActions.Invoking(() => new RandAugment { Interpolation = Interpolation.Bicubic }).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void A_step_of_ones_own_changes_pixels_and_is_printed_by_its_name()
    {
        var step = new Lambda("red corner", (pixels, _) =>
        {
            pixels.Width.Should().Be(31);
            pixels.Height.Should().Be(29);
            pixels[28][30] = new Pixel { Red = 255 };
        });

        var pixels = Fixture.Transform(File, step);

        pixels[^3..].Should().Equal(255, 0, 0);
        pixels[..^3].Should().Equal(Fixture.Decode(File)[..^3]);
        step.ToString().Should().Be("Lambda { Name = red corner }");
        var tooFar = () => Fixture.Transform(File, new Lambda("too far", (rows, _) => rows[29].Clear()));
        tooFar.Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void The_shares_of_a_mixture_sum_to_one_and_a_share_of_one_is_the_picture()
    {
        var random = new SeededRandom(2, 0);
        for (var i = 0; i < 200; i++)
            new AugMix { Width = 4, Alpha = 0.01 }.DrawShares(ref random).Sum().Should().BeApproximately(1, 1e-5f);

        // With so large a parameter all shares are equal: half the picture, and half a chain that shows it again or darker.
        var mean = Enumerable.Range(0, 40).Average(seed => Run(new AugMix { Alpha = 1e6 }, seed).Average(value => (double)value));
        mean.Should().BeApproximately(Fixture.Decode(File).Average(value => (double)value), 40);
    }

    private static byte[] Run(Transform step, int seed) => Fixture.Transform(File, canvas =>
    {
        var random = new SeededRandom(seed, 0);
        step.Apply(canvas, ref random);
    });
}
