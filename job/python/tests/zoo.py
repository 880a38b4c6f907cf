"""Small modules, one for each way in which parameters were lost or mistaken."""

from __future__ import annotations

import copy
from typing import Callable

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrizations, prune

ZOO: dict[str, Callable[[], tuple[nn.Module, tuple[torch.Tensor, ...]]]] = {}


def zoo(function):
    ZOO[function.__name__] = function
    return function


def make(name: str) -> tuple[nn.Module, tuple[torch.Tensor, ...]]:
    """A module of the zoo and its example of 3 samples, the same ones each time."""
    with torch.random.fork_rng():
        torch.manual_seed(sum(name.encode()))
        return ZOO[name]()


class Apply(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def image(channels=2, size=6):
    return (torch.randn(3, channels, size, size),)


def vector(size=4):
    return (torch.randn(3, size),)


def used_batch_norm(norm):
    with torch.no_grad():
        if norm.affine:
            norm.weight.uniform_(0.5, 1.5)
            norm.bias.normal_()
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 1.5)
    return norm


@zoo
def mlp():
    return nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3)), vector()


@zoo
def cnn():
    return (
        nn.Sequential(
            nn.Conv2d(2, 3, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(27, 3),
        ),
        image(),
    )


@zoo
def convolutions_of_one_and_three_axes():
    return (
        nn.Sequential(
            nn.Conv1d(2, 3, 3),
            nn.Tanh(),
            nn.Unflatten(2, (2, 2, 2)),
            nn.Conv3d(3, 2, 2),
            nn.Flatten(),
        ),
        (torch.randn(3, 2, 10),),
    )


class ResidualBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(2, 4, 3, stride=2, padding=1, bias=False)
        self.bn1 = used_batch_norm(nn.BatchNorm2d(4))
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.bn2 = used_batch_norm(nn.BatchNorm2d(4))
        self.downsample = nn.Sequential(
            nn.Conv2d(2, 4, 1, stride=2, bias=False), used_batch_norm(nn.BatchNorm2d(4))
        )
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)) + self.downsample(x))
        return self.fc(y.mean((2, 3)))


@zoo
def residual_block():
    return ResidualBlock(), image()


@zoo
def batch_norm_without_affine_after_convolution():
    return (
        nn.Sequential(
            nn.Conv2d(2, 3, 3),
            used_batch_norm(nn.BatchNorm2d(3, affine=False)),
            nn.Flatten(),
            nn.Linear(48, 3),
        ),
        image(),
    )


@zoo
def batch_norm_without_affine_after_linear():
    return (
        nn.Sequential(nn.Linear(4, 5), used_batch_norm(nn.BatchNorm1d(5, affine=False))),
        vector(),
    )


@zoo
def fresh_batch_norms():
    return (
        nn.Sequential(
            nn.Conv2d(2, 3, 3),
            nn.BatchNorm2d(3),
            nn.Conv2d(3, 3, 3),
            nn.BatchNorm2d(3),
            nn.Flatten(),
        ),
        image(),
    )


@zoo
def fresh_group_norms():
    return (
        nn.Sequential(
            nn.GroupNorm(1, 2), nn.Conv2d(2, 4, 3), nn.GroupNorm(2, 4), nn.ReLU(), nn.Flatten()
        ),
        image(),
    )


@zoo
def fresh_layer_norms():
    return (
        nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 4), nn.GELU(), nn.LayerNorm(4)),
        vector(),
    )


@zoo
def instance_norm():
    return nn.Sequential(nn.InstanceNorm2d(2, affine=True), nn.Conv2d(2, 2, 3)), image()


@zoo
def deep_copies_with_equal_values():
    layer = nn.Linear(4, 4)
    return (
        nn.Sequential(layer, nn.Tanh(), copy.deepcopy(layer), nn.Tanh(), copy.deepcopy(layer)),
        vector(),
    )


@zoo
def zero_and_identity_initialisation():
    module = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3))
    with torch.no_grad():
        module[0].weight.copy_(torch.eye(4))
        module[2].weight.copy_(torch.eye(4))
        for layer in module[::2]:
            layer.bias.zero_()
        module[4].weight.zero_()
    return module, vector()


class TiedTranspose(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(5, 4) / 2)
        self.bias = nn.Parameter(torch.randn(5) / 4)
        self.back = nn.Parameter(torch.randn(4) / 4)

    def forward(self, x):
        y = torch.tanh(functional.linear(x, self.weight, self.bias))
        return functional.linear(y, self.weight.t(), self.back)


@zoo
def tied_transpose():
    return TiedTranspose(), vector()


class TiedEmbedding(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Embedding(7, 4)
        self.middle = nn.Linear(4, 4)
        self.decoder = nn.Linear(4, 7, bias=False)
        self.decoder.weight = self.encoder.weight

    def forward(self, ids):
        return self.decoder(torch.tanh(self.middle(self.encoder(ids)))).mean(1)


@zoo
def tied_weights():
    return TiedEmbedding(), (torch.randint(0, 7, (3, 5)),)


@zoo
def shared_module():
    shared = nn.Linear(4, 4)
    return nn.Sequential(shared, nn.Tanh(), shared, nn.Tanh(), nn.Linear(4, 2)), vector()


class SharedStorage(nn.Module):
    """Two parameters in the same memory: PyTorch gives each a gradient of its own."""

    def __init__(self):
        super().__init__()
        flat = torch.randn(32)
        self.first = nn.Parameter(flat[:16].view(4, 4))
        self.second = nn.Parameter(flat[8:24].view(4, 4))

    def forward(self, x):
        return torch.tanh(x @ self.first) @ self.second


@zoo
def shared_storage():
    return SharedStorage(), vector()


class Buffers(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.register_buffer("mask", torch.tensor([1.0, 0.0, 1.0, 1.0]))
        self.register_buffer("scale", torch.tensor(2.0))
        self.register_buffer("hidden", torch.randn(4, 3), persistent=False)
        self.register_buffer("steps", torch.tensor(7))

    def forward(self, x):
        return self.linear(x * self.mask) @ self.hidden / self.scale


@zoo
def buffers_in_arithmetic():
    return Buffers(), vector()


class MaskedLinear(nn.Linear):
    def __init__(self):
        super().__init__(4, 3)
        self.register_buffer("mask", (torch.rand(3, 4) > 0.4).float())

    def forward(self, x):
        return functional.linear(x, self.weight * self.mask, self.bias)


@zoo
def masked_weight():
    return MaskedLinear(), vector()


class NamedAsStatistics(nn.Module):
    def __init__(self):
        super().__init__()
        self.running_mean = nn.Parameter(torch.randn(4))
        self.running_var = nn.Parameter(torch.rand(4) + 0.5)

    def forward(self, x):
        return (x - self.running_mean) / self.running_var.sqrt()


@zoo
def parameters_named_as_statistics():
    return NamedAsStatistics(), vector()


class NamedAsInput(nn.Module):
    def __init__(self):
        super().__init__()
        self.x = nn.Parameter(torch.randn(4))
        self.linear = nn.Parameter(torch.randn(4, 4))
        self.add = nn.Parameter(torch.randn(4))

    def forward(self, x):
        return torch.tanh(functional.linear(x + self.x, self.linear)) + self.add


@zoo
def parameters_named_as_other_values():
    return NamedAsInput(), vector()


class LowRank(nn.Module):
    def __init__(self):
        super().__init__()
        self.base = nn.Linear(4, 4)
        self.base.requires_grad_(False)
        self.lora_A = nn.Parameter(torch.randn(2, 4) / 2)
        self.lora_B = nn.Parameter(torch.zeros(4, 2))

    def forward(self, x):
        weight = self.base.weight + 0.5 * self.lora_B @ self.lora_A
        return functional.linear(x, weight, self.base.bias)


@zoo
def lora_merged_into_the_weight():
    return LowRank(), vector()


@zoo
def weight_norm():
    return nn.Sequential(parametrizations.weight_norm(nn.Linear(4, 3)), nn.Tanh()), vector()


@zoo
def weight_norm_by_hooks():
    module = nn.Sequential(torch.nn.utils.weight_norm(nn.Linear(4, 3)), nn.Tanh())
    module(torch.randn(3, 4))
    return module, vector()


@zoo
def spectral_norm():
    module = nn.Sequential(parametrizations.spectral_norm(nn.Linear(4, 3)), nn.Tanh())
    module(torch.randn(3, 4))
    return module, vector()


@zoo
def spectral_norm_by_hooks():
    module = nn.Sequential(torch.nn.utils.spectral_norm(nn.Linear(4, 3)), nn.Tanh())
    module(torch.randn(3, 4))
    return module, vector()


@zoo
def pruned():
    module = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3))
    prune.l1_unstructured(module[0], "weight", 0.5)
    prune.random_unstructured(module[2], "bias", 1)
    module(torch.randn(3, 4))
    return module, vector()


@zoo
def frozen():
    module = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3))
    module[0].requires_grad_(False)
    return module, vector()


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.norm = nn.LayerNorm(4)
        self.position = nn.Parameter(torch.randn(1, 5, 4))

    def forward(self, x):
        x = x + self.position
        return self.norm(x + self.attention(x, x, x, need_weights=False)[0]).mean(1)


@zoo
def attention():
    return Attention(), (torch.randn(3, 5, 4),)


@zoo
def transformer_layer():
    layer = nn.TransformerEncoderLayer(4, 2, 6, batch_first=True, dropout=0.1)
    return nn.Sequential(layer, nn.Flatten(), nn.Linear(20, 3)), (torch.randn(3, 5, 4),)


class TransposedWeights(nn.Module):
    def __init__(self):
        super().__init__()
        self.square = nn.Parameter(torch.randn(4, 4))
        self.tall = nn.Parameter(torch.randn(4, 3).t().contiguous().t())

    def forward(self, x):
        return torch.tanh(x @ self.square.t()) @ self.tall


@zoo
def transposed_and_not_contiguous():
    return TransposedWeights(), vector()


class Scalars(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(1.0))
        self.shift = nn.Parameter(torch.tensor(0.0))
        self.temperature = nn.Parameter(torch.tensor([1.0]))
        self.linear = nn.Linear(4, 3)

    def forward(self, x):
        return (self.linear(x * self.scale + self.shift)) / self.temperature.exp()


@zoo
def scalars():
    return Scalars(), vector()


@zoo
def slopes():
    return (
        nn.Sequential(nn.Conv2d(2, 3, 3), nn.PReLU(3), nn.PReLU(), nn.Flatten()),
        image(),
    )


class Unused(nn.Module):
    def __init__(self):
        super().__init__()
        self.used = nn.Linear(4, 3)
        self.forgotten = nn.Linear(4, 3)

    def forward(self, x):
        self.forgotten(x)
        return self.used(x)


@zoo
def unused_parameters():
    return Unused(), vector()


@zoo
def nested():
    block = nn.Sequential(nn.Sequential(nn.Linear(4, 4)), nn.Sequential(nn.Tanh(), nn.Linear(4, 2)))
    return nn.Sequential(nn.Sequential(block)), vector()


@zoo
def wrapped():
    return nn.DataParallel(nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 2))), vector()


@zoo
def transposed_convolutions():
    return (
        nn.Sequential(
            nn.Conv2d(2, 4, 3, stride=2),
            nn.ReLU(),
            nn.ConvTranspose2d(4, 2, 3, stride=2),
            nn.Flatten(),
        ),
        image(),
    )


class Bag(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(6, 4)
        self.positions = nn.Embedding(5, 4)
        self.register_buffer("ids", torch.arange(5)[None])
        self.head = nn.Linear(4, 3)

    def forward(self, ids):
        return self.head((self.words(ids) + self.positions(self.ids)).mean(1))


@zoo
def embeddings():
    return Bag(), (torch.randint(0, 6, (3, 5)),)


@zoo
def float64_parameters():
    module = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.LayerNorm(6), nn.Linear(6, 3)).double()
    return module, (torch.randn(3, 4, dtype=torch.float64),)


@zoo
def bfloat16_parameters():
    module = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3)).bfloat16()
    return module, (torch.randn(3, 4, dtype=torch.bfloat16),)


@zoo
def float16_parameters():
    module = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3)).half()
    return module, (torch.randn(3, 4, dtype=torch.float16),)


class StoredInBfloat16(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, 4).bfloat16())
        self.bias = nn.Parameter(torch.randn(3).double())

    def forward(self, x):
        return functional.linear(x, self.weight.float(), self.bias.float())


@zoo
def mixed_types():
    return StoredInBfloat16(), vector()


class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.left = nn.Linear(4, 3)
        self.right = nn.Linear(2, 3)

    def forward(self, left, *, right=None, scale=1.0):
        return self.left(left) + scale * self.right(right)


@zoo
def inputs_by_name():
    return TwoInputs(), (torch.randn(3, 4), {"right": torch.randn(3, 2), "scale": 0.5})
