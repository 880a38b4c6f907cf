"""Makes the golden cases of the ONNX importer with PyTorch.

Usage: make_onnx_cases.py [--only NAME] [--parquet] TARGET. Into TARGET/<case> go model.onnx (with
model.onnx.data beside it where the weights lie outside), case.json, data.safetensors (float64:
features [n, ...shape], label [n] or [n, k]) or, with --parquet, data.parquet (columns id, features,
label), and the expected mean_gradient, variance and total_variance_gradient as float64 safetensors.

A model is exported in float32; what is expected comes from the same numbers in float64, one sample
at a time by automatic differentiation. Where BackPACK supports the model, case.json says how far
its individual gradients and its variance gradient are away. Needs torch, onnx, onnxscript,
backpack-for-pytorch, numpy, safetensors, and pyarrow for --parquet.
"""

import argparse
import copy
import io
import json
import pathlib
import shutil
import warnings
import zlib

import numpy
import onnx
import torch
from onnx import helper, numpy_helper
from safetensors.numpy import save_file
from torch import nn
from torch.nn import functional

LOSSES = {
    "cross-entropy": lambda y, t: functional.cross_entropy(y, t, reduction="sum"),
    "nll": lambda y, t: functional.nll_loss(y, t, reduction="sum"),
    "mse": lambda y, t: functional.mse_loss(y, t, reduction="sum"),
    "bce-with-logits": lambda y, t: functional.binary_cross_entropy_with_logits(
        y, t, reduction="sum"
    ),
    "l1": lambda y, t: functional.l1_loss(y, t, reduction="sum"),
    "huber": lambda y, t: functional.huber_loss(y, t, reduction="sum"),
}
# Files that do not tell which of their tensors are the module's parameters.
ACCEPTED = {
    "arithmetic-script",
    "bilinear-script",
    "conv-dilation-groups-script",
    "residual-fused",
    "sequence-no-bias-script",
    "sequence-script",
    "sequence-unfolded-script",
    "shared-sequence-script",
    "tied-script",
}
CLASS_LOSSES = {"cross-entropy", "nll"}
NEWEST_OPSET = 23
SAMPLES = 7


class Apply(nn.Module):
    """A function as a layer."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class Residual(nn.Module):
    def __init__(self, channels, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, outputs, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = nn.Sequential(
            nn.Conv2d(channels, outputs, 1, stride=2, bias=False), nn.BatchNorm2d(outputs)
        )

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class SharedLinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.enter = nn.Linear(3, 4)
        self.twice = nn.Linear(4, 4)
        self.leave = nn.Linear(4, 3)

    def forward(self, x):
        x = torch.tanh(self.enter(x))
        x = torch.tanh(self.twice(x))
        x = torch.tanh(self.twice(x))
        return self.leave(x)


class SharedConvolution(nn.Module):
    """One convolution on two scales, and one normalisation twice."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 2, 3, padding=1)
        self.norm = nn.GroupNorm(1, 2)
        self.head = nn.Linear(2, 3)

    def forward(self, x):
        x = functional.elu(self.norm(self.conv(x)))
        x = functional.avg_pool2d(x, 2)
        x = functional.elu(self.norm(self.conv(x)))
        return self.head(x.mean((2, 3)))


class Tied(nn.Module):
    """An auto-encoder that decodes with the transposed weight of the encoder."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, 5) / 2)
        self.bias = nn.Parameter(torch.randn(3) / 4)
        self.back = nn.Parameter(torch.randn(5) / 4)

    def forward(self, x):
        y = torch.tanh(functional.linear(x, self.weight, self.bias))
        return functional.linear(y, self.weight.t(), self.back)


class Branches(nn.Module):
    def __init__(self):
        super().__init__()
        self.left = nn.Conv2d(2, 2, 3)
        self.right = nn.Conv2d(1, 3, (1, 3))
        self.head = nn.Linear(5, 4)

    def forward(self, x):
        left = torch.tanh(self.left(functional.pad(x, (1, 0, 2, 1))))
        right = torch.sigmoid(self.right(x[:, 1:, ::2, 1:]))
        right = functional.pad(right, (0, 2, 0, 4), value=0.5)
        left = left[:, :, :, : right.shape[3]]
        both = torch.cat([left, right[:, :, : left.shape[2]]], dim=1)
        return self.head(both.mean(dim=(2, 3)))


class Shuffle(nn.Module):
    """The channel shuffle of ShuffleNet: a reshape, a transpose and a reshape back."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(4, 4, 1, groups=2)
        self.second = nn.Conv2d(4, 4, 3, groups=4)
        self.head = nn.Linear(16, 3)

    def forward(self, x):
        x = self.first(x)
        n, c, h, w = x.shape
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        x = torch.relu(self.second(x))
        return self.head(x.permute(0, 2, 3, 1).flatten(1))


class Sequence(nn.Module):
    """Linear layers on sequences [n, t, f], a learnt position and a learnt scale."""

    def __init__(self, bias=True):
        super().__init__()
        self.position = nn.Parameter(torch.randn(1, 4, 3) / 2)
        self.gain = nn.Parameter(torch.tensor(1.3))
        self.enter = nn.Linear(3, 5, bias=bias)
        self.block = nn.Sequential(nn.Linear(5, 5, bias=bias), nn.ReLU())
        self.head = nn.Linear(5, 2)

    def forward(self, x):
        x = torch.tanh(self.enter(x + self.position)) * self.gain
        x = x + self.block(x)
        return self.head(x.mean(dim=1))


class Mixer(nn.Module):
    """Linear layers along both axes of [n, t, f], with layer norms."""

    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(4)
        self.tokens = nn.Sequential(nn.Linear(3, 5), nn.GELU(), nn.Linear(5, 3))
        self.norm2 = nn.LayerNorm(4)
        self.channels = nn.Sequential(nn.Linear(4, 5), nn.GELU(), nn.Linear(5, 4))
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        x = x + self.tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        x = x + self.channels(self.norm2(x))
        return self.head(x.mean(1))


class SqueezeExcite(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3)
        self.down = nn.Linear(4, 2)
        self.up = nn.Linear(2, 4)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        x = self.conv(x)
        gate = functional.adaptive_avg_pool2d(x, 1).flatten(1)
        gate = torch.sigmoid(self.up(torch.relu(self.down(gate))))
        x = x * gate.unsqueeze(-1).unsqueeze(-1)
        return self.head(x.mean((2, 3)))


class Arithmetic(nn.Module):
    """Functions of numbers, and parameters outside of layers."""

    def __init__(self, buffers):
        super().__init__()
        self.scale = nn.Parameter(torch.rand(4) + 0.5)
        self.shift = nn.Parameter(torch.randn(4) / 3)
        self.matrix = nn.Parameter(torch.randn(4, 3) / 2)
        # Only the dynamo exporter writes which tensors are buffers.
        add = self.register_buffer if buffers else self.register_parameter
        kind = torch.Tensor if buffers else nn.Parameter
        add("centre", kind(torch.tensor([0.1, -0.2, 0.3, 0.4])))
        add("spread", kind(torch.tensor([1.5, 0.7, 1.1, 0.9])))

    def forward(self, x):
        x = (x - self.centre) / self.spread
        root = x.pow(2).mean(-1, keepdim=True).add(1e-6).sqrt()
        x = x / root * self.scale
        y = torch.exp(-x.abs()) - torch.log(1 + x * x) + 1 / (2 + x * x)
        y = 3 - y.neg() + self.shift.exp()
        return (y**3 / 50) @ self.matrix + x.sum(1, keepdim=True)


class Rms(nn.Module):
    def __init__(self):
        super().__init__()
        self.enter = nn.Linear(3, 4)
        self.norm = nn.RMSNorm(4, eps=1e-5)
        self.leave = nn.Linear(4, 2)

    def forward(self, x):
        return self.leave(self.norm(self.enter(x)))


class Clamps(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 6)
        self.fc2 = nn.Linear(6, 6)
        self.fc3 = nn.Linear(6, 3)

    def forward(self, x):
        x = functional.relu6(2 * self.fc1(x))
        x = torch.clamp(self.fc2(x), min=-0.5)
        x = torch.clamp(x, max=0.75)
        return self.fc3(functional.hardtanh(x, -0.4, 0.6))


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 8)
        self.out = nn.Linear(4, 2)

    def forward(self, x):
        a, b = self.fc(x).chunk(2, dim=-1)
        return self.out(functional.silu(a) * b)


class Squeezes(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 3, 3)
        self.head = nn.Linear(3, 1)

    def forward(self, x):
        x = torch.tanh(self.conv(x.unsqueeze(1)))
        x = x.mean(2, keepdim=True).squeeze(2)
        return self.head(x).unsqueeze(2).squeeze(1)


class SharedSequence(nn.Module):
    """A linear layer used twice on sequences, a learnt first position, and the last one chosen."""

    def __init__(self):
        super().__init__()
        self.first = nn.Parameter(torch.randn(1, 1, 3) / 2)
        self.twice = nn.Linear(3, 3)
        self.head = nn.Linear(3, 2)

    def forward(self, x):
        x = torch.cat([self.first.expand(x.size(0), -1, -1), x], dim=1)
        x = torch.tanh(self.twice(x))
        x = torch.tanh(self.twice(x))
        return self.head(x[:, -1] + x[:, 0])


class Bilinear(nn.Module):
    """Products of two activations."""

    def __init__(self):
        super().__init__()
        self.query = nn.Linear(3, 4)
        self.key = nn.Linear(3, 4, bias=False)
        self.value = nn.Linear(3, 2)

    def forward(self, x):
        weights = torch.softmax(self.query(x) @ self.key(x).transpose(1, 2) / 4**0.5, dim=-1)
        return (weights @ self.value(x)).sum(1)


class New(nn.Module):
    """As modules are before any training: equal parameters that are not the same, and tied ones."""

    def __init__(self):
        super().__init__()
        self.enter = nn.Linear(4, 4)
        self.norm1 = nn.LayerNorm(4)
        self.norm2 = nn.LayerNorm(4)
        self.norm3 = nn.LayerNorm(4)
        self.slope1 = nn.PReLU()
        self.slope2 = nn.PReLU()
        self.tied = nn.Linear(4, 4)
        self.leave = nn.Linear(4, 4)
        self.leave.weight = self.tied.weight

    def forward(self, x):
        x = self.slope1(self.norm1(self.enter(x)))
        x = self.slope2(self.norm2(self.tied(x)))
        return self.norm3(self.leave(x))


def activations():
    """Every activation once, each behind its own parameters."""
    return nn.Sequential(
        nn.Linear(4, 6),
        nn.PReLU(6),
        nn.Linear(6, 6),
        nn.ELU(0.7),
        nn.Linear(6, 6),
        nn.SELU(),
        nn.Linear(6, 6),
        nn.CELU(2.0),  # PyTorch rounds 1/alpha to float32 in the derivative
        nn.Linear(6, 6),
        nn.LeakyReLU(0.02),
        nn.Linear(6, 6),
        nn.PReLU(),
        nn.Linear(6, 3),
    )


def smooth_activations():
    return nn.Sequential(
        nn.Linear(4, 6),
        nn.Hardswish(),
        nn.Linear(6, 6),
        nn.Hardsigmoid(),
        nn.Linear(6, 6),
        nn.Softplus(),
        nn.Linear(6, 6),
        nn.Softsign(),
        nn.Linear(6, 6),
        nn.SiLU(),
        nn.Linear(6, 6),
        nn.Mish(),
        nn.Linear(6, 2),
    )


def mlp(*sizes, activation=nn.ReLU):
    layers = []
    for before, after in zip(sizes[:-1], sizes[1:]):
        layers += [nn.Linear(before, after), activation()]
    return nn.Sequential(*layers[:-1])


def convolutional(first, *between, features):
    return nn.Sequential(first, *between, nn.Flatten(), nn.Linear(features, 3))


def half_of_the_classes(x):
    return torch.log(torch.softmax(x, dim=1))


CASES = {}


def case(name, model, shape, loss, reduction, exporter, opset, **options):
    CASES[name] = dict(
        model=model, shape=shape, loss=loss, reduction=reduction, exporter=exporter, opset=opset
    )
    CASES[name].update(options)


SUM, MEAN, SCRIPT, DYNAMO = "sum", "mean", "torchscript", "dynamo"
CE, MSE, BCE = "cross-entropy", "mse", "bce-with-logits"

case("mlp-relu", lambda: mlp(4, 6, 3), [4], CE, SUM, SCRIPT, 11)
case("mlp-tanh-mean", lambda: mlp(3, 5, 2, activation=nn.Tanh), [3], MSE, MEAN, DYNAMO, 18)
case("mlp-sigmoid-bce", lambda: mlp(3, 5, 3, activation=nn.Sigmoid), [3], BCE, SUM, DYNAMO, 20)
case("mlp-bce-mean", lambda: mlp(3, 5, 4), [3], BCE, MEAN, SCRIPT, 13)
case("mlp-l1", lambda: mlp(3, 5, 2, activation=nn.Tanh), [3], "l1", SUM, SCRIPT, 14)
case(
    "softplus-beta",
    lambda: nn.Sequential(nn.Linear(3, 4), nn.Softplus(beta=2.5), nn.Linear(4, 2)),
    [3], MSE, SUM, DYNAMO, 18,
)
case("mlp-huber-mean", lambda: mlp(3, 5, 2, activation=nn.Tanh), [3], "huber", MEAN, DYNAMO, 18)
case(
    "conv-stride-padding",
    lambda: convolutional(
        nn.Conv2d(2, 3, 3, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True),
        features=12,
    ),
    [2, 7, 7], CE, SUM, SCRIPT, 12,
)
case(
    "conv-dilation-groups",
    lambda: convolutional(
        nn.Conv2d(4, 6, (3, 2), dilation=(2, 1), groups=2, padding=(1, 0)),
        nn.Tanh(),
        nn.Conv2d(6, 3, 2, stride=(2, 1), groups=3, bias=False),
        features=27,
    ),
    [4, 8, 5], CE, MEAN, DYNAMO, NEWEST_OPSET,
)
case(
    "conv-dilation-groups-script",
    lambda: convolutional(
        nn.Conv2d(4, 6, (3, 2), dilation=(2, 1), groups=2, padding="same"),
        nn.Tanh(),
        nn.Conv2d(6, 3, 2, stride=(2, 1), groups=3, bias=False),
        features=36,
    ),
    [4, 6, 5], MSE, SUM, SCRIPT, 16,
)
case(
    "depthwise-global-pool",
    lambda: nn.Sequential(
        nn.Conv2d(3, 6, 3, groups=3), nn.Conv2d(6, 4, 1), nn.ReLU6(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3),
    ),
    [3, 6, 6], CE, SUM, SCRIPT, 17,
)
case(
    "average-pools",
    lambda: convolutional(
        nn.Conv2d(1, 3, 2),
        nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False),
        nn.Softplus(),
        nn.AvgPool2d(2, stride=1, padding=1),
        features=75,
    ),
    [1, 8, 8], CE, MEAN, DYNAMO, 19,
)
case(
    "average-pools-script",
    lambda: convolutional(
        nn.Conv2d(1, 3, 2),
        nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False),
        nn.Softplus(),
        nn.AvgPool2d(2, stride=1, padding=1),
        features=75,
    ),
    [1, 8, 8], BCE, SUM, SCRIPT, 11,
)
case(
    "max-pools",
    lambda: convolutional(
        nn.Conv2d(1, 3, 2), nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True), nn.Tanh(),
        nn.Conv2d(3, 2, 1), nn.MaxPool2d(2, stride=1, dilation=2), features=18,
    ),
    [1, 9, 9], CE, SUM, DYNAMO, 18,
)
case(
    "conv1d",
    lambda: convolutional(
        nn.Conv1d(2, 4, 3, stride=2, padding=2, dilation=2), nn.ReLU(), nn.MaxPool1d(2, dilation=2),
        nn.Conv1d(4, 4, 2, groups=2), nn.AvgPool1d(2), features=4,
    ),
    [2, 16], CE, MEAN, SCRIPT, 14,
)
case(
    "conv1d-dynamo",
    lambda: convolutional(
        nn.Conv1d(2, 4, 3, padding=1), nn.Tanh(), nn.AvgPool1d(3, stride=2, padding=1), features=16
    ),
    [2, 7], MSE, SUM, DYNAMO, 18,
)
case(
    "conv3d",
    lambda: convolutional(
        nn.Conv3d(1, 2, (2, 3, 2), padding=(1, 0, 0)), nn.Tanh(), nn.AvgPool3d(2),
        nn.Conv3d(2, 2, 1, groups=2), features=8,
    ),
    [1, 4, 4, 5], CE, SUM, DYNAMO, 20,
)
case(
    "conv3d-script",
    lambda: convolutional(nn.Conv3d(1, 2, 2), nn.ReLU(), nn.MaxPool3d(2, stride=1), features=16),
    [1, 4, 4, 4], MSE, MEAN, SCRIPT, 15,
)
case(
    "residual",
    lambda: nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1, bias=False), nn.BatchNorm2d(3), nn.ReLU(), Residual(3, 4),
        nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(4, 3),
    ),
    [2, 6, 6], CE, SUM, DYNAMO, 18, unoptimised=True,
)
case(
    "residual-script",
    lambda: nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), Residual(3, 3),
        nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(3, 2),
    ),
    [2, 6, 6], MSE, MEAN, SCRIPT, 13, unfused=True,
)
case(
    "residual-fused",
    lambda: nn.Sequential(nn.Conv2d(2, 3, 3, bias=False), nn.BatchNorm2d(3), nn.ReLU(),
                          nn.Flatten(), nn.Linear(27, 2)),
    [2, 5, 5], CE, SUM, SCRIPT, 17, fused=True,
)
case(
    "batch-norm-vectors",
    lambda: nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 5), nn.Tanh(), nn.BatchNorm1d(5),
                          nn.Linear(5, 3)),
    [4], CE, SUM, SCRIPT, 17, unfused=True,
)
case(
    "batch-norm-dynamo",
    lambda: nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 3),
                          nn.BatchNorm1d(3, affine=False)),
    [4], MSE, MEAN, DYNAMO, 20, unoptimised=True,
)
for exporter, opset in ((SCRIPT, 11), (SCRIPT, 17), (DYNAMO, 18), (DYNAMO, 20)):
    case(
        f"layer-norm-gelu-{exporter}-{opset}",
        lambda: nn.Sequential(nn.Linear(4, 6), nn.LayerNorm(6), nn.GELU(), nn.Linear(6, 3)),
        [4], CE, SUM, exporter, opset,
    )
case(
    "gelu-tanh-script",
    lambda: nn.Sequential(nn.Linear(3, 5), nn.GELU(approximate="tanh"), nn.Linear(5, 2)),
    [3], MSE, SUM, SCRIPT, 12,
)
case(
    "gelu-tanh-dynamo",
    lambda: nn.Sequential(nn.Linear(3, 5), nn.GELU(approximate="tanh"), nn.Linear(5, 2)),
    [3], MSE, MEAN, DYNAMO, 20,
)
case(
    "group-norm-script",
    lambda: convolutional(nn.Conv2d(2, 4, 2), nn.GroupNorm(2, 4), nn.SiLU(), features=36),
    [2, 4, 4], CE, SUM, SCRIPT, 17,
)
case(
    "group-norm-dynamo",
    lambda: convolutional(nn.Conv2d(2, 4, 2), nn.GroupNorm(2, 4), nn.SiLU(), features=36),
    [2, 4, 4], CE, MEAN, DYNAMO, 21,
)
case("group-norm-dynamo-18", CASES["group-norm-dynamo"]["model"], [2, 4, 4], CE, SUM, DYNAMO, 18)
case(
    "instance-norm-script",
    lambda: convolutional(nn.Conv2d(2, 3, 2, bias=False), nn.InstanceNorm2d(3, affine=True), nn.Tanh(),
                          features=27),
    [2, 4, 4], CE, SUM, SCRIPT, 14,
)
case(
    "instance-norm-dynamo",
    lambda: convolutional(nn.Conv1d(2, 3, 2, bias=False), nn.InstanceNorm1d(3), nn.Tanh(), features=15),
    [2, 6], MSE, SUM, DYNAMO, 20,
)
case("rms-norm-dynamo", Rms, [3], MSE, MEAN, DYNAMO, NEWEST_OPSET)
case("activations-script", activations, [4], CE, SUM, SCRIPT, 16)
case("activations-dynamo", activations, [4], CE, MEAN, DYNAMO, 20)
case("smooth-activations-script", smooth_activations, [4], BCE, SUM, SCRIPT, 14)
case("smooth-activations-dynamo", smooth_activations, [4], MSE, SUM, DYNAMO, NEWEST_OPSET)
case(
    "log-softmax-nll",
    lambda: nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3), nn.LogSoftmax(dim=1)),
    [4], "nll", SUM, SCRIPT, 13,
)
case(
    "softmax-log-nll-mean",
    lambda: nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3), Apply(half_of_the_classes)),
    [4], "nll", MEAN, DYNAMO, 18,
)
case(
    "softmax-mse",
    lambda: nn.Sequential(nn.Linear(4, 5), nn.Softmax(dim=-1), nn.Linear(5, 3), nn.Softmax(dim=1)),
    [4], MSE, SUM, SCRIPT, 11,
)
case("shared-linear-script", SharedLinear, [3], CE, SUM, SCRIPT, 17)
case("shared-linear-dynamo", SharedLinear, [3], CE, MEAN, DYNAMO, 18)
case("shared-convolution", SharedConvolution, [2, 6, 6], CE, SUM, DYNAMO, 21)
case("tied-script", Tied, [5], MSE, SUM, SCRIPT, 17)
case("tied-dynamo", Tied, [5], MSE, MEAN, DYNAMO, 18)
case("branches-script", Branches, [2, 6, 7], CE, SUM, SCRIPT, 13)
case("branches-dynamo", Branches, [2, 6, 7], CE, MEAN, DYNAMO, 18)
case("shuffle-script", Shuffle, [4, 4, 4], CE, SUM, SCRIPT, 12)
case("shuffle-dynamo", Shuffle, [4, 4, 4], CE, SUM, DYNAMO, 20)
case("sequence-script", Sequence, [4, 3], MSE, SUM, SCRIPT, 17)
case("sequence-dynamo", Sequence, [4, 3], MSE, MEAN, DYNAMO, 18)
case("sequence-no-bias-script", lambda: Sequence(bias=False), [4, 3], CE, SUM, SCRIPT, 13)
case("sequence-unfolded-script", Sequence, [4, 3], CE, SUM, SCRIPT, 15, unfolded=True)
case("mixer-script", Mixer, [3, 4], CE, SUM, SCRIPT, 17)
case("mixer-dynamo", Mixer, [3, 4], CE, SUM, DYNAMO, 20)
case("shared-sequence-script", SharedSequence, [3, 3], CE, SUM, SCRIPT, 17)
case("shared-sequence-dynamo", SharedSequence, [3, 3], MSE, SUM, DYNAMO, 18)
case(
    "conv-prelu-script",
    lambda: convolutional(nn.Conv2d(1, 3, 2), nn.PReLU(3), nn.Conv2d(3, 2, 2), nn.PReLU(),
                          features=18),
    [1, 5, 5], CE, SUM, SCRIPT, 17,
)
case("new-script", New, [4], MSE, SUM, SCRIPT, 17, untrained=True)
case("new-dynamo", New, [4], CE, SUM, DYNAMO, 18, untrained=True)
case("new-unoptimised", New, [4], CE, MEAN, DYNAMO, 20, untrained=True, unoptimised=True)
case(
    "new-residual",
    lambda: nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.PReLU(3),
                          Residual(3, 3), nn.PReLU(3), nn.Flatten(), nn.Linear(27, 2)),
    [2, 6, 6], MSE, MEAN, SCRIPT, 13, untrained=True, unfused=True,
)
case("squeeze-excite-script", SqueezeExcite, [2, 5, 5], CE, SUM, SCRIPT, 17)
case("squeeze-excite-dynamo", SqueezeExcite, [2, 5, 5], CE, MEAN, DYNAMO, 18)
case("arithmetic-script", lambda: Arithmetic(False), [4], MSE, SUM, SCRIPT, 17)
case("arithmetic-dynamo", lambda: Arithmetic(True), [4], MSE, SUM, DYNAMO, 18, unoptimised=True)
case("clamps-script", Clamps, [4], CE, SUM, SCRIPT, 11)
case("clamps-dynamo", Clamps, [4], CE, SUM, DYNAMO, 20)
case("gated-script", Gated, [3], MSE, SUM, SCRIPT, 13)
case("gated-dynamo", Gated, [3], BCE, MEAN, DYNAMO, 18)
case("squeezes-script", Squeezes, [6], MSE, SUM, SCRIPT, 11)
case("squeezes-dynamo", Squeezes, [6], MSE, MEAN, DYNAMO, 18)
case("bilinear-script", Bilinear, [3, 3], MSE, SUM, SCRIPT, 14)
case("bilinear-dynamo", Bilinear, [3, 3], MSE, SUM, DYNAMO, 18)
for exporter, opset in ((SCRIPT, 17), (DYNAMO, 19)):
    case(
        f"padding-modes-{exporter}",
        lambda: convolutional(
            nn.Conv2d(1, 2, 3, padding=(2, 1), padding_mode="reflect"),
            nn.Tanh(),
            nn.Conv2d(2, 2, (3, 2), padding=(1, 2), padding_mode="replicate"),
            nn.Tanh(),
            nn.Conv2d(2, 2, 3, stride=2, padding=1, padding_mode="circular"),
            features=18,
        ),
        [1, 4, 3], CE, SUM, exporter, opset,
    )
for exporter, opset in ((SCRIPT, 17), (DYNAMO, 18)):
    case(
        f"unit-length-{exporter}",
        lambda: nn.Sequential(
            nn.Linear(3, 4), Apply(lambda x: functional.normalize(x, dim=-1)), nn.Linear(4, 2)
        ),
        [3], MSE, MEAN, exporter, opset,
    )
case(
    "dropout-script",
    lambda: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Dropout(0.4), nn.Linear(4, 2)),
    [3], CE, MEAN, SCRIPT, 12, unfused=True,
)
case(
    "dropout-dynamo",
    lambda: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Dropout(0.4), nn.Linear(4, 2)),
    [3], CE, SUM, DYNAMO, 18,
)
case("external-data", lambda: mlp(4, 24, 3), [4], CE, SUM, DYNAMO, 18, external=True)
case("external-data-script", lambda: mlp(4, 24, 3), [4], CE, SUM, SCRIPT, 13, external=True)
case("fixed-batch-script", lambda: Shuffle(), [4, 4, 4], CE, SUM, SCRIPT, 17, fixed_batch=1)
case("fixed-batch-dynamo", lambda: Branches(), [2, 6, 7], CE, SUM, DYNAMO, 18, fixed_batch=1)
case("fixed-batch-of-three", lambda: Shuffle(), [4, 4, 4], CE, SUM, DYNAMO, 18, fixed_batch=3)
case("float64-script", lambda: mlp(3, 4, 2, activation=nn.ELU), [3], MSE, SUM, SCRIPT, 17,
     double=True)
case(
    "auto-pad",
    lambda: convolutional(
        nn.Conv2d(1, 2, 3, padding=1), nn.Tanh(), Apply(lambda x: functional.pad(x, (1, 0, 1, 0))),
        nn.Conv2d(2, 2, 2), nn.Conv2d(2, 2, 2), nn.MaxPool2d(2, stride=2, ceil_mode=True),
        features=8,
    ),
    [1, 4, 4], CE, SUM, "by-hand", 18, by_hand=lambda weights: automatic_padding(weights),
)
case("rare-operators", lambda: Rare(), [3], MSE, SUM, "by-hand", 24,
     by_hand=lambda weights: rare_operators(weights))


class Rare(nn.Module):
    def __init__(self):
        super().__init__()
        self.enter = nn.Linear(3, 4)
        self.leave = nn.Linear(4, 2)

    def forward(self, x):
        x = functional.softsign(self.enter(x))
        x = torch.clamp(x + x + x * x, -0.5, 0.75)
        x = x * torch.sigmoid(1.5 * x) / 12
        return torch.log_softmax(self.leave(x), 1)


def by_hand(model, spec):
    """Nodes that PyTorch's exporters do not write."""
    weights = {k: v.detach().numpy() for k, v in model.named_parameters()}
    outputs = list(model(torch.randn(2, *spec["shape"])).shape[1:])
    real = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        spec["by_hand"](weights),
        "by hand",
        [helper.make_tensor_value_info("input", real, ["N", *spec["shape"]])],
        [helper.make_tensor_value_info("output", real, ["N", *outputs])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    opset = helper.make_opsetid("", spec["opset"])
    if "functions" not in spec:
        return helper.make_model(graph, opset_imports=[opset], ir_version=9)
    return helper.make_model(
        graph, opset_imports=[opset, helper.make_opsetid("local", 1)], ir_version=9,
        functions=spec["functions"](weights),
    )


def automatic_padding(weights):
    return [
        helper.make_node("Conv", ["input", "0.weight", "0.bias"], ["a"], "first",
                         auto_pad="SAME_UPPER", kernel_shape=[3, 3]),
        helper.make_node("Tanh", ["a"], ["b"], "second"),
        helper.make_node("Conv", ["b", "3.weight", "3.bias"], ["c"], "third",
                         auto_pad="SAME_LOWER"),
        helper.make_node("Conv", ["c", "4.weight", "4.bias"], ["d"], "fourth", auto_pad="VALID"),
        helper.make_node("MaxPool", ["d"], ["e"], "fifth", auto_pad="SAME_UPPER",
                         kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["e"], ["f"], "sixth"),
        helper.make_node("Gemm", ["f", "7.weight", "7.bias"], ["output"], "seventh", transB=1),
    ]


def rare_operators(weights):
    return [
        helper.make_node("Gemm", ["input", "enter.weight", "enter.bias"], ["a"], transB=1),
        helper.make_node("Softsign", ["a"], ["b"]),
        helper.make_node("Mul", ["b", "b"], ["c"]),
        helper.make_node("Sum", ["b", "b", "c"], ["d"]),
        helper.make_node("Constant", [], ["low"], value_float=-0.5),
        helper.make_node("Constant", [], ["high"], value_floats=[0.75]),
        helper.make_node("Max", ["low", "d"], ["e"]),
        helper.make_node("Min", ["e", "high"], ["f"]),
        helper.make_node("Dropout", ["f"], ["g"]),
        helper.make_node("Swish", ["g"], ["h"], alpha=1.5),
        helper.make_node("Size", ["enter.weight"], ["size"]),
        helper.make_node("Cast", ["size"], ["twelve"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Div", ["h", "twelve"], ["i"]),
        helper.make_node("Gemm", ["i", "leave.weight", "leave.bias"], ["j"], transB=1),
        helper.make_node("LogSoftmax", ["j"], ["k"]),
        helper.make_node("Identity", ["k"], ["output"]),
    ]


def static_nodes():
    """What every operator gives that is evaluated while a file is read, in one vector."""
    nodes, parts = [], []

    def add(kind, *inputs, outputs=1, **attributes):
        names = [f"{kind}_{len(nodes)}_{i}" for i in range(outputs)]
        nodes.append(helper.make_node(kind, list(inputs), names, f"the-{names[0]}", **attributes))
        return names[0] if outputs == 1 else names

    def of(values, dtype=numpy.int64):
        return add("Constant", value=numpy_helper.from_array(numpy.array(values, dtype)))

    def keep(*names):
        for name in names:
            real = add("Cast", name, to=onnx.TensorProto.DOUBLE)
            parts.append(add("Reshape", real, of([-1])))

    counting = add("Range", of(3), of(-4), of(-2))
    halves = add("Range", of(0.5, numpy.float64), of(2.5, numpy.float64), of(0.5, numpy.float64))
    square = add("Reshape", add("Range", of(1), of(10), of(1)), of([3, 3]))
    rows = of([[1.5, -2.5, 0.5], [-0.25, 4.0, 3.5]], numpy.float64)
    keep(counting, halves)
    for kind in ("Add", "Sub", "Mul", "Div", "Mod", "Max", "Min", "Pow"):
        keep(add(kind, square, of([2, 3, 1])), add(kind, halves, of([2.0], numpy.float64)))
    keep(add("Mod", of([7, -7, 7]), of([3, 3, -3])), add("Mod", of([-7, 7]), of([3, -3]), fmod=1))
    keep(add("Sum", counting, of([1]), of([5])))
    for kind in ("Floor", "Ceil", "Round", "Sign", "Neg", "Abs", "Sin", "Cos", "Exp", "Reciprocal"):
        keep(add(kind, rows))
    keep(add("Sign", counting), add("Neg", counting), add("Abs", counting))
    keep(add("Sqrt", halves), add("Log", halves), add("Clip", counting, of(-2), of(2)))
    compared = [add(kind, square, of([4, 5, 6]))
                for kind in ("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual")]
    keep(*compared)
    keep(*(add(kind, compared[2], compared[4]) for kind in ("And", "Or", "Xor")))
    keep(add("Not", compared[1]), add("Where", compared[1], square, of([-1])))
    for kind in ("ReduceProd", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceMean"):
        keep(add(kind, rows, of([1]), keepdims=0), add(kind, square, of([0])), add(kind, rows))
    for kind in ("ArgMax", "ArgMin"):
        keep(add(kind, rows, axis=1, keepdims=0), add(kind, of([2, 1, 2, 1]), select_last_index=1))
    keep(add("CumSum", rows, of(1)), add("CumSum", square, of(0), exclusive=1, reverse=1))
    keep(add("Trilu", square), add("Trilu", rows, of(-1), upper=0), add("EyeLike", square, k=1))
    keep(add("OneHot", of([[0, 2], [1, -1]]), of(3), of([-1, 5]), axis=1))
    keep(add("NonZero", of([[1, 0, 2], [0, 0, 3]])), add("Tile", rows, of([2, 1])))
    keep(add("GatherND", square, of([[0, 1], [2, -1]])), add("GatherND", rows, of([[1]])))
    keep(add("ScatterND", square, of([[1]]), of([[7, 8, 9]])))
    keep(add("ScatterND", rows, of([[0, 1], [0, 1]]), of([4.0, 8.0], numpy.float64),
             reduction="add"))
    keep(add("MatMul", rows, add("Cast", square, to=onnx.TensorProto.DOUBLE)))
    keep(add("Size", rows), add("Shape", square, start=1))
    keep(*add("Split", square, of([1, 2]), outputs=2, axis=1))
    keep(add("ConstantOfShape", of([2]), value=numpy_helper.from_array(numpy.array([3]))))
    parted = add("SplitToSequence", square, of(2), axis=0)
    keep(add("SequenceAt", parted, of(-1)), add("SequenceLength", parted))
    keep(add("ConcatFromSequence", add("SplitToSequence", square, axis=1, keepdims=0), axis=0))
    empty = add("SequenceEmpty", dtype=onnx.TensorProto.INT64)
    three = add("SequenceInsert", add("SequenceConstruct", of([1, 2]), of([3, 4])), of([5, 6]),
                of(1))
    keep(add("ConcatFromSequence", three, axis=0, new_axis=1))
    keep(add("ConcatFromSequence", add("SequenceErase", three, of(0)), axis=0))
    keep(add("SequenceLength", add("SequenceInsert", empty, of([1]))))
    nodes.append(helper.make_node("Concat", parts, ["factors"], "factors", axis=0))
    return nodes


def static_factors():
    from onnx.reference import ReferenceEvaluator

    graph = helper.make_graph(
        static_nodes(), "static", [],
        [helper.make_tensor_value_info("factors", onnx.TensorProto.DOUBLE, None)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    return torch.from_numpy(ReferenceEvaluator(model).run(None, {})[0])


class LowRank(nn.Module):
    """A weight and the product of two others as one."""

    def __init__(self):
        super().__init__()
        self.whole = nn.Linear(3, 4)
        self.left = nn.Parameter(torch.randn(4, 2) / 2)
        self.right = nn.Parameter(torch.randn(2, 3) / 2)

    def forward(self, x):
        weight = self.whole.weight + self.left @ self.right
        return torch.tanh(functional.linear(x, weight, self.whole.bias))


class StandardisedConvolution(nn.Conv2d):
    def forward(self, x):
        mean = self.weight.mean((1, 2, 3), keepdim=True)
        centred = self.weight - mean
        variance = centred.pow(2).mean((1, 2, 3), keepdim=True)
        weight = centred / torch.sqrt(variance + 1e-5)
        return functional.conv2d(x, weight, self.bias, self.stride, self.padding)


class Positions(nn.Module):
    """Rows of a table by ids; one of them twice, one never."""

    def __init__(self):
        super().__init__()
        self.enter = nn.Linear(2, 3)
        self.table = nn.Embedding(5, 3)
        self.leave = nn.Linear(3, 2)
        self.register_buffer("ids", torch.tensor([[3, 0, 3, 1]]))

    def forward(self, x):
        return self.leave(torch.tanh(self.enter(x) + self.table(self.ids)).mean(1))


class Heads(nn.Module):
    """Attention with two heads, positions first as in nn.MultiheadAttention."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        x = x.transpose(0, 1)
        y = self.attention(x, x, x, need_weights=False)[0]
        return self.head(torch.tanh(y).transpose(0, 1).mean(1))


case("low-rank-unoptimised", lambda: LowRank(), [3], MSE, SUM, DYNAMO, 20, unoptimised=True)
case("standardised-weight-unoptimised", lambda: nn.Sequential(
    StandardisedConvolution(2, 3, 2, stride=2), nn.Tanh(), nn.Flatten(), nn.Linear(12, 2)),
    [2, 4, 4], CE, MEAN, DYNAMO, 20, unoptimised=True)
case("positions-unoptimised", lambda: Positions(), [4, 2], MSE, SUM, DYNAMO, 20, unoptimised=True)
case("heads-unoptimised", lambda: Heads(), [3, 4], MSE, SUM, DYNAMO, 20, unoptimised=True)
case("heads-dynamo", lambda: Heads(), [3, 4], MSE, SUM, DYNAMO, 20)


class Choices(nn.Module):
    """What is chosen by comparisons, by fixed masks and by size."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.second = nn.Linear(3, 4)
        self.leave = nn.Linear(12, 2)

    def forward(self, x):
        a, b = self.first(x), self.second(x)
        c = torch.where((a > 0.1) & ~(b <= -0.2), a * b, 0.3 * a - 0.05)
        d = torch.maximum(a, b) - torch.minimum(torch.cumsum(a, 1), torch.tanh(b))
        e = torch.where(torch.arange(4) % 2 == 0, c, d.repeat(1, 2)[:, 3:7])
        return self.leave(torch.cat([c, d, e], 1))


class Masked(nn.Module):
    """Attention to earlier positions, by a mask and by a triangle."""

    def __init__(self):
        super().__init__()
        self.enter = nn.Linear(2, 4)
        self.leave = nn.Linear(2, 2)

    def forward(self, x):
        q, k = self.enter(x).chunk(2, -1)
        mask = torch.ones(3, 3, dtype=torch.bool).tril()
        y = functional.scaled_dot_product_attention(q[:, None], k[:, None], x[:, None], mask)
        return self.leave(y[:, 0] + torch.tril(q @ k.transpose(1, 2)) @ x).mean(1)


case("choices-unoptimised", lambda: Choices(), [3], MSE, SUM, DYNAMO, 20, unoptimised=True)
case("choices-script", lambda: Choices(), [3], MSE, SUM, SCRIPT, 17, unfused=True)
case("masked-unoptimised", lambda: Masked(), [3, 2], MSE, SUM, DYNAMO, 20, unoptimised=True)


class Static(nn.Module):
    """Outputs beside numbers that a file computes without the samples."""

    def __init__(self):
        super().__init__()
        self.factors = static_factors()
        self.enter = nn.Linear(2, len(self.factors))

    def forward(self, x):
        return self.enter(x) + self.factors.to(x.dtype) / 64


case("static-operators", lambda: Static(), [2], MSE, SUM, "by-hand", 20,
     by_hand=lambda weights: [
         *static_nodes(),
         helper.make_node("Constant", [], ["scale"], value_float=64.0),
         helper.make_node("Div", ["factors", "scale"], ["scaled"]),
         helper.make_node("Cast", ["scaled"], ["real"], to=onnx.TensorProto.FLOAT),
         helper.make_node("Gemm", ["input", "enter.weight", "enter.bias"], ["a"], transB=1),
         helper.make_node("Add", ["a", "real"], ["output"]),
     ])


class Chosen(nn.Module):
    """A scaled layer, and a second one that a branch chooses."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.second = nn.Linear(4, 2)

    def forward(self, x):
        return self.second(1.5 * torch.tanh(self.first(x)) + 0.25)


def branches_and_functions(weights):
    """An If inside a function that another function calls, with values captured around it."""
    real = onnx.TensorProto.FLOAT
    one = numpy_helper.from_array(numpy.array(0.25, numpy.float32))

    def branch(name, nodes, output):
        return helper.make_graph(
            nodes, name, [], [helper.make_tensor_value_info(output, real, None)]
        )

    choose = helper.make_node(
        "If", ["many"], ["chosen"],
        then_branch=branch("then", [
            helper.make_node("Constant", [], ["shift"], value=one),
            helper.make_node("Add", ["scaled", "shift"], ["shifted"]),
        ], "shifted"),
        else_branch=branch("else", [helper.make_node("Exp", ["scaled"], ["grown"])], "grown"),
    )
    factor = helper.make_node("Constant", [], ["factor"])
    factor.attribute.append(onnx.AttributeProto(
        name="value_float", type=onnx.AttributeProto.FLOAT, ref_attr_name="by"))
    opset = [helper.make_opsetid("", 20), helper.make_opsetid("local", 1)]
    inner = helper.make_function("local", "shift", ["scaled", "many"], ["chosen"], [choose], opset)
    outer = helper.make_function("local", "affine", ["x"], ["y", "x"], [
        factor,
        helper.make_node("Mul", ["x", "factor"], ["scaled"]),
        helper.make_node("Shape", ["x"], ["shape"], start=1),
        helper.make_node("Constant", [], ["three"], value_ints=[3]),
        helper.make_node("Greater", ["shape", "three"], ["many"]),
        helper.make_node("shift", ["scaled", "many"], ["y"], domain="local"),
    ], opset, ["by"])
    nodes = [
        helper.make_node("Gemm", ["input", "first.weight", "first.bias"], ["a"], transB=1),
        helper.make_node("Tanh", ["a"], ["b"]),
        helper.make_node("affine", ["b"], ["c", "again"], "call", domain="local", by=1.5),
        helper.make_node("Gemm", ["c", "second.weight", "second.bias"], ["output"], transB=1),
    ]
    return nodes, [inner, outer]


case("branches-and-functions", lambda: Chosen(), [3], MSE, SUM, "by-hand", 20,
     by_hand=lambda weights: branches_and_functions(weights)[0],
     functions=lambda weights: branches_and_functions(weights)[1])


def randomise(model, generator):
    """Weights and statistics as after some training, so that nothing is zero or one by chance."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) / 8)
        for module in model.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                shape = module.running_mean.shape
                module.running_mean.copy_(torch.randn(shape, generator=generator) / 2)
                module.running_var.copy_(torch.rand(shape, generator=generator) + 0.5)
    return model.eval()


def exported(model, shape, spec, directory):
    """The model as PyTorch exports it, in the opset asked for."""
    if spec["exporter"] == "by-hand":
        return by_hand(model, spec)
    batch = spec.get("fixed_batch")
    example = torch.randn(batch or 2, *shape)
    if spec.get("double"):
        model, example = copy.deepcopy(model).double(), example.double()
    common = dict(input_names=["input"], output_names=["output"], opset_version=spec["opset"])
    if spec["exporter"] == SCRIPT:
        if not batch:
            common["dynamic_axes"] = {"input": {0: "N"}, "output": {0: "N"}}
        if spec.get("unfused"):
            common["training"] = torch.onnx.TrainingMode.PRESERVE
            common["do_constant_folding"] = False
        if spec.get("unfolded"):
            common["do_constant_folding"] = False
        buffer = io.BytesIO()
        torch.onnx.export(model, (example,), buffer, dynamo=False, **common)
        return onnx.load_from_string(buffer.getvalue())
    if not batch:
        common["dynamic_shapes"] = ({0: torch.export.Dim("N")},)
    program = torch.onnx.export(
        model, (example,), dynamo=True, optimize=not spec.get("unoptimised"), **common
    )
    program.save(directory / "model.onnx", external_data=False)
    return onnx.load(directory / "model.onnx")


def without_paths(model):
    """Drops the stack traces: they name files of the machine that exported."""
    for node in model.graph.node:
        kept = [p for p in node.metadata_props if not p.key.endswith("stack_trace")]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
        node.ClearField("doc_string")
    return model


def save(model, directory, external):
    if external:
        onnx.save_model(
            model, directory / "model.onnx", save_as_external_data=True, location="model.onnx.data",
            size_threshold=64, all_tensors_to_one_file=True,
        )
    else:
        onnx.save_model(model, directory / "model.onnx")


def samples(shape, outputs, loss, generator):
    features = torch.randn(SAMPLES, *shape, generator=generator)
    if loss in CLASS_LOSSES:
        return features, torch.randint(0, outputs[0], (SAMPLES,), generator=generator)
    if loss == BCE:
        return features, torch.randint(0, 2, (SAMPLES, *outputs), generator=generator).float()
    return features, torch.randn(SAMPLES, *outputs, generator=generator)


def twice_differentiable(model):
    """PyTorch has no second derivative of its own hard sigmoid."""
    for name, child in model.named_children():
        if isinstance(child, nn.Hardsigmoid):
            setattr(model, name, Apply(lambda x: functional.relu6(x + 3) / 6))
    return model


def expected(model, features, labels, loss, scale):
    """Everything from one gradient per sample, each differentiable in turn."""
    model = twice_differentiable(copy.deepcopy(model).double())
    parameters = dict(model.named_parameters())
    individual, losses = [], []
    for x, t in zip(features.double(), labels):
        t = t if loss in CLASS_LOSSES else t.double()
        # The fused attention has no second derivative.
        with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
            value = scale * LOSSES[loss](model(x[None]), t[None])
        losses.append(value.detach())
        individual.append(torch.autograd.grad(value, parameters.values(), create_graph=True))
    stacked = [torch.stack(gradients) for gradients in zip(*individual)]
    mean = [g.mean(0) for g in stacked]
    variance = [(g**2).mean(0) - m**2 for g, m in zip(stacked, mean)]
    total = sum(v.sum() for v in variance)
    gradient = torch.autograd.grad(total, parameters.values(), allow_unused=True)
    gradient = [
        torch.zeros_like(p) if g is None else g for g, p in zip(gradient, parameters.values())
    ]
    norms = sum((g.detach() ** 2).reshape(len(losses), -1).sum(1) for g in stacked)

    def named(values):
        return {k: v.detach().numpy().copy() for k, v in zip(parameters, values)}

    return {
        "mean": named(mean),
        "variance": named(variance),
        "gradient": named(gradient),
        "total": float(total),
        "norms": norms,
        "individual": named(stacked),
        "gradient_norm": float(sum((g**2).sum() for g in gradient).sqrt()),
    }


def second_opinion(build, features, labels, loss, scale, found):
    """How far BackPACK is away, or why it was not asked."""
    from backpack import backpack, extend
    from backpack.extensions import BatchGrad

    modules = {MSE: nn.MSELoss, CE: nn.CrossEntropyLoss, BCE: nn.BCEWithLogitsLoss}
    if loss not in modules:
        return f"not asked: it has no {loss}"
    model = build().double()
    if not isinstance(model, nn.Sequential):
        return "not asked: the model is no sequence of layers"
    try:
        model, function = extend(model), extend(modules[loss](reduction="sum"))
        targets = labels if loss in CLASS_LOSSES else labels.double()
        with backpack(BatchGrad()):
            value = function(model(features.double()), targets) * scale
            value.backward(create_graph=True)
        distance = 0.0
        stacked = {}
        for name, parameter in model.named_parameters():
            stacked[name] = parameter.grad_batch
            reference = torch.from_numpy(found["individual"][name])
            norm = max(float(reference.norm()), 1e-300)
            distance = max(distance, float((parameter.grad_batch - reference).norm()) / norm)
        total = sum(((g**2).mean(0) - g.mean(0) ** 2).sum() for g in stacked.values())
        gradient = torch.autograd.grad(total, list(model.parameters()), allow_unused=True)
        for (name, parameter), g in zip(model.named_parameters(), gradient):
            reference = torch.from_numpy(found["gradient"][name])
            norm = max(float(reference.norm()), 1e-300)
            g = torch.zeros_like(parameter) if g is None else g
            distance = max(distance, float((g - reference).norm()) / norm)
        return distance
    except Exception as error:  # whatever it raises is its answer
        return f"not supported: {type(error).__name__}: {str(error)[:80]}"


def fused(model, exported_model):
    """A convolution with the batch norm after it as one, as the TorchScript exporter does."""
    layers = list(copy.deepcopy(model).children())
    merged = torch.nn.utils.fuse_conv_bn_eval(layers[0], layers[1])
    result = nn.Sequential(merged, *layers[2:]).requires_grad_()
    values = {tuple(t.dims): numpy_helper.to_array(t) for t in exported_model.graph.initializer}
    with torch.no_grad():
        for parameter in merged.parameters():
            parameter.copy_(torch.from_numpy(values[tuple(parameter.shape)].copy()))
    return result


def make(name, spec, target, parquet):
    seed = zlib.crc32(name.encode())
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    directory = target / name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    model = spec["model"]().eval()
    if not spec.get("untrained"):
        randomise(model, generator)
    outputs = list(model(torch.randn(2, *spec["shape"])).shape[1:])
    features, labels = samples(spec["shape"], outputs, spec["loss"], generator)
    onnx_model = without_paths(exported(model, spec["shape"], spec, directory))
    save(onnx_model, directory, spec.get("external"))
    scale = 1.0
    if spec["reduction"] == MEAN:
        scale /= SAMPLES * (1 if spec["loss"] in CLASS_LOSSES else int(numpy.prod(outputs)))
    reference = fused(model, onnx_model) if spec.get("fused") else model
    found = expected(reference, features, labels, spec["loss"], scale)
    opinion = second_opinion(
        lambda: copy.deepcopy(reference), features, labels, spec["loss"], scale, found
    )
    rename = {k: k for k in found["mean"]}
    if spec.get("fused"):
        initialisers = {tuple(t.dims): t.name for t in onnx_model.graph.initializer}
        rename = {
            k: k if k in initialisers.values() else initialisers[v.shape]
            for k, v in found["mean"].items()
        }
    for key, file in (
        ("mean", "mean_gradient"),
        ("variance", "variance"),
        ("gradient", "total_variance_gradient"),
    ):
        tensors = {rename[k]: numpy.array(v, order="C") for k, v in found[key].items()}
        save_file(tensors, directory / f"{file}.safetensors")
    description = {
        "name": name,
        "loss": spec["loss"],
        "reduction": spec["reduction"],
        "n": SAMPLES,
        "shape": spec["shape"],
        "exporter": spec["exporter"],
        "opset": spec["opset"],
        "total_variance": found["total"],
        "grad_sq_norm_sum": float(found["norms"].sum()),
        "grad_sq_norm_max_id": int(found["norms"].argmax()),
        "loss_sum_scale": scale,
        "gradient_norm": found["gradient_norm"],
        "backpack": opinion,
    }
    if name in ACCEPTED:
        description["accept_file_parameters"] = True
    (directory / "case.json").write_text(json.dumps(description, indent=1) + "\n")
    if parquet:
        import pyarrow
        import pyarrow.parquet

        table = {
            "id": list(range(SAMPLES)),
            "features": features.flatten(1).tolist(),
            "label": labels.tolist(),
        }
        pyarrow.parquet.write_table(pyarrow.table(table), directory / "data.parquet")
    else:
        data = {"features": features.double().numpy(), "label": labels.double().numpy()}
        save_file(data, directory / "data.safetensors")
    operators = sorted({node.op_type for node in onnx_model.graph.node})
    print(f"{name}: V {found['total']:.6g}, backpack {opinion}, {' '.join(operators)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--only")
    parser.add_argument("--parquet", action="store_true")
    parser.add_argument("target", type=pathlib.Path)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    for name, spec in CASES.items():
        if arguments.only in (None, name):
            make(name, spec, arguments.target, arguments.parquet)
