using System.Runtime.CompilerServices;
using System.Threading.Channels;
using TorchSharp;

namespace TransferKit.Vision.Tests;

[Trait("Lane", "Slow")]
public sealed class PredictorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TransferModel _model = SmallModel.Build();
    private readonly string _path;

    public PredictorTests() => _path = _model.SaveIn(_folder);

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_prediction_is_what_the_model_says_of_the_evaluated_picture()
    {
        using var scope = torch.NewDisposeScope();
        using var predictor = Predictor.Load(_path, new PredictorOptions { Precision = Precision.Float32 });
        var logits = _model.Forward(SmallModel.Images(_model));
        var probabilities = SmallModel.Rows(logits.softmax(1));
        foreach (var (i, file) in SmallModel.Pictures.Index())
        {
            var prediction = predictor.Predict(file);
            prediction.Probabilities.ShouldBe(probabilities[i]);
            prediction.Logits.ShouldBe(SmallModel.Rows(logits)[i], 1e-3f);
            prediction.Confidence.Should().Be(prediction.Probabilities.Max());
            prediction.Label.Should().Be($"{prediction.Probabilities.ToList().IndexOf(prediction.Confidence)}");
            prediction.Labels.Should().Equal(prediction.Label);
            prediction.IsKnown.Should().BeTrue();
            prediction.Top(9).Select(one => one.Confidence).Should().BeInDescendingOrder().And.HaveCount(4);
            prediction.Top(2)[0].Should().Be(new ScoredLabel(prediction.Label, prediction.Confidence));
            prediction.Invoking(one => one.Values).Should().Throw<InvalidOperationException>().WithMessage("*names classes*");
        }
        SmallModel.Pictures.Select(file => predictor.Predict(file).Label).Distinct().Should().HaveCountGreaterThan(1);
    }

    [Fact]
    public async Task A_picture_may_come_from_anywhere()
    {
        using var predictor = Predictor.Load(_path);
        var file = Fixture.PathOf("rgb_97x61.png");
        var expected = predictor.Predict(file).Probabilities;
        var bytes = File.ReadAllBytes(file);

        using var stream = new MemoryStream(bytes);
        predictor.Predict(stream).Probabilities.Should().Equal(expected);
        stream.CanRead.Should().BeTrue();
        predictor.Invoking(one => one.Predict(stream)).Should().Throw<ImageException>("it is at its end now")
            .WithMessage("*the stream is empty from its position on*set its Position to 0 first*");
        predictor.Invoking(one => one.Predict(ImageSource.FromStream(() => new MemoryStream()))).Should().Throw<ImageException>()
            .WithMessage("*set its Position to 0 first*");
        stream.Position = 0;
        (await predictor.PredictAsync(stream)).Probabilities.Should().Equal(expected);
        predictor.Predict(bytes.AsSpan()).Probabilities.Should().Equal(expected);
        predictor.PredictPixels(Fixture.Decode("rgb_97x61.png"), 97, 61).Probabilities.Should().Equal(expected);
        predictor.Predict(ImageSource.FromBytes(bytes)).Probabilities.Should().Equal(expected);
    }

    [Fact]
    public async Task Pictures_wait_for_memory_and_are_refused_where_too_many_wait()
    {
        var file = SmallModel.Pictures[0];
        var bytes = File.ReadAllBytes(file);
        using var patient = Predictor.Load(_path, new PredictorOptions { Images = new() { DecodingMemoryBytes = 0 } });
        var expected = patient.Predict(file).Label;
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => patient.PredictAsync(new MemoryStream(bytes))));
        answers.Should().OnlyContain(answer => answer.Label == expected);
        patient.PredictMany(Enumerable.Repeat(file, 40)).Should().OnlyContain(result => result.Prediction!.Label == expected);

        // The picture that has the room stays until the transform lets it go.
        using var release = new ManualResetEventSlim();
        using var decoding = new ManualResetEventSlim();
        var images = new ImageOptions
        {
            DecodingMemoryBytes = 0,
            EvaluateTransforms = preprocessing => new([new Lambda("wait", (_, _) => { decoding.Set(); release.Wait(); }), .. Transforms.Evaluate(preprocessing)]),
        };
        using var busy = Predictor.Load(_path, new PredictorOptions { QueueLimit = 1, Images = images });
        var first = busy.PredictAsync(new MemoryStream(bytes));
        decoding.Wait();
        using var cancellation = new CancellationTokenSource();
        var cancelled = busy.PredictAsync(new MemoryStream(bytes), cancellation.Token);
        await busy.Invoking(one => one.PredictAsync(new MemoryStream(bytes))).Should().ThrowAsync<PredictorBusyException>();
        busy.Invoking(one => one.Predict(file)).Should().Throw<PredictorBusyException>();
        await cancellation.CancelAsync();
        await cancelled.Invoking(one => one).Should().ThrowAsync<OperationCanceledException>();
        release.Set();
        (await first).Label.Should().Be(expected);
        busy.Predict(file).Label.Should().Be(expected, "it goes on as before");
    }

    [Fact]
    public async Task An_unreadable_picture_is_an_exception_with_the_reason()
    {
        using var predictor = Predictor.Load(_path);
        predictor.Invoking(one => one.Predict("missing.jpg")).Should().Throw<ImageException>().WithMessage("*missing.jpg*does not exist*");
        predictor.Invoking(one => one.Predict([1, 2, 3])).Should().Throw<ImageException>();
        predictor.Invoking(one => one.Predict(Stream.Null)).Should().Throw<ImageException>().WithMessage("*empty*");
        predictor.Invoking(one => one.Predict("")).Should().Throw<ArgumentException>();
        await predictor.Invoking(one => one.PredictAsync(Stream.Null)).Should().ThrowAsync<ImageException>();
        predictor.Predict(SmallModel.Pictures[0]).IsKnown.Should().BeTrue("it goes on as before");
    }

    [Theory]
    [InlineData(LearningTask.Classification)]
    [InlineData(LearningTask.MultiLabel)]
    [InlineData(LearningTask.Regression)]
    public async Task A_model_that_puts_out_no_numbers_says_so_everywhere(LearningTask task)
    {
        using var model = SmallModel.Build(task);
        // Finite, as a file has to be, and yet its products are not.
        using (TorchSharp.torch.no_grad())
            foreach (var (_, weight) in model.Network.Heads[0].NamedWeights())
                weight.Value.copy_(weight.Value.sign() * 3e38f);
        using var predictor = Predictor.Load(model.SaveIn(_folder), new PredictorOptions { Threshold = task == LearningTask.Regression ? null : 0.5 });
        var picture = SmallModel.Pictures[0];

        predictor.Invoking(one => one.Predict(picture)).Should().Throw<PredictionException>()
            .WithMessage($"The model puts out no finite numbers (NaN or infinity) for the image '{picture}'*").Which.Path.Should().Be(picture);
        predictor.Invoking(one => one.PredictMany([picture, picture]).ToList()).Should().Throw<PredictionException>();
        await predictor.Invoking(async one => { await foreach (var _ in one.PredictManyAsync([picture])) { } }).Should().ThrowAsync<PredictionException>();
    }

    [Fact]
    public async Task Many_files_give_results_in_order_and_a_damaged_one_is_a_result_too()
    {
        using var predictor = Predictor.Load(_path, new PredictorOptions { BatchSize = 3 });
        var damaged = _folder.Write("damaged.jpg", File.ReadAllBytes(SmallModel.Pictures[0]).AsSpan(0, 200));
        var files = Enumerable.Range(0, 25)
            .Select(i => i % 5 == 4 || i is 9 or 10 or 11 ? damaged : SmallModel.Pictures[i % SmallModel.Pictures.Length]).ToArray();

        var results = predictor.PredictMany(files).ToList();

        results.Select(result => result.Image.Name).Should().Equal(files);
        foreach (var result in results)
        {
            result.IsSuccess.Should().Be(result.Image.Name != damaged);
            if (result.IsSuccess)
                result.Prediction.Probabilities.ShouldBe(predictor.Predict(result.Image.Name).Probabilities);
            else
                result.Error.Path.Should().Be(damaged);
        }

        var again = new List<PredictionResult>();
        await foreach (var result in predictor.PredictManyAsync(files))
            again.Add(result);
        again.Select(result => $"{result}").Should().Equal(results.Select(result => $"{result}"));
        predictor.PredictMany(Array.Empty<string>()).Should().BeEmpty();
    }

    [Fact]
    public async Task Files_without_end_are_asked_for_as_results_are_taken()
    {
        using var predictor = Predictor.Load(_path, new PredictorOptions { BatchSize = 4 });
        var asked = 0;
        IEnumerable<string> Endless()
        {
            while (true)
                yield return SmallModel.Pictures[asked++ % SmallModel.Pictures.Length];
        }

        predictor.PredictMany(Endless()).Take(20).Should().OnlyContain(result => result.IsSuccess);
        asked.Should().BeLessThanOrEqualTo(20 + 3 * 4);

        asked = 0;
        (await predictor.PredictManyAsync(Endless()).Take(20).ToListAsync()).Should().OnlyContain(result => result.IsSuccess);
        asked.Should().BeLessThanOrEqualTo(20 + 3 * 4);
    }

    [Fact]
    public async Task A_source_that_waits_for_answers_gets_them_before_it_gives_more()
    {
        using var predictor = Predictor.Load(_path, new PredictorOptions { BatchSize = 2 });
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var channel = Channel.CreateUnbounded<ImageSource>();
        void GiveTwo()
        {
            for (var i = 0; i < 2; i++)
                channel.Writer.TryWrite(ImageSource.FromFile(SmallModel.Pictures[i])).Should().BeTrue();
        }

        GiveTwo();
        var taken = 0;
        await foreach (var result in predictor.PredictManyAsync(channel.Reader.ReadAllAsync(), deadline.Token))
        {
            result.IsSuccess.Should().BeTrue();
            if (++taken == 6)
                channel.Writer.Complete();
            else if (taken % 2 == 0)
                GiveTwo();
        }
        taken.Should().Be(6);
    }

    [Fact]
    public async Task Leaving_early_ends_a_source_that_has_no_more_yet()
    {
        using var predictor = Predictor.Load(_path, new PredictorOptions { BatchSize = 1 });
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var ended = new TaskCompletionSource();
        async IAsyncEnumerable<ImageSource> Pausing([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            try
            {
                yield return ImageSource.FromFile(SmallModel.Pictures[1]);
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                ended.SetResult();
            }
        }

        await foreach (var result in predictor.PredictManyAsync(Pausing(), deadline.Token))
        {
            result.IsSuccess.Should().BeTrue();
            break;
        }
        await ended.Task.WaitAsync(deadline.Token);
    }

    [Fact]
    public async Task A_source_that_fails_ends_the_run_with_its_own_exception()
    {
        using var predictor = Predictor.Load(_path, new PredictorOptions { BatchSize = 1 });
        var isClosed = false;
        async IAsyncEnumerable<ImageSource> Failing()
        {
            try
            {
                yield return ImageSource.FromFile(SmallModel.Pictures[1]);
                await Task.Yield();
                throw new TimeoutException("slow");
            }
            finally
            {
                isClosed = true;
            }
        }

        var run = async () => await predictor.PredictManyAsync(Failing()).ToListAsync();
        await run.Should().ThrowAsync<TimeoutException>();
        isClosed.Should().BeTrue();
    }

    [Fact]
    public async Task Cancelling_ends_an_asynchronous_run()
    {
        using var predictor = Predictor.Load(_path, new PredictorOptions { BatchSize = 2 });
        using var cancellation = new CancellationTokenSource();
        var taken = 0;
        async IAsyncEnumerable<ImageSource> Endless()
        {
            while (true)
            {
                await Task.Yield();
                yield return ImageSource.FromFile(SmallModel.Pictures[1]);
            }
        }

        var run = async () =>
        {
            await foreach (var _ in predictor.PredictManyAsync(Endless(), cancellation.Token))
                if (++taken == 4)
                    cancellation.Cancel();
        };
        await run.Should().ThrowAsync<OperationCanceledException>();
        taken.Should().Be(4);
    }

    [Fact]
    public void Several_threads_get_what_one_gets()
    {
        using var predictor = Predictor.Load(_path);
        var expected = SmallModel.Pictures.Select(file => predictor.Predict(file).Probabilities).ToArray();
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            var picture = i % expected.Length;
            predictor.Predict(SmallModel.Pictures[picture]).Probabilities.ShouldBe(expected[picture], 1e-6f);
        });
    }

    [Fact]
    public void Disposing_waits_for_those_at_work_and_refuses_the_rest()
    {
        var predictor = Predictor.Load(_path);
        var refused = 0;
        Parallel.For(0, 60, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            try
            {
                if (i == 20)
                    predictor.Dispose();
                predictor.Predict(SmallModel.Pictures[1]);
            }
            catch (ObjectDisposedException)
            {
                Interlocked.Increment(ref refused);
            }
        });
        refused.Should().BeGreaterThan(0);
        predictor.Invoking(one => one.Predict(SmallModel.Pictures[0])).Should().Throw<ObjectDisposedException>();
        predictor.Dispose();
    }

    [Fact]
    public void Memory_stays_flat_over_many_predictions()
    {
        using var predictor = Predictor.Load(_path);
        var file = Fixture.PathOf("rgb_31x29.png");
        void Run(int pictures)
        {
            foreach (var result in predictor.PredictMany(Enumerable.Repeat(file, pictures)))
                result.IsSuccess.Should().BeTrue();
            for (var i = 0; i < pictures / 4; i++)
                predictor.Predict(file);
        }

        Run(200);
        var (tensors, memory) = (LiveTensors.Count(), MemoryUse.Measure().ResidentMiB);
        Run(1200);
        LiveTensors.Count().Should().Be(tensors);
        (MemoryUse.Measure().ResidentMiB - memory).Should().BeLessThan(40);
    }

    [Fact]
    public void The_weights_that_were_loaded_are_freed_once_there_are_compiled_ones()
    {
        var model = SmallModel.Build();
        using var inference = new InferenceModel(model);
        foreach (var (_, weight) in model.Network.NamedWeights())
            weight.Invoking(one => one.Value).Should().Throw<InvalidOperationException>();
        inference.Run(new NormalizedViews(new float[3 * 32 * 32 * 3], Count: 3, Height: 32, Width: 32, Channels: 3)).Should().HaveCount(3);
    }

    [Fact]
    public void Pictures_are_prepared_as_the_options_say_and_mistakes_in_it_come_out_as_they_are()
    {
        using var mirrored = Predictor.Load(_path, new PredictorOptions
        {
            Images = new ImageOptions { EvaluateTransforms = preprocessing => new(Transforms.Evaluate(preprocessing).Append(new HorizontalFlip())) },
        });
        using var plain = Predictor.Load(_path);
        var file = SmallModel.Pictures[0];
        mirrored.Predict(file).Probabilities.Should().NotEqual(plain.Predict(file).Probabilities);

        using var mistaken = Predictor.Load(_path, new PredictorOptions
        {
            Images = new ImageOptions
            {
                EvaluateTransforms = preprocessing => new(Transforms.Evaluate(preprocessing)
                    .Prepend(new Lambda("mistake", (_, _) => throw new NotSupportedException("mistake")))),
            },
        });
        mistaken.Invoking(one => one.Predict(file)).Should().Throw<NotSupportedException>();
        mistaken.Invoking(one => one.PredictMany([file, file]).ToList()).Should().Throw<NotSupportedException>();
    }

    [Fact]
    public void A_predictor_that_would_prepare_pictures_in_another_way_than_evaluation_is_refused()
    {
        static ImageOptions OnWhite() => new()
        {
            Background = System.Drawing.Color.White,
            EvaluateTransforms = preprocessing => new(Transforms.Evaluate(preprocessing).Prepend(new Grayscale())),
        };
        var data = SmallModel.Data(_model).With(OnWhite());
        var (train, validation) = data.Concat(data).Split(0.5);
        _model.Train(train, validation, new TrainingOptions { Epochs = 1, BatchSize = 8 }).Dispose();
        var path = _model.SaveIn(_folder);
        // What a file knows goes on into the next.
        using (var loaded = TransferModel.Load(path))
            loaded.SaveIn(_folder);

        var other = new PredictorOptions { Images = new ImageOptions { ApplyOrientation = false } };
        FluentActions.Invoking(() => Predictor.Load(path, other)).Should().Throw<InvalidOperationException>().WithMessage(
            "*model.tkm: *as 'turned upright, on #ffffff, Grayscale*'*as 'not turned upright, without background, Resize*'"
            + "*PredictorOptions.Images*");
        using var predictor = Predictor.Load(path, new PredictorOptions { Images = OnWhite(), Precision = Precision.Float32 });
        using var scope = torch.NewDisposeScope();
        using var batch = data.Read(new ReadOptions { Preprocessing = _model.Preprocessing, Order = [1], BatchSize = 1 }).Single();
        predictor.Predict(SmallModel.Pictures[1]).Logits.ShouldBe(SmallModel.Rows(_model.Forward(batch.Images))[0], 1e-3f);

        var plain = SmallModel.Data(_model);
        _model.Train(plain, plain, new TrainingOptions { Epochs = 1, BatchSize = 8 }).Dispose();
        Predictor.Load(_model.SaveIn(_folder)).Dispose();
    }

    [Fact]
    public void A_custom_head_is_given_anew()
    {
        var head = Head.Custom(4, features => torch.nn.Linear(features, 4));
        using var model = SmallModel.Build(head: head);
        var path = model.SaveIn(_folder);
        using var predictor = Predictor.Load(path, new PredictorOptions { CustomHead = head, Precision = Precision.Float32 });
        using var scope = torch.NewDisposeScope();
        predictor.Predict(SmallModel.Pictures[0]).Probabilities
            .ShouldBe(SmallModel.Rows(model.Forward(SmallModel.Images(model)).softmax(1))[0], tolerance: 1e-3f);
        FluentActions.Invoking(() => Predictor.Load(path)).Should().Throw<ModelFileException>().WithMessage("*custom head*");
    }

    [Fact]
    public void What_cannot_be_is_refused_at_once()
    {
        FluentActions.Invoking(() => Predictor.Load("missing.tkm")).Should().Throw<ModelFileException>().WithMessage("*no such file*");
        FluentActions.Invoking(() => Predictor.Load(_path, new PredictorOptions { Threshold = 2, BatchSize = 0, UnknownLabel = "" }))
            .Should().Throw<ArgumentException>().WithMessage("*Threshold*UnknownLabel*BatchSize*");
        using var four = Backbone.ShuffleNetV2_x0_5(Pretrained.None).ReplaceHead(2).WithImageSize(32).WithInputChannels(4).Build();
        var path = four.SaveIn(_folder);
        FluentActions.Invoking(() => Predictor.Load(path)).Should().Throw<ModelFileException>().WithMessage("*4 channels*");
    }

    [Fact]
    public void A_network_of_one_channel_sees_pictures_without_their_color()
    {
        using var model = Backbone.ShuffleNetV2_x0_5(Pretrained.None).ReplaceHead(2).WithImageSize(32).WithInputChannels(1)
            .WithPrecision(Precision.Float32).On(ComputeDevice.Cpu).Build();
        using var images = SmallModel.Images(model);
        images.shape.Should().Equal(SmallModel.Pictures.Length, 1, 32, 32);
        using var predictor = Predictor.Load(model.SaveIn(_folder), new PredictorOptions { Precision = Precision.Float32 });

        var expected = SmallModel.Rows(model.Forward(images).softmax(1));

        predictor.PredictMany(SmallModel.Pictures).Select(result => result.Prediction!.Probabilities).Zip(expected)
            .Should().AllSatisfy(pair => pair.First.ShouldBe(pair.Second));
    }
}
