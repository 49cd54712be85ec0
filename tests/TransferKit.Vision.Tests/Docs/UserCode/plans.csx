// # a backbone by name, with weights by name
var named = Backbone.Create("resnet50", Pretrained.Named("IMAGENET1K_V2"));
var timm = Backbone.Create("vit_small_patch14_reg4_dinov2.lvd142m");
var other = Backbone.Create("resnet50", Zoo.Timm, Pretrained.FromFile("model.safetensors"));
foreach (var found in Backbone.Search("resnet50*"))
    Console.WriteLine($"{found.Model}: {found.Top1Accuracy} %, {found.Parameters}, {found.Preprocessing.CropSize} px, {found.License}");
foreach (var info in Backbone.All)
    Console.WriteLine($"{info.Name}: {info.Parameters} parameters, {info.Weights.Count} sets of weights");

// # a model of the hub
var hub = Backbone.FromHub("timm/resnet18.a1_in1k").ReplaceHead(5);
var pinned = Backbone.FromHub("someone/network", revision: "v2", token: "hf_…").ReplaceHead(5);

// # weights from everywhere
var plans = new[]
{
    Backbone.ResNet18(), Backbone.ResNet18(Pretrained.None), Backbone.ResNet18(Pretrained.Default), Backbone.ResNet20(Pretrained.Packaged),
    Backbone.ResNet18(Pretrained.FromFile("resnet18.pth")), Backbone.ResNet18(Pretrained.FromFile("checkpoint.pt", prefix: "module.")),
    Backbone.ResNet18(Pretrained.FromUrl(new Uri("https://example.org/weights.pth"), sha256: "f37072fd")),
    Backbone.ResNet18(Pretrained.FromHub("timm/resnet18.a1_in1k")),
    Backbone.ResNet18(Pretrained.FromHub("someone/network", revision: "v2", token: "hf_…")),
    Backbone.ResNet18(Pretrained.FromStateDict(new Dictionary<string, TorchSharp.torch.Tensor>())),
};
Console.WriteLine(plans.Select(one => one.Weights).Distinct().Count());

// # every verb of a plan
var frozen = Backbone.EfficientNetB0(Pretrained.Default)
    .ReplaceHead(2).ReplaceHead(Head.Mlp(2)).Freeze("features").FreezeAll().Unfreeze("features.8", "classifier").UnfreezeLast(1)
    .UnfreezeAll().WithBatchNorm(BatchNormMode.FollowTraining).WithImageSize(160).WithInputChannels(1)
    .WithPrecision(Precision.BFloat16).On(ComputeDevice.Cuda(0));
Console.WriteLine($"{frozen}: {frozen.Model}, {frozen.Head}, {frozen.ImageSize}, {frozen.Device}, {frozen.Precision}");

// # devices and the runtime
ComputeDevice[] devices = [ComputeDevice.Auto, ComputeDevice.Cpu, ComputeDevice.Cuda(), ComputeDevice.Mps, ComputeDevice.Parse("cuda:1")];
TorchRuntime.EnsureLoaded();
TorchRuntime.Threads = 2;
TorchRuntime.AllowTensorFloat32 = true;
Console.WriteLine(TorchRuntime.Diagnose());

// # heads
Head[] heads =
[
    Head.Linear(3), Head.Dropout(3, probability: 0.2), Head.Mlp(3, hidden: 128), Head.ConcatPool(3), Head.ClassAndPatches(3),
    Head.Custom(3, features => TorchSharp.torch.nn.Linear(features, 3)),
];

// # weights downloaded ahead, with progress
var download = new Progress<DownloadProgress>(now => Console.WriteLine($"{now.FileName} {now.Fraction:P0}"));
var path = plan.DownloadWeights(download);
path = await plan.DownloadWeightsAsync(download, token);

// # a model without training
using var built = plan.Build(token);
Console.WriteLine(built.Summary(imageSize: 160));

// # known weights
foreach (var weights in KnownWeights.Of("resnet50"))
    Console.WriteLine($"{weights.Name}: {weights.FileName}");
Console.WriteLine(KnownWeights.Find("resnet50", "IMAGENET1K_V1") == KnownWeights.Default("resnet50"));

// # plans are values
var first = Backbone.ResNet18().ReplaceHead(2);
Console.WriteLine(first == Backbone.ResNet18().ReplaceHead(2));
