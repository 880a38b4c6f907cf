"""Losses with options, written out and held to PyTorch's values."""

import torch
from torch.nn import functional

import oracle


class DrawnLoss:
    """A loss with its options and what the label of one sample looks like.

    `draw_labels(count, predictions, confident)` draws labels; where the model is confident ("some"
    or "all"), most or all of them are what it predicts.
    `per_sample(predictions, labels)` is the sum over the samples given, in the forms of `oracle`;
    `native(predictions, labels, reduction)` is PyTorch's own.
    """

    def __init__(self, name, options, draw_labels, per_sample, native):
        self.name, self.options, self.draw_labels = name, options, draw_labels
        self.per_sample, self.native = per_sample, native

    def scale(self, reduction, predictions, labels):
        """The factor of `reduction=mean`; fails where PyTorch's values are others."""
        predictions = predictions.double()
        total = self.native(predictions, labels, "sum")
        with oracle.written_out():
            own = self.per_sample(predictions, labels)
        torch.testing.assert_close(own, total.to(own.dtype), rtol=1e-9, atol=1e-12)
        if reduction == "sum":
            return 1.0
        return float(self.native(predictions, labels, "mean")) / float(total)


def number(value):
    return repr(round(float(value), 6))


def numbers(values):
    return ",".join(number(v) for v in values)


def rounded(values):
    return torch.tensor([float(number(v)) for v in values], dtype=torch.float64)


def of_classes(draw, shape):
    """Cross-entropy of class indices or probabilities, and NLL of logarithms of probabilities."""
    classes, positions = shape[0], list(shape[1:])
    kind = draw.choice(["cross-entropy"] * 5 + ["nll"] * 2 + ["probabilities"] * 2)
    options, weights, ignored, smoothing = {}, None, -100, 0.0
    if draw.chance(0.35):
        weights = rounded(draw.uniform(0.2, 3) for _ in range(classes))
        options["class-weights"] = numbers(weights)
    if kind == "cross-entropy" and draw.chance(0.3):
        smoothing = draw.choice([0.1, 0.05, 0.3])
        options["label-smoothing"] = number(smoothing)
    if kind == "probabilities":
        if draw.chance(0.3):
            smoothing = 0.1
            options["label-smoothing"] = number(smoothing)
        options["target"] = "probabilities"
        return probabilities(classes, positions, options, weights, smoothing)
    if draw.chance(0.25):
        ignored = draw.choice([-1, -100, classes - 1])
        options["ignore-index"] = str(ignored)

    def labels(count, predictions, confident):
        y = torch.randint(0, classes, (count, *positions))
        if confident != "no":
            share = 1.0 if confident == "all" else 0.9
            y = torch.where(torch.rand(y.shape) < share, predictions.argmax(1), y)
        if "ignore-index" in options and ignored < 0:
            y = torch.where(torch.rand(y.shape) < 0.2, ignored, y)
        return y

    def own(z, y):
        scores = oracle.log_softmax(z, 1) if kind == "cross-entropy" else z
        used = y != ignored
        index = torch.where(used, y, 0).unsqueeze(1)
        w = torch.ones(classes).to(z) if weights is None else weights.to(z)
        chosen = scores.gather(1, index).squeeze(1)
        value = -(w[index.squeeze(1)] * used * chosen).sum() * (1 - smoothing)
        if smoothing:
            each = (scores * oracle.per_channel(w, scores)).sum(1)
            value = value - smoothing / classes * (used * each).sum()
        return value

    def native(z, y, reduction):
        w = None if weights is None else weights.to(z)
        if kind == "nll":
            return functional.nll_loss(z, y, w, ignore_index=ignored, reduction=reduction)
        return functional.cross_entropy(
            z, y, w, ignore_index=ignored, reduction=reduction, label_smoothing=smoothing
        )

    name = "nll" if kind == "nll" else "cross-entropy"
    return DrawnLoss(name, options, labels, own, native)


def probabilities(classes, positions, options, weights, smoothing):
    def labels(count, predictions, confident):
        y = torch.rand(count, classes, *positions) ** (1 if confident == "no" else 4)
        return (y / y.sum(1, keepdim=True)).float().double()

    def own(z, y):
        w = torch.ones(classes).to(z) if weights is None else weights.to(z)
        t = ((1 - smoothing) * y + smoothing / classes).to(z) * oracle.per_channel(w, z)
        return -(t * oracle.log_softmax(z, 1)).sum()

    def native(z, y, reduction):
        w = None if weights is None else weights.to(z)
        return functional.cross_entropy(
            z, y.to(z), w, reduction=reduction, label_smoothing=smoothing
        )

    return DrawnLoss("cross-entropy", options, labels, own, native)


def binary(draw, shape):
    outputs = 1
    for extent in shape:
        outputs *= extent
    options, positive, weights = {}, None, None
    if draw.chance(0.4):
        positive = rounded(draw.uniform(0.3, 4) for _ in range(draw.choice([1, outputs])))
        options["pos-weight"] = numbers(positive)
    if draw.chance(0.3):
        weights = rounded(draw.uniform(0.3, 2) for _ in range(draw.choice([1, outputs])))
        options["weight"] = numbers(weights)
    soft = draw.chance(0.2)

    def labels(count, predictions, confident):
        y = torch.rand(count, *shape)
        if confident != "no":
            share = 1.0 if confident == "all" else 0.9
            return torch.where(y < share, predictions > 0, predictions < 0).double()
        return y.float().double() if soft else (y < 0.5).double()

    def of(values, z):
        values = torch.ones(1, dtype=torch.float64) if values is None else values
        values = values.to(z)
        return values.reshape(shape) if values.numel() == outputs and outputs > 1 else values

    def own(z, y):
        y = y.to(z)
        each = of(positive, z) * y * oracle.softplus(-z) + (1 - y) * oracle.softplus(z)
        return (of(weights, z) * each).sum()

    def native(z, y, reduction):
        return functional.binary_cross_entropy_with_logits(
            z, y.to(z), of(weights, z), reduction=reduction,
            pos_weight=None if positive is None else of(positive, z),
        )

    return DrawnLoss("bce-with-logits", options, labels, own, native)


def of_numbers(draw, shape):
    name = draw.choice(["mse", "mse", "mse", "l1", "huber", "smooth-l1"])
    options, bound = {}, 1.0
    option = {"huber": "delta", "smooth-l1": "beta"}.get(name)
    if option and draw.chance(0.6):
        bound = draw.choice([0.5, 2.0, 0.1])
        options[option] = number(bound)

    def labels(count, predictions, confident):
        return torch.randn(count, *shape).double()

    def own(z, y):
        x = z - y.to(z)
        if name == "mse":
            return (x * x).sum()
        size = x.abs()
        if name == "l1":
            return size.sum()
        each = torch.where(size < bound, x * x / 2, bound * (size - bound / 2))
        return each.sum() / (bound if name == "smooth-l1" else 1)

    def native(z, y, reduction):
        if name == "huber":
            return functional.huber_loss(z, y.to(z), reduction=reduction, delta=bound)
        if name == "smooth-l1":
            return functional.smooth_l1_loss(z, y.to(z), reduction=reduction, beta=bound)
        return {"mse": functional.mse_loss, "l1": functional.l1_loss}[name](
            z, y.to(z), reduction=reduction
        )

    return DrawnLoss(name, options, labels, own, native)


def drawn_loss(draw, shape):
    """A loss that fits a model output of this shape."""
    kinds = [binary, of_numbers]
    if len(shape) >= 1 and shape[0] > 1:
        kinds += [of_classes] * 4
    return draw.choice(kinds)(draw, shape)
