"""The right values of a case: one backward per sample in float64, and what they are worth.

PyTorch's own derivatives are not always good enough to judge by: the second derivative of its hard
sigmoid is missing, those of layer norm (in torch.func), of weight norm, and of PReLU at 0 are
wrong, those of ELU and SELU at 0 belong to another branch than the first, and its softmax, sigmoid
and tanh lose all digits of a derivative where they are saturated, as `1 - p` does in floating point.
While `written_out()` is active, these functions are made of plain arithmetic in forms that keep
relative accuracy; everything else is PyTorch's.
"""

import contextlib
import copy
import math

import torch
from torch.nn import functional

FLOAT32_ROUNDOFF = 2.0**-24
PYTORCH_TANH = torch.tanh
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


class Sigmoid(torch.autograd.Function):
    """Its derivative is the product of those of x and -x, of which neither is a difference."""

    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return torch.special.expit(x)

    @staticmethod
    def backward(context, gradient):
        (x,) = context.saved_tensors
        return gradient * Sigmoid.apply(x) * Sigmoid.apply(-x)


class Tanh(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return PYTORCH_TANH(x)

    @staticmethod
    def backward(context, gradient):
        (x,) = context.saved_tensors
        return gradient * 4 * Sigmoid.apply(2 * x) * Sigmoid.apply(-2 * x)


class Softplus(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return torch.logaddexp(x, torch.zeros_like(x))

    @staticmethod
    def backward(context, gradient):
        (x,) = context.saved_tensors
        return gradient * Sigmoid.apply(x)


def pairwise(left, right):
    """`sum_j (left[i,j] - right[i,j])` with each difference taken by itself."""
    return (left - right).sum(-1)


class Softmax(torch.autograd.Function):
    """Over the last axis; the derivative is `p_i sum_j p_j (u_i - u_j)`, not `p (u - p.u)`."""

    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        powers = torch.exp(x - x.amax(-1, keepdim=True))
        return powers / powers.sum(-1, keepdim=True)

    @staticmethod
    def backward(context, gradient):
        (x,) = context.saved_tensors
        p = Softmax.apply(x)
        differences = gradient.unsqueeze(-1) - gradient.unsqueeze(-2)
        return p * (p.unsqueeze(-2) * differences).sum(-1)


class LogSoftmax(torch.autograd.Function):
    """Over the last axis; the derivative is `sum_j (p_j u_i - p_i u_j)`, not `u - p sum(u)`."""

    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        # Of the largest alone, log1p keeps what log loses.
        others = torch.exp(x - x.amax(-1, keepdim=True))
        largest = x.argmax(-1, keepdim=True)
        rest = others.scatter(-1, largest, 0.0).sum(-1, keepdim=True)
        return x - x.gather(-1, largest) - torch.log1p(rest)

    @staticmethod
    def backward(context, gradient):
        (x,) = context.saved_tensors
        p = Softmax.apply(x)
        return pairwise(
            p.unsqueeze(-2) * gradient.unsqueeze(-1), p.unsqueeze(-1) * gradient.unsqueeze(-2)
        )


def along(function):
    """A function over the last axis as one over any."""

    def over(x, dim=None, _stacklevel=3, dtype=None):
        return function.apply(x.movedim(dim, -1)).movedim(-1, dim)

    return over


softmax, log_softmax = along(Softmax), along(LogSoftmax)


def softplus(x, beta=1, threshold=20):
    return Softplus.apply(beta * x) / beta


def normalised(x, axes, eps):
    centred = x - x.mean(axes, keepdim=True)
    return centred / torch.sqrt((centred * centred).mean(axes, keepdim=True) + eps)


def layer_norm(x, normalized_shape, weight=None, bias=None, eps=1e-5):
    y = normalised(x, tuple(range(-len(normalized_shape), 0)), eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def rms_norm(x, normalized_shape, weight=None, eps=None):
    axes = tuple(range(-len(normalized_shape), 0))
    eps = torch.finfo(torch.float32).eps if eps is None else eps
    y = x / torch.sqrt((x * x).mean(axes, keepdim=True) + eps)
    return y if weight is None else y * weight


def per_channel(values, x):
    return values.reshape(1, -1, *[1] * (x.dim() - 2))


def group_norm(x, num_groups, weight=None, bias=None, eps=1e-5):
    grouped = x.reshape(x.shape[0], num_groups, -1)
    y = normalised(grouped, (2,), eps).reshape(x.shape)
    y = y if weight is None else y * per_channel(weight, x)
    return y if bias is None else y + per_channel(bias, x)


def instance_norm(x, running_mean=None, running_var=None, weight=None, bias=None,
                  use_input_stats=True, momentum=0.1, eps=1e-5):
    assert use_input_stats
    return group_norm(x, x.shape[1], weight, bias, eps)


def batch_norm(x, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1,
               eps=1e-5):
    assert not training
    y = (x - per_channel(running_mean, x)) / torch.sqrt(per_channel(running_var, x) + eps)
    y = y if weight is None else y * per_channel(weight, x)
    return y if bias is None else y + per_channel(bias, x)


def prelu(x, weight):
    slopes = per_channel(weight, x) if weight.numel() > 1 else weight
    return torch.where(x > 0, x, slopes * x)


def weight_norm(v, g, dim=0):
    # As PyTorch has it, -1 stands for no axis: one length for all.
    axes = [axis for axis in range(v.dim()) if axis != dim]
    return v * (g / torch.sqrt((v * v).sum(axes, keepdim=True)))


def hardsigmoid(x, inplace=False):
    return functional.relu6(x + 3) / 6


def celu(x, alpha=1.0, inplace=False):
    return torch.where(x > 0, x, alpha * torch.expm1(torch.where(x > 0, 0.0, x) / alpha))


def elu(x, alpha=1.0, inplace=False):
    return torch.where(x > 0, x, alpha * torch.expm1(torch.where(x > 0, 0.0, x)))


def selu(x, inplace=False):
    return SELU_SCALE * elu(x, SELU_ALPHA)


def attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None):
    scores = query @ key.transpose(-2, -1) * (scale or 1 / math.sqrt(query.shape[-1]))
    if is_causal:
        attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    if attn_mask is not None:
        if attn_mask.dtype == torch.bool:
            scores = scores.masked_fill(~attn_mask, -math.inf)
        else:
            scores = scores + attn_mask
    return softmax(scores, -1) @ value


FUNCTIONS = {
    "softmax": softmax,
    "log_softmax": log_softmax,
    "sigmoid": lambda x: Sigmoid.apply(x),
    "tanh": lambda x: Tanh.apply(x),
    "softplus": softplus,
    "logsigmoid": lambda x: -Softplus.apply(-x),
    "silu": lambda x, inplace=False: x * Sigmoid.apply(x),
    "mish": lambda x, inplace=False: x * Tanh.apply(Softplus.apply(x)),
    "hardsigmoid": hardsigmoid,
    "hardswish": lambda x, inplace=False: x * hardsigmoid(x),
    "elu": elu,
    "selu": selu,
    "celu": celu,
    "prelu": prelu,
    "layer_norm": layer_norm,
    "rms_norm": rms_norm,
    "group_norm": group_norm,
    "instance_norm": instance_norm,
    "batch_norm": batch_norm,
    "scaled_dot_product_attention": attention,
}


@contextlib.contextmanager
def written_out():
    """PyTorch's functions replaced by those above, wherever they are called by name."""
    replaced = []

    def replace(owner, name, function):
        if hasattr(owner, name):
            replaced.append((owner, name, getattr(owner, name)))
            setattr(owner, name, function)

    for name, function in FUNCTIONS.items():
        replace(functional, name, function)
        if name not in ("layer_norm", "group_norm", "instance_norm", "batch_norm", "rms_norm"):
            replace(torch, name, function)
    for name in ("softmax", "log_softmax", "sigmoid", "tanh"):
        replace(torch.Tensor, name, FUNCTIONS[name])
    replace(torch, "_weight_norm", weight_norm)
    try:
        yield
    finally:
        for owner, name, function in reversed(replaced):
            setattr(owner, name, function)


class Statistics:
    """The population statistics of the individual gradients, by the parameter's name.

    `terms` is `(2/N) sum_n (||H_n (g_n - mean)|| + ||H_n mean||)`: the size of what the gradient of
    the total variance is the sum of, where it is computed from sums over all samples.
    """

    def __init__(self, mean, variance, gradient, total, terms):
        self.mean, self.variance, self.gradient, self.total = mean, variance, gradient, total
        self.terms = terms

    def distance(self, other):
        """Relative differences, those of tensors over all parameters together."""
        return {
            "total_variance": relative(
                torch.tensor([self.total]), torch.tensor([other.total])
            ),
            "mean_gradient": relative(joined(self.mean), joined(other.mean)),
            "variance": relative(joined(self.variance), joined(other.variance)),
            "gradient": relative(joined(self.gradient), joined(other.gradient)),
        }


def joined(tensors):
    return torch.cat([t.reshape(-1).double() for t in tensors.values()])


def relative(reference, found):
    norm = float(reference.double().norm())
    difference = float((reference.double() - found.double()).norm())
    return difference / norm if norm else (0.0 if difference == 0 else math.inf)


def statistics(model, features, labels, loss, scale, dtype=torch.float64):
    """By the definition, from one backward per sample, each of them differentiated once more."""
    model = copy.deepcopy(model).to(dtype)
    parameters = dict(model.named_parameters())
    tensors = list(parameters.values())
    count = len(features)

    def gradient_of(n):
        value = scale * loss(model(features[n : n + 1].to(dtype)), labels[n : n + 1])
        found = torch.autograd.grad(value, tensors, create_graph=True, allow_unused=True)
        return [torch.zeros_like(p) if g is None else g for g, p in zip(found, tensors)]

    individual = [[g.detach().double() for g in gradient_of(n)] for n in range(count)]
    mean = [torch.stack(column).mean(0) for column in zip(*individual)]
    deviations = [[g - m for g, m in zip(row, mean)] for row in individual]
    variance = [(torch.stack(column) ** 2).mean(0) for column in zip(*deviations)]
    total = sum(float(v.sum()) for v in variance)
    gradient = [torch.zeros_like(m) for m in mean]
    terms = 0.0

    def hessian_product(gradients, direction):
        product = sum((g * d.to(dtype)).sum() for g, d in zip(gradients, direction))
        if not product.requires_grad:
            return [torch.zeros_like(m) for m in mean]
        found = torch.autograd.grad(product, tensors, retain_graph=True, allow_unused=True)
        return [torch.zeros_like(m) if h is None else h.double() for h, m in zip(found, mean)]

    for n in range(count):
        gradients = gradient_of(n)
        of_deviation = hessian_product(gradients, deviations[n])
        for j, h in enumerate(of_deviation):
            gradient[j] += 2 / count * h
        for product in (of_deviation, hessian_product(gradients, mean)):
            terms += 2 / count * math.sqrt(sum(float((h**2).sum()) for h in product))

    def named(values):
        return dict(zip(parameters, values))

    return Statistics(named(mean), named(variance), named(gradient), total, terms)


def sensitivity(model, features, labels, loss, scale, right):
    """How far the statistics move when numbers are as inexact as in float32.

    The largest relative difference of three trials: one evaluated in float32, two in float64 with
    parameters and features off by a rounding of float32. What moves far is no fair test of digits.
    """
    trials = [statistics(model, features, labels, loss, scale, torch.float32)]
    for seed in range(2):
        generator = torch.Generator().manual_seed(seed)

        def inexact(x):
            noise = torch.rand(x.shape, generator=generator, dtype=torch.float64) * 2 - 1
            return x.double() * (1 + FLOAT32_ROUNDOFF * noise)

        moved = copy.deepcopy(model).double()
        with torch.no_grad():
            for parameter in moved.parameters():
                parameter.copy_(inexact(parameter))
        trials.append(statistics(moved, inexact(features), labels, loss, scale))
    found = [right.distance(trial) for trial in trials]
    return {key: max(distance[key] for distance in found) for key in found[0]}


def finite_difference(model, features, labels, loss, scale, right, steps=(1e-4, 1e-5, 1e-6)):
    """How far the gradient is from differences of the total variance, along one direction.

    Relative to the norm of the gradient; the best of several steps. PyTorch's own functions give
    the first derivatives, so that nothing that is written out above judges itself.
    """
    generator = torch.Generator().manual_seed(1)
    direction = {
        name: torch.randn(p.shape, generator=generator, dtype=torch.float64)
        for name, p in model.named_parameters()
    }
    length = math.sqrt(sum(float((d**2).sum()) for d in direction.values()))
    expected = sum(float((right.gradient[k] * d).sum()) for k, d in direction.items()) / length
    norm = float(joined(right.gradient).norm())

    def total(step):
        moved = copy.deepcopy(model).double()
        with torch.no_grad():
            for name, parameter in moved.named_parameters():
                parameter.add_(direction[name] * (step / length))
        return first_order_total(moved, features, labels, loss, scale)

    found = [(total(step) - total(-step)) / (2 * step) for step in steps]
    return min(abs(value - expected) for value in found) / norm if norm else 0.0


def first_order_total(model, features, labels, loss, scale):
    parameters = list(model.parameters())
    rows = []
    for n in range(len(features)):
        value = scale * loss(model(features[n : n + 1].double()), labels[n : n + 1])
        found = torch.autograd.grad(value, parameters, allow_unused=True)
        rows.append(torch.cat([
            torch.zeros(p.numel(), dtype=torch.float64) if g is None else g.reshape(-1)
            for g, p in zip(found, parameters)
        ]))
    stacked = torch.stack(rows)
    return float(((stacked - stacked.mean(0)) ** 2).mean(0).sum())
