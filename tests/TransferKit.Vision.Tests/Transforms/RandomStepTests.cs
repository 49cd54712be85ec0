namespace TransferKit.Vision.Tests;

public unsafe class RandomStepTests
{
    private const string File = "rgb_31x29.png";

    public static TheoryData<Transform> Steps =>
    [
        new ColorJitter { Brightness = 0.4, Contrast = 0.4, Saturation = 0.4, Hue = 0.1 },
        new RandomRotation(30),
        new RandomAffine(20) { Translate = (0.1, 0.2), Scale = (0.8, 1.2), Shear = 10, Sampling = Sampling.Bilinear },
        new RandomPerspective { Probability = 1 },
        new GaussianBlur(5),
        new RandomCrop(40) { Padding = 3 },
        new RandomApply(new Invert(), 0.5),
        new RandAugment(),
        new RandAugment { Steps = 4, Magnitude = 30 },
        new TrivialAugmentWide(),
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
    public void A_policy_uses_every_step()
    {
        var random = new SeededRandom(0, 0);
        AugmentationSteps.All.Should().HaveCount(14);
        foreach (var step in AugmentationSteps.All)
        foreach (var magnitude in new[] { -0.9, 0.9 })
        {
            if (magnitude > 0 || step.IsSigned())
            {
                var pixels = Fixture.Transform(File, canvas => step.With(magnitude)?.Apply(canvas, ref random));
                pixels.Should().HaveCount(3 * 31 * 29, $"{step} keeps the size");
            }
        }
    }

    private static byte[] Run(Transform step, int seed) => Fixture.Transform(File, canvas =>
    {
        var random = new SeededRandom(seed, 0);
        step.Apply(canvas, ref random);
    });
}
