#!/usr/bin/env python3
"""Makes training_goldens.json: PyTorch's own losses, schedules and optimizer steps. Needs PyTorch 1.13.

What PyTorch doesn't have is written out here from its definition: the focal loss (Lin et al., 2017), Lion (Chen et al.,
2023), LAMB (You et al., 2020, scaled for what decays alone), and the suggestions of fastai's learning-rate finder.
Everything is in float64.
"""
import json
import math
import pathlib
import warnings

import torch
import torch.nn.functional as F
from torch.optim import lr_scheduler as schedulers

warnings.filterwarnings("ignore")
torch.set_default_dtype(torch.float64)

SAMPLES, CLASSES = 6, 4


def wave(count, frequency, phase=0.0):
    return torch.tensor([math.sin(frequency * i + phase) for i in range(count)])


def losses():
    outputs = (3 * wave(SAMPLES * CLASSES, 1.3)).reshape(SAMPLES, CLASSES)
    labels = torch.tensor([0, 2, 1, 3, 2, 2])
    soft = torch.softmax(2 * wave(SAMPLES * CLASSES, 0.7, 1).reshape(SAMPLES, CLASSES), 1)
    several = (wave(SAMPLES * CLASSES, 2.1) > 0).double().reshape(SAMPLES, CLASSES)
    numbers = (2 * wave(SAMPLES * CLASSES, 0.9, 2)).reshape(SAMPLES, CLASSES)
    weights = torch.tensor([0.5, 1.0, 2.0, 3.5])

    def focal(targets, gamma, weight):
        log = F.log_softmax(outputs, 1)
        terms = -((1 - log.exp()) ** gamma) * log * weight
        if targets.dim() == 2:
            return (terms * targets).sum() / SAMPLES
        rows = torch.arange(SAMPLES)
        return terms[rows, targets].sum() / weight[targets].sum()

    def binary(smoothing, weight):
        return F.binary_cross_entropy_with_logits(outputs, several * (1 - smoothing) + smoothing / 2, pos_weight=weight)

    ones = torch.ones(CLASSES)
    values = {}
    for name, target in (("hard", labels), ("soft", soft)):
        values |= {
            f"cross-entropy {name}": F.cross_entropy(outputs, target),
            f"cross-entropy {name} smooth": F.cross_entropy(outputs, target, label_smoothing=0.1),
            f"cross-entropy {name} weighted": F.cross_entropy(outputs, target, weights),
            f"cross-entropy {name} weighted smooth": F.cross_entropy(outputs, target, weights, label_smoothing=0.1),
            f"focal {name}": focal(target, 2, ones),
            f"focal {name} weighted": focal(target, 1.5, weights),
            f"focal {name} 0 weighted": F.cross_entropy(outputs, target, weights),
        }
    values |= {
        "binary": binary(0, None), "binary smooth": binary(0.2, None), "binary weighted": binary(0, weights),
        "mean squared": F.mse_loss(outputs, numbers), "mean absolute": F.l1_loss(outputs, numbers),
        "huber": F.huber_loss(outputs, numbers, delta=0.7),
    }
    return {
        "outputs": outputs.flatten().tolist(), "labels": labels.tolist(), "soft": soft.flatten().tolist(),
        "several": several.flatten().tolist(), "numbers": numbers.flatten().tolist(), "weights": weights.tolist(),
        "values": {name: value.item() for name, value in values.items()},
    }


EPOCHS, STEPS_PER_EPOCH, RATE = 10, 7, 0.2
STEPS = EPOCHS * STEPS_PER_EPOCH


def schedules():
    """The rate at every step, and of one-cycle the momentum."""
    # The loss that is watched, one value an epoch: better, a plateau, better, a long plateau.
    watched = [1.0, 0.8, 0.8, 0.79999, 0.81, 0.5, 0.5, 0.5, 0.5, 0.5]

    def run(make, per_epoch=False, fraction=False, plateau=None, momentum=False):
        weight = torch.nn.Parameter(torch.zeros(1))
        optimizer = torch.optim.SGD([weight], RATE, momentum=0.9)
        scheduler = make(optimizer)
        rates, momenta = [], []
        for step in range(STEPS):
            rates.append(optimizer.param_groups[0]["lr"])
            momenta.append(optimizer.param_groups[0]["momentum"])
            optimizer.step()
            done = step + 1
            if plateau is not None:
                if done % STEPS_PER_EPOCH == 0:
                    scheduler.step(plateau[done // STEPS_PER_EPOCH - 1])
            elif fraction:
                scheduler.step(done / STEPS_PER_EPOCH)
            elif not per_epoch and done < STEPS or done % STEPS_PER_EPOCH == 0 and per_epoch:
                scheduler.step()
        return momenta if momentum else rates

    def warm(make, steps):
        def build(optimizer):
            first = schedulers.LinearLR(optimizer, start_factor=0.01, total_iters=steps)
            return schedulers.SequentialLR(optimizer, [first, make(optimizer)], milestones=[steps])
        return build

    def one_cycle(optimizer):
        return schedulers.OneCycleLR(optimizer, RATE, total_steps=STEPS)

    return {
        "epochs": EPOCHS, "steps_per_epoch": STEPS_PER_EPOCH, "rate": RATE, "watched": watched,
        "values": {
            "constant": run(lambda o: schedulers.LambdaLR(o, lambda _: 1)),
            "step": run(lambda o: schedulers.StepLR(o, 3, 0.3), per_epoch=True),
            "multi-step": run(lambda o: schedulers.MultiStepLR(o, [2, 5, 6], 0.5), per_epoch=True),
            "exponential": run(lambda o: schedulers.ExponentialLR(o, 0.8), per_epoch=True),
            "cosine": run(lambda o: schedulers.CosineAnnealingLR(o, STEPS, eta_min=0.05 * RATE)),
            "restarts": run(lambda o: schedulers.CosineAnnealingWarmRestarts(o, 2, 2, eta_min=0.1 * RATE), fraction=True),
            "one-cycle": run(one_cycle),
            "one-cycle momentum": run(one_cycle, momentum=True),
            "polynomial": run(lambda o: schedulers.PolynomialLR(o, STEPS, power=0.9)),
            "plateau": run(lambda o: schedulers.ReduceLROnPlateau(o, factor=0.5, patience=1, cooldown=1, min_lr=0.3 * RATE),
                           plateau=watched),
            "plateau eps": run(lambda o: schedulers.ReduceLROnPlateau(o, factor=0.5, patience=0, eps=0.2 * RATE),
                               plateau=watched),
            "warm-up cosine": run(warm(lambda o: schedulers.CosineAnnealingLR(o, STEPS - 14), 14)),
            "warm-up polynomial": run(warm(lambda o: schedulers.PolynomialLR(o, STEPS - 7, power=2), 7)),
        },
    }


SHAPES = {"weight": (4, 3), "bias": (4,)}
UPDATES = 20


def gradient(shape, update):
    count = math.prod(shape)
    return 0.5 * wave(count, 1.7, 0.9 * update).reshape(shape)


def optimizers():
    def start():
        return {name: wave(math.prod(shape), 0.6, 1).reshape(shape) for name, shape in SHAPES.items()}

    def pytorch(make):
        weights = {name: torch.nn.Parameter(value) for name, value in start().items()}
        # The weight decays and the bias doesn't, as is TransferKit's way.
        optimizer = make([{"params": [weights["weight"]]}, {"params": [weights["bias"]], "weight_decay": 0}])
        for update in range(UPDATES):
            for value in weights.values():
                value.grad = gradient(value.shape, update)
            optimizer.step()
        return {name: value.detach() for name, value in weights.items()}

    def by_hand(rule):
        weights = start()
        memory = {name: [torch.zeros_like(value) for _ in range(2)] for name, value in weights.items()}
        for update in range(UPDATES):
            for name in weights:
                decay = 0.1 if name == "weight" else 0
                weights[name], memory[name] = rule(weights[name], gradient(SHAPES[name], update), memory[name], update + 1, decay)
        return weights

    def lion(weight, grad, memory, _, decay, rate=0.01, beta1=0.9, beta2=0.99):
        mean = memory[0]
        direction = torch.sign(beta1 * mean + (1 - beta1) * grad)
        return weight - rate * (direction + decay * weight), [beta2 * mean + (1 - beta2) * grad, mean]

    def lamb(weight, grad, memory, update, decay, rate=0.01, beta1=0.9, beta2=0.999):
        mean = beta1 * memory[0] + (1 - beta1) * grad
        squares = beta2 * memory[1] + (1 - beta2) * grad ** 2
        change = mean / (1 - beta1 ** update) / ((squares / (1 - beta2 ** update)).sqrt() + 1e-6) + decay * weight
        trust = weight.norm() / change.norm() if decay else 1
        return weight - rate * trust * change, [mean, squares]

    optim = torch.optim
    values = {
        "sgd": pytorch(lambda p: optim.SGD(p, 0.05)),
        "sgd momentum decay": pytorch(lambda p: optim.SGD(p, 0.05, momentum=0.9, weight_decay=0.1)),
        "sgd nesterov decay": pytorch(lambda p: optim.SGD(p, 0.05, momentum=0.9, weight_decay=0.1, nesterov=True)),
        "adam decay": pytorch(lambda p: optim.Adam(p, 0.01, weight_decay=0.1)),
        "adamw decay": pytorch(lambda p: optim.AdamW(p, 0.01, weight_decay=0.1)),
        "rmsprop": pytorch(lambda p: optim.RMSprop(p, 0.01)),
        "rmsprop momentum decay": pytorch(lambda p: optim.RMSprop(p, 0.01, 0.9, 0.03, momentum=0.9, weight_decay=0.1)),
        "lion decay": by_hand(lion),
        "lamb decay": by_hand(lamb),
    }
    return {"updates": UPDATES, "values": {
        name: {key: value.flatten().tolist() for key, value in weights.items()} for name, weights in values.items()}}


def clipping():
    weights = [torch.nn.Parameter(torch.zeros(shape)) for shape in SHAPES.values()]
    def fill():
        for weight in weights:
            weight.grad = gradient(weight.shape, 3)
    fill()
    norm = torch.nn.utils.clip_grad_norm_(weights, 0.6).item()
    by_norm = [value for weight in weights for value in weight.grad.flatten().tolist()]
    fill()
    torch.nn.utils.clip_grad_value_(weights, 0.2)
    return {"norm": norm, "by_norm": by_norm,
            "by_value": [value for weight in weights for value in weight.grad.flatten().tolist()]}


def finder():
    """Sweeps over made-up loss curves, with what fastai's functions suggest for them."""
    def sweep(curve, steps=100, low=1e-7, high=10.0):
        rates, smooth, average, best = [], [], 0.0, math.inf
        for step in range(steps):
            rate = low * (high / low) ** (step / steps)
            average = 0.98 * average + 0.02 * curve(step, rate)
            rates.append(rate)
            smooth.append(average / (1 - 0.98 ** (step + 1)))
            best = min(best, smooth[-1])
            if smooth[-1] > 4 * best:
                break
        x, y = torch.tensor(rates[steps // 10:-5]), torch.tensor(smooth[steps // 10:-5])
        count = len(y)
        # The longest falling subsequence that ends at each step, and the end of the longest of all.
        length = [1] * count
        for i in range(count):
            length[i] = max([1] + [length[j] + 1 for j in range(i) if y[i] < y[j]])
        end = length.index(max(length))
        start = end - length[end] if end > 0 else 0
        third = (end - start) / 3
        return {
            "rates": rates, "losses": smooth,
            "valley": x[start + int(third) + int(third / 2)].item(),
            "steepest": x[((y[1:] - y[:-1]) / (x[1:].log() - x[:-1].log())).argmin()].item(),
            "minimum": x[y.argmin()].item() / 10,
        }

    def typical(step, rate):
        fall = 1.5 / (1 + math.exp(-3 * (math.log10(rate) + 3)))
        return 2.3 - fall + 0.05 * math.sin(3.7 * step) + (30 * (rate - 0.3) if rate > 0.3 else 0)

    def early(step, rate):
        return 2 - 0.01 * step + 0.1 * math.cos(step) + (1e3 * rate if rate > 1e-3 else 0)

    return {"typical": sweep(typical), "early": sweep(early)}


if __name__ == "__main__":
    path = pathlib.Path(__file__).resolve().parent / "training_goldens.json"
    path.write_text(json.dumps({
        "losses": losses(), "schedules": schedules(), "optimizers": optimizers(), "clipping": clipping(), "finder": finder(),
    }, indent=0) + "\n")
    print(path, path.stat().st_size)
