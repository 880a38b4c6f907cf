"""Makes the golden values of the losses: what PyTorch computes in float64 for each loss and option.

Usage: make_loss_golden.py FILE. FILE becomes a JSON object with two small models, their parameters
and inputs, and a list of cases: loss and options as the command line names them, targets [n, ...],
and for both reductions the total variance of the individual gradients, the gradient's mean and the
gradient of the total variance (flat, parameters in the model's order). Individual gradients come
from one backward per sample; with reduction=mean each carries the factor that PyTorch's own mean
has over its sum. Needs torch.
"""

import json
import sys

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
SAMPLES = 6
CLASSES = 3


def vector_model():
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, CLASSES))


def image_model():
    return nn.Sequential(nn.Conv2d(1, 2, 2), nn.Tanh(), nn.Conv2d(2, CLASSES, 1))


MODELS = {
    "vector": (
        {"input": [3], "layers": [{"linear": {"out": 4}}, "tanh", {"linear": {"out": CLASSES}}]},
        vector_model,
    ),
    "image": (
        {
            "input": [1, 3, 2],
            "layers": [
                {"conv2d": {"out": 2, "kernel": 2}},
                "tanh",
                {"conv2d": {"out": CLASSES, "kernel": 1}},
            ],
        },
        image_model,
    ),
}

LABELS = torch.tensor([0, 2, 1, 2, 0, 1])
LABELS_AND_IGNORED = torch.tensor([0, -100, 1, 2, -100, 1])
POSITION_LABELS = torch.tensor(
    [[0, 2], [1, 1], [-1, 0], [2, -1], [-1, -1], [2, 0]]
).reshape(SAMPLES, 2, 1)
WEIGHTS = torch.tensor([0.5, 2.0, 1.25])
POSITIVE = torch.tensor([3.0, 1.0, 0.5])


def text(weights):
    return ",".join(repr(weight) for weight in weights.tolist())


def cases():
    generator = torch.Generator().manual_seed(5)
    numbers = torch.randn(SAMPLES, CLASSES, generator=generator)
    answers = torch.randint(0, 2, (SAMPLES, CLASSES), generator=generator).to(numbers)
    answers[2, 1] = 0.25
    probabilities = torch.softmax(torch.randn(SAMPLES, CLASSES, generator=generator), 1)
    probabilities[3] = torch.tensor([0.5, 0.75, 1.5])
    position_probabilities = torch.softmax(
        torch.randn(SAMPLES, CLASSES, 2, 1, generator=generator), 1
    )
    position_numbers = torch.randn(SAMPLES, CLASSES, 2, 1, generator=generator)

    yield "vector", "cross-entropy", {}, LABELS, F.cross_entropy, {}
    yield (
        "vector",
        "cross-entropy",
        {"class-weights": text(WEIGHTS)},
        LABELS,
        F.cross_entropy,
        {"weight": WEIGHTS},
    )
    yield (
        "vector",
        "cross-entropy",
        {"ignore-index": "-100"},
        LABELS_AND_IGNORED,
        F.cross_entropy,
        {"ignore_index": -100},
    )
    yield (
        "vector",
        "cross-entropy",
        {"ignore-index": "2", "class-weights": text(WEIGHTS)},
        LABELS,
        F.cross_entropy,
        {"ignore_index": 2, "weight": WEIGHTS},
    )
    yield (
        "vector",
        "cross-entropy",
        {"label-smoothing": "0.1"},
        LABELS,
        F.cross_entropy,
        {"label_smoothing": 0.1},
    )
    yield (
        "vector",
        "cross-entropy",
        {"label-smoothing": "0.3", "class-weights": text(WEIGHTS), "ignore-index": "-100"},
        LABELS_AND_IGNORED,
        F.cross_entropy,
        {"label_smoothing": 0.3, "weight": WEIGHTS, "ignore_index": -100},
    )
    yield (
        "vector",
        "cross-entropy",
        {"target": "probabilities"},
        probabilities,
        F.cross_entropy,
        {},
    )
    yield (
        "vector",
        "cross-entropy",
        {"target": "probabilities", "label-smoothing": "0.3", "class-weights": text(WEIGHTS)},
        probabilities,
        F.cross_entropy,
        {"label_smoothing": 0.3, "weight": WEIGHTS},
    )
    yield (
        "image",
        "cross-entropy",
        {"ignore-index": "-1"},
        POSITION_LABELS,
        F.cross_entropy,
        {"ignore_index": -1},
    )
    yield (
        "image",
        "cross-entropy",
        {"label-smoothing": "0.3", "class-weights": text(WEIGHTS), "ignore-index": "-1"},
        POSITION_LABELS,
        F.cross_entropy,
        {"label_smoothing": 0.3, "weight": WEIGHTS, "ignore_index": -1},
    )
    yield (
        "image",
        "cross-entropy",
        {"target": "probabilities", "label-smoothing": "0.2", "class-weights": text(WEIGHTS)},
        position_probabilities,
        F.cross_entropy,
        {"label_smoothing": 0.2, "weight": WEIGHTS},
    )
    yield "vector", "nll", {}, LABELS, F.nll_loss, {}
    yield (
        "vector",
        "nll",
        {"class-weights": text(WEIGHTS), "ignore-index": "1"},
        LABELS,
        F.nll_loss,
        {"weight": WEIGHTS, "ignore_index": 1},
    )
    yield (
        "image",
        "nll",
        {"class-weights": text(WEIGHTS), "ignore-index": "-1"},
        POSITION_LABELS,
        F.nll_loss,
        {"weight": WEIGHTS, "ignore_index": -1},
    )
    yield "vector", "mse", {}, numbers, F.mse_loss, {}
    yield "image", "mse", {}, position_numbers, F.mse_loss, {}
    yield "vector", "l1", {}, numbers, F.l1_loss, {}
    yield "vector", "huber", {}, numbers, F.huber_loss, {}
    yield "vector", "huber", {"delta": "0.4"}, numbers, F.huber_loss, {"delta": 0.4}
    yield "image", "huber", {"delta": "2.5"}, position_numbers, F.huber_loss, {"delta": 2.5}
    yield "vector", "smooth-l1", {}, numbers, F.smooth_l1_loss, {}
    yield "vector", "smooth-l1", {"beta": "0.4"}, numbers, F.smooth_l1_loss, {"beta": 0.4}
    bce = F.binary_cross_entropy_with_logits
    yield "vector", "bce-with-logits", {}, answers, bce, {}
    yield (
        "vector",
        "bce-with-logits",
        {"pos-weight": text(POSITIVE)},
        answers,
        bce,
        {"pos_weight": POSITIVE},
    )
    yield (
        "vector",
        "bce-with-logits",
        {"pos-weight": "3.0", "weight": text(WEIGHTS)},
        answers,
        bce,
        {"pos_weight": torch.tensor(3.0), "weight": WEIGHTS},
    )


def flat(tensors):
    return torch.cat([tensor.reshape(-1) for tensor in tensors])


def statistics(model, inputs, targets, loss, factor):
    parameters = list(model.parameters())
    gradients = torch.stack(
        [
            flat(
                torch.autograd.grad(
                    factor * loss(model(inputs[n : n + 1]), targets[n : n + 1], "sum"),
                    parameters,
                    create_graph=True,
                )
            )
            for n in range(SAMPLES)
        ]
    )
    mean = gradients.mean(0)
    total_variance = ((gradients - mean) ** 2).sum() / SAMPLES
    return {
        "loss_mean": loss(model(inputs), targets, "mean").item(),
        "total_variance": total_variance.item(),
        "mean_gradient": mean.tolist(),
        "total_variance_gradient": flat(torch.autograd.grad(total_variance, parameters)).tolist(),
    }


def main(file):
    torch.manual_seed(1)
    models, descriptions = {}, {}
    for name, (spec, make) in MODELS.items():
        model = make()
        inputs = torch.randn(SAMPLES, *spec["input"])
        models[name] = model, inputs
        descriptions[name] = {
            "spec": spec,
            "parameters": flat(model.parameters()).tolist(),
            "inputs": inputs.reshape(-1).tolist(),
        }
    results = []
    for model_name, kind, options, targets, function, arguments in cases():
        model, inputs = models[model_name]

        def loss(prediction, target, reduction):
            return function(prediction, target, reduction=reduction, **arguments)

        with torch.no_grad():
            whole = {r: loss(model(inputs), targets, r) for r in ("sum", "mean")}
        results.append(
            {
                "model": model_name,
                "loss": kind,
                "options": options,
                "targets": targets.reshape(SAMPLES, -1).tolist(),
                "sum": statistics(model, inputs, targets, loss, 1.0),
                "mean": statistics(model, inputs, targets, loss, whole["mean"] / whole["sum"]),
            }
        )
    with open(file, "w", encoding="utf-8") as stream:
        stream.write('{"models": %s,\n"cases": [\n' % json.dumps(descriptions))
        stream.write(",\n".join(json.dumps(result) for result in results) + "\n]}\n")


if __name__ == "__main__":
    main(sys.argv[1])
