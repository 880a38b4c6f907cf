"""Random models: each family draws its structure, sizes and options from a seed.

A family is a function of a `Draw` and of the wanted number of outputs; it gives a module and the
shape of one sample. Sizes are small and odd on purpose, names are nested, and equal modules occur.
"""

import copy
import math
import random

import torch
from torch import nn
from torch.nn import functional


class Draw:
    """Choices from a seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def size(self, low, high):
        return self.random.randint(low, high)

    def uniform(self, low, high):
        return self.random.uniform(low, high)

    def choice(self, items):
        return items[self.random.randrange(len(items))]

    def chance(self, probability):
        return self.random.random() < probability


class Apply(nn.Module):
    """A function as a layer."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


PLAIN_ACTIVATIONS = [
    nn.ReLU, nn.Tanh, nn.Sigmoid, nn.SiLU, nn.Mish, nn.SELU, nn.Softsign, nn.Hardswish,
    nn.Hardsigmoid, nn.ReLU6, nn.LogSigmoid, nn.GELU, nn.ELU, nn.Softplus,
]
FUNCTIONS = [
    lambda x: x * torch.sigmoid(1.702 * x),
    lambda x: functional.relu(x) ** 2,
    lambda x: x.abs() / (1 + x * x),
    lambda x: (x * x + 1).sqrt() - 1,
    lambda x: x - torch.tanh(x),
    lambda x: torch.exp(-0.5 * x * x),
    lambda x: torch.log(1 + torch.exp(x)),
    lambda x: x.clamp(-0.75, 1.25),
    lambda x: torch.erf(x),
    lambda x: functional.softmax(x, 1),
]


def activation(draw, channels):
    """Works on `[n, channels, ...]`."""
    kind = draw.size(0, 9)
    if kind <= 4:
        return draw.choice(PLAIN_ACTIVATIONS)()
    if kind == 5:
        return nn.PReLU(draw.choice([1, channels]), draw.choice([0.25, 0.1, -0.2]))
    if kind == 6:
        return draw.choice([
            nn.LeakyReLU(draw.choice([0.01, 0.2])), nn.ELU(draw.choice([0.5, 1.5])),
            nn.CELU(draw.choice([0.5, 2.0])), nn.GELU("tanh"), nn.Softplus(draw.choice([0.5, 3])),
            nn.Hardtanh(-0.6, 0.8),
        ])
    if kind == 7:
        return Apply(draw.choice(FUNCTIONS))
    return nn.ReLU()


class ChannelsLastNorm(nn.Module):
    """Layer norm over the channels of an image, as ConvNeXt has it."""

    def __init__(self, channels):
        super().__init__()
        self.norm = nn.LayerNorm(channels)

    def forward(self, x):
        return self.norm(x.movedim(1, -1)).movedim(-1, 1)


def group_count(draw, channels):
    return draw.choice([g for g in range(1, channels + 1) if channels % g == 0])


def norm(draw, channels, axes):
    """On `[n, channels]` and as many axes more; sometimes none."""
    affine = draw.chance(0.75)
    batch = [nn.BatchNorm1d, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d][axes]
    eps = draw.choice([1e-5, 1e-5, 1e-3, 1e-6])
    choices = [
        lambda: batch(channels, eps=eps, affine=affine),
        lambda: batch(channels, affine=affine),
        lambda: nn.GroupNorm(group_count(draw, channels), channels, eps=eps, affine=affine),
        lambda: nn.Identity(),
    ]
    if axes == 0:
        choices += [
            lambda: nn.LayerNorm(channels, eps=eps, elementwise_affine=affine),
            lambda: nn.LayerNorm(channels, bias=draw.chance(0.5)),
            lambda: nn.RMSNorm(channels, eps=draw.choice([1e-5, 1e-6])),
        ]
    else:
        instance = [nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d][axes - 1]
        choices += [
            lambda: instance(channels, eps=eps, affine=affine),
            lambda: ChannelsLastNorm(channels),
            lambda: nn.GroupNorm(1, channels),
        ]
    return draw.choice(choices)()


def vector_layers(draw, width, depth, widest=17):
    """Linear layers with norms, activations and dropout between them; how wide they end."""
    layers = []
    for _ in range(depth):
        after = draw.size(1, widest)
        layers.append(nn.Linear(width, after, bias=draw.chance(0.8)))
        width = after
        if draw.chance(0.5):
            layers.append(norm(draw, width, 0))
        layers.append(activation(draw, width))
        if draw.chance(0.15):
            layers.append(nn.Dropout(0.3))
    return layers, width


def mlp(draw, outputs):
    inputs = draw.size(1, 19)
    layers, width = vector_layers(draw, inputs, draw.size(0, 3))
    return nn.Sequential(*layers, nn.Linear(width, outputs)), [inputs]


CONVOLUTIONS = [None, nn.Conv1d, nn.Conv2d, nn.Conv3d]
MAX_POOLS = [None, nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d]
AVERAGE_POOLS = [None, nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d]
ADAPTIVE_POOLS = [None, nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d]


def convolution(draw, axes, channels, widest):
    groups = 1
    if draw.chance(0.2):
        groups = group_count(draw, channels)
    after = groups * draw.size(1, max(1, widest // groups))
    kernel = [draw.choice([1, 2, 3, 3, 5]) if axes < 3 else draw.size(1, 3) for _ in range(axes)]
    padding = [draw.size(0, (k + 1) // 2) for k in kernel]
    options = dict(
        stride=draw.choice([1, 1, 1, 2, 3]), dilation=draw.choice([1, 1, 1, 2]), groups=groups,
        bias=draw.chance(0.75), padding=padding,
    )
    if draw.chance(0.12):
        options["padding_mode"] = draw.choice(["reflect", "replicate", "circular"])
    elif draw.chance(0.12):
        options.update(padding="same", stride=1)
    elif draw.chance(0.2):
        kernel = kernel[0]
        options["padding"] = kernel // 2
    return CONVOLUTIONS[axes](channels, after, kernel, **options), after


def pool(draw, axes):
    kernel = draw.choice([2, 2, 3])
    stride = draw.choice([None, 1, 2])
    padding = draw.choice([0, 0, 1])
    if draw.chance(0.6):
        return MAX_POOLS[axes](
            kernel, stride, padding, dilation=draw.choice([1, 1, 2]), ceil_mode=draw.chance(0.2)
        )
    return AVERAGE_POOLS[axes](
        kernel, stride, padding, ceil_mode=draw.chance(0.2), count_include_pad=draw.chance(0.5)
    )


def image_layers(draw, axes, channels, shape, depth, widest):
    """Convolutions with what stands between them; how many channels, and the shape they leave."""
    layers = []
    example = torch.zeros(2, channels, *shape)
    width = channels
    for _ in range(depth):
        for _ in range(20):
            block = []
            layer, after = convolution(draw, axes, width, widest)
            block.append(layer)
            if draw.chance(0.6):
                block.append(norm(draw, after, axes))
            block.append(activation(draw, after))
            if draw.chance(0.4):
                block.insert(draw.size(1, len(block)), pool(draw, axes))
            if draw.chance(0.1):
                block.append(nn.Dropout(0.2))
            try:
                with torch.no_grad():
                    result = nn.Sequential(*block).eval()(example)
                break
            except (RuntimeError, ValueError):
                continue
        else:
            break
        layers += block
        example, width = result, after
    return layers, width, list(example.shape[2:])


def cnn(axes):
    def family(draw, outputs):
        channels = draw.size(1, 4)
        shape = [draw.size(3, [19, 11, 6][axes - 1]) for _ in range(axes)]
        widest = draw.choice([5, 5, 9, 20]) if axes < 3 else 5
        layers, width, left = image_layers(
            draw, axes, channels, shape, draw.size(1, 3), widest
        )
        features = width * math.prod(left)
        kind = draw.size(0, 9)
        if kind <= 4 and features <= 200:
            layers += [nn.Flatten(), nn.Linear(features, outputs)]
        elif kind <= 7:
            layers += [ADAPTIVE_POOLS[axes](1), nn.Flatten(), nn.Linear(width, outputs)]
        elif kind == 8:
            mean = tuple(range(2, 2 + axes))
            layers += [Apply(lambda x: x.mean(mean)), nn.Linear(width, outputs)]
        else:
            layers += [CONVOLUTIONS[axes](width, outputs, 1)]
        return nn.Sequential(*layers), [channels, *shape]

    return family


class ResidualVectors(nn.Module):
    def __init__(self, draw, width):
        super().__init__()
        layers, after = vector_layers(draw, width, 1, 11)
        self.before = norm(draw, width, 0)
        self.block = nn.Sequential(*layers, nn.Linear(after, width))
        self.scale = nn.Parameter(torch.tensor(draw.choice([1.0, 0.1]))) if draw.chance(0.4) else 1

    def forward(self, x):
        return x + self.scale * self.block(self.before(x))


def residual_mlp(draw, outputs):
    inputs, width = draw.size(1, 9), draw.size(2, 11)
    model = nn.Sequential()
    model.add_module("enter", nn.Linear(inputs, width))
    first = ResidualVectors(draw, width)
    model.add_module("first", first)
    again = copy.deepcopy(first) if draw.chance(0.5) else ResidualVectors(draw, width)
    model.add_module("second", again)
    model.add_module("leave", nn.Linear(width, outputs))
    return model, [inputs]


class ResidualImages(nn.Module):
    """The basic block of a ResNet."""

    def __init__(self, draw, channels, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, outputs, 3, stride, 1, bias=draw.chance(0.3))
        self.bn1 = norm(draw, outputs, 2)
        self.act = activation(draw, outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=draw.chance(0.3))
        self.bn2 = norm(draw, outputs, 2)
        self.downsample = None
        if stride > 1 or channels != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, outputs, 1, stride, bias=False), norm(draw, outputs, 2)
            )

    def forward(self, x):
        y = self.bn2(self.conv2(self.act(self.bn1(self.conv1(x)))))
        return functional.relu(y + (x if self.downsample is None else self.downsample(x)))


def residual_cnn(draw, outputs):
    channels = draw.size(1, 3)
    model = nn.Module()
    width, layers = channels, []
    for _ in range(draw.size(1, 2)):
        after = draw.choice([width, draw.size(2, 6)])
        layers.append(ResidualImages(draw, width, after, draw.choice([1, 1, 2])))
        width = after
    model = nn.Sequential()
    model.add_module("layers", nn.Sequential(*layers))
    model.add_module("pool", nn.AdaptiveAvgPool2d(1))
    model.add_module("flat", nn.Flatten())
    model.add_module("fc", nn.Linear(width, outputs))
    return model, [channels, draw.size(4, 8), draw.size(4, 8)]


class Attention(nn.Module):
    """Heads of scaled dot products, written in one of several ways."""

    def __init__(self, draw, width, heads, tokens):
        super().__init__()
        self.heads, self.each = heads, width // heads
        self.fused = draw.chance(0.4)
        bias = draw.chance(0.6)
        if self.fused:
            self.qkv = nn.Linear(width, 3 * width, bias=bias)
        else:
            self.query = nn.Linear(width, width, bias=bias)
            self.key = nn.Linear(width, width, bias=bias)
            self.value = nn.Linear(width, width, bias=bias)
        self.way = draw.choice(["sdpa", "sdpa", "plain", "causal", "masked"])
        self.out = nn.Linear(width, width)
        if self.way == "masked":
            mask = torch.full((tokens, tokens), -math.inf).triu(1)
            self.register_buffer("mask", mask, persistent=draw.chance(0.5))

    def forward(self, x):
        n, t, f = x.shape
        if self.fused:
            q, k, v = self.qkv(x).chunk(3, dim=-1)
        else:
            q, k, v = self.query(x), self.key(x), self.value(x)
        q, k, v = (a.reshape(n, t, self.heads, self.each).transpose(1, 2) for a in (q, k, v))
        if self.way in ("sdpa", "causal"):
            y = functional.scaled_dot_product_attention(q, k, v, is_causal=self.way == "causal")
        else:
            scores = q @ k.transpose(-2, -1) / math.sqrt(self.each)
            if self.way == "masked":
                scores = scores + self.mask
            y = functional.softmax(scores, dim=-1) @ v
        return self.out(y.transpose(1, 2).reshape(n, t, f))


class Multihead(nn.Module):
    """PyTorch's own module as self-attention."""

    def __init__(self, draw, width, heads):
        super().__init__()
        self.attention = nn.MultiheadAttention(
            width, heads, bias=draw.chance(0.7), batch_first=True
        )

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


class TransformerLayer(nn.Module):
    def __init__(self, draw, width, heads, tokens):
        super().__init__()
        self.first = draw.chance(0.6)
        choices = [lambda: Attention(draw, width, heads, tokens), lambda: Multihead(draw, width, heads)]
        self.attention = draw.choice(choices)()
        make = draw.choice([nn.LayerNorm, nn.LayerNorm, lambda w: nn.RMSNorm(w, eps=1e-6)])
        self.norm1, self.norm2 = make(width), make(width)
        hidden = draw.size(2, 9)
        act = draw.choice([nn.GELU(), nn.ReLU(), nn.SiLU()])
        self.feed = nn.Sequential(nn.Linear(width, hidden), act, nn.Linear(hidden, width))

    def forward(self, x):
        if self.first:
            x = x + self.attention(self.norm1(x))
            return x + self.feed(self.norm2(x))
        x = self.norm1(x + self.attention(x))
        return self.norm2(x + self.feed(x))


class Transformer(nn.Module):
    def __init__(self, draw, outputs):
        super().__init__()
        heads = draw.choice([1, 2, 3])
        width = heads * draw.size(1, 4)
        inputs, self.tokens = draw.size(1, 5), draw.size(2, 7)
        self.shape = [self.tokens, inputs]
        self.embed = nn.Linear(inputs, width)
        self.position = draw.choice(["parameter", "parameter", "none", "sine", "ids"])
        self.cls = draw.chance(0.3)
        tokens = self.tokens + self.cls
        if self.cls:
            self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        if self.position == "parameter":
            self.pos_embedding = nn.Parameter(torch.randn(1, tokens, width) * 0.02)
        if self.position == "sine":
            angle = torch.arange(tokens)[:, None] / 10.0 ** (torch.arange(width) / width)
            self.register_buffer("pe", torch.sin(angle)[None], persistent=draw.chance(0.5))
        if self.position == "ids":
            self.pos = nn.Embedding(tokens, width)
            self.register_buffer("position_ids", torch.arange(tokens)[None], persistent=False)
        if draw.chance(0.25):
            layer = nn.TransformerEncoderLayer(
                width, heads, draw.size(2, 8), 0.1, draw.choice(["relu", "gelu"]),
                batch_first=True, norm_first=draw.chance(0.5),
            )
            self.encoder = nn.TransformerEncoder(
                layer, draw.size(1, 2), enable_nested_tensor=False
            )
        else:
            self.encoder = nn.Sequential(
                *(TransformerLayer(draw, width, heads, tokens) for _ in range(draw.size(1, 2)))
            )
        self.norm = nn.LayerNorm(width) if draw.chance(0.5) else nn.Identity()
        self.take = draw.choice(["mean", "first", "last", "max"])
        self.head = nn.Linear(width, outputs)

    def forward(self, x):
        x = self.embed(x)
        if self.cls:
            x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], dim=1)
        if self.position == "parameter":
            x = x + self.pos_embedding
        elif self.position == "sine":
            x = x + self.pe
        elif self.position == "ids":
            x = x + self.pos(self.position_ids)
        x = self.norm(self.encoder(x))
        if self.take == "mean":
            x = x.mean(dim=1)
        elif self.take == "max":
            x = functional.adaptive_max_pool1d(x.transpose(1, 2), 1).squeeze(-1)
        else:
            x = x[:, 0 if self.take == "first" else -1]
        return self.head(x)


def transformer(draw, outputs):
    model = Transformer(draw, outputs)
    return model, model.shape


class SharedLinear(nn.Module):
    def __init__(self, draw, inputs, outputs):
        super().__init__()
        width = draw.size(2, 9)
        self.enter = nn.Linear(inputs, width)
        self.twice = nn.Linear(width, width, bias=draw.chance(0.6))
        self.norm = norm(draw, width, 0)
        self.act = activation(draw, width)
        self.leave = nn.Linear(width, outputs)

    def forward(self, x):
        x = self.act(self.norm(self.enter(x)))
        x = self.act(self.norm(self.twice(x)))
        return self.leave(self.act(self.twice(x)))


class TiedAutoencoder(nn.Module):
    """Decodes with the transposed weight of the encoder."""

    def __init__(self, draw, inputs):
        super().__init__()
        width = draw.size(2, 7)
        self.encoder = nn.Linear(inputs, width)
        self.act = activation(draw, width)
        self.bias = nn.Parameter(torch.randn(inputs) / 4)

    def forward(self, x):
        return functional.linear(self.act(self.encoder(x)), self.encoder.weight.t(), self.bias)


class SharedConvolution(nn.Module):
    """One convolution on several scales."""

    def __init__(self, draw, channels, outputs):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm = norm(draw, channels, 2)
        self.act = activation(draw, channels)
        self.head = nn.Linear(channels, outputs)

    def forward(self, x):
        x = self.act(self.norm(self.conv(x)))
        x = functional.avg_pool2d(x, 2)
        x = self.act(self.norm(self.conv(x)))
        return self.head(x.mean((2, 3)))


class Siamese(nn.Module):
    """Both halves of the features go through the same branch."""

    def __init__(self, draw, half, outputs):
        super().__init__()
        layers, width = vector_layers(draw, half, 2, 7)
        self.branch = nn.Sequential(*layers)
        self.head = nn.Linear(width, outputs)

    def forward(self, x):
        left, right = x.chunk(2, dim=1)
        left, right = self.branch(left), self.branch(right)
        return self.head(left * right + (left - right).abs())


def shared(draw, outputs):
    kind = draw.size(0, 4)
    if kind == 0:
        inputs = draw.size(1, 8)
        return SharedLinear(draw, inputs, outputs), [inputs]
    if kind == 1:
        inputs = draw.size(2, 9)
        return TiedAutoencoder(draw, inputs), [inputs]
    if kind == 2:
        channels = draw.size(1, 4)
        return SharedConvolution(draw, channels, outputs), [channels, 6, draw.size(4, 7)]
    if kind == 3:
        half = draw.size(1, 5)
        return Siamese(draw, half, outputs), [2 * half]
    # Two modules, one weight.
    width = draw.size(2, 7)
    first, second = nn.Linear(width, width), nn.Linear(width, width)
    second.weight = first.weight
    if draw.chance(0.3):
        second.bias = first.bias
    model = nn.Sequential(
        first, activation(draw, width), second, nn.LayerNorm(width), nn.Linear(width, outputs)
    )
    return model, [width]


class LowRank(nn.Module):
    """A linear layer with an adapter of low rank."""

    def __init__(self, draw, inputs, outputs):
        super().__init__()
        rank = draw.size(1, 3)
        self.base = nn.Linear(inputs, outputs)
        self.lora_A = nn.Parameter(torch.randn(rank, inputs) / 3)
        self.lora_B = nn.Parameter(torch.zeros(outputs, rank))
        self.merged, self.scaling = draw.chance(0.5), draw.choice([2.0, 0.5])

    def forward(self, x):
        if self.merged:
            weight = self.base.weight + self.scaling * (self.lora_B @ self.lora_A)
            return functional.linear(x, weight, self.base.bias)
        return self.base(x) + self.scaling * ((x @ self.lora_A.t()) @ self.lora_B.t())


class StandardisedConvolution(nn.Conv2d):
    """Weight standardisation."""

    def forward(self, x):
        w = self.weight
        w = (w - w.mean((1, 2, 3), keepdim=True)) / (w.std((1, 2, 3), keepdim=True) + 1e-5)
        return functional.conv2d(x, w, self.bias, self.stride, self.padding)


class Mixture(nn.Module):
    """Experts weighed by a gate, and learnt weights that a softmax makes of parameters."""

    def __init__(self, draw, inputs, outputs):
        super().__init__()
        width = draw.size(2, 6)
        expert = nn.Linear(inputs, width)
        count = draw.size(2, 3)
        self.experts = nn.ModuleList(
            copy.deepcopy(expert) if draw.chance(0.5) else nn.Linear(inputs, width)
            for _ in range(count)
        )
        self.gate = nn.Linear(inputs, count)
        self.share = nn.Parameter(torch.zeros(count))
        self.log_scale = nn.Parameter(torch.zeros(width))
        self.head = nn.Linear(width, outputs)

    def forward(self, x):
        weights = torch.softmax(self.gate(x), dim=-1) + torch.softmax(self.share, dim=0)
        mixed = sum(weights[:, i : i + 1] * e(x) for i, e in enumerate(self.experts))
        return self.head(torch.tanh(mixed) * self.log_scale.exp())


def computed(draw, outputs):
    """Weights that are computed from parameters."""
    kind = draw.size(0, 4)
    inputs = draw.size(2, 9)
    if kind == 0:
        layer = LowRank(draw, inputs, draw.size(2, 7))
        width = layer.base.out_features
        return nn.Sequential(layer, activation(draw, width), nn.Linear(width, outputs)), [inputs]
    if kind == 1:
        width = draw.size(2, 7)
        normed = nn.utils.parametrizations.weight_norm(nn.Linear(inputs, width))
        return nn.Sequential(normed, activation(draw, width), nn.Linear(width, outputs)), [inputs]
    if kind == 2:
        channels, width = draw.size(1, 3), draw.size(2, 5)
        conv = StandardisedConvolution(channels, width, 3, padding=1)
        layers = [conv, nn.GroupNorm(1, width), activation(draw, width), nn.AdaptiveAvgPool2d(1)]
        model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(width, outputs))
        return model, [channels, draw.size(3, 6), draw.size(3, 6)]
    if kind == 3:
        return Mixture(draw, inputs, outputs), [inputs]
    channels, width = draw.size(1, 3), draw.size(2, 5)
    conv = nn.utils.parametrizations.weight_norm(nn.Conv1d(channels, width, 3))
    model = nn.Sequential(
        conv, activation(draw, width), Apply(lambda x: x.mean(2)), nn.Linear(width, outputs)
    )
    return model, [channels, draw.size(4, 9)]


class SqueezeExcite(nn.Module):
    def __init__(self, draw, channels, outputs):
        super().__init__()
        width, narrow = draw.size(2, 6), draw.size(1, 3)
        self.conv = nn.Conv2d(channels, width, 3)
        self.down, self.up = nn.Linear(width, narrow), nn.Linear(narrow, width)
        self.head = nn.Linear(width, outputs)

    def forward(self, x):
        x = self.conv(x)
        gate = functional.adaptive_avg_pool2d(x, 1).flatten(1)
        gate = torch.sigmoid(self.up(functional.silu(self.down(gate))))
        x = x * gate[:, :, None, None]
        return self.head(x.mean((2, 3)))


class Inception(nn.Module):
    """Branches of several kernels, concatenated."""

    def __init__(self, draw, channels, outputs):
        super().__init__()
        widths = [draw.size(1, 3) for _ in range(3)]
        self.branches = nn.ModuleDict({
            "one": nn.Conv2d(channels, widths[0], 1),
            "three": nn.Sequential(
                nn.Conv2d(channels, widths[1], (1, 3), padding=(0, 1)), norm(draw, widths[1], 2)
            ),
            "pooled": nn.Sequential(
                nn.MaxPool2d(3, 1, 1), nn.Conv2d(channels, widths[2], 1)
            ),
        })
        self.act = activation(draw, sum(widths))
        self.head = nn.Linear(sum(widths), outputs)

    def forward(self, x):
        x = torch.cat([branch(x) for branch in self.branches.values()], dim=1)
        return self.head(self.act(x).mean((-2, -1)))


class Buffers(nn.Module):
    """Constants of the module that take part in the arithmetic."""

    def __init__(self, draw, inputs, outputs):
        super().__init__()
        width = draw.size(2, 7)
        self.register_buffer("mean", torch.randn(inputs) / 3)
        self.register_buffer("std", torch.rand(inputs) + 0.5)
        self.register_buffer("mask", (torch.rand(width, inputs) < 0.6).float())
        self.masked = draw.chance(0.5)
        self.linear = nn.Linear(inputs, width)
        self.gain = nn.Parameter(torch.ones(width))
        self.act = activation(draw, width)
        self.head = nn.Linear(width, outputs)

    def forward(self, x):
        x = (x - self.mean) / self.std
        weight = self.linear.weight * self.mask if self.masked else self.linear.weight
        return self.head(self.act(functional.linear(x, weight, self.linear.bias) * self.gain))


class Unet(nn.Module):
    """Down, up again, and a skip; one output per position."""

    def __init__(self, draw, channels, outputs):
        super().__init__()
        width = draw.size(2, 5)
        self.transposed = draw.chance(0.5)
        self.enter = nn.Conv2d(channels, width, 3, padding=1)
        self.down = nn.Conv2d(width, width, 3, padding=1)
        if self.transposed:
            self.up = nn.ConvTranspose2d(width, width, 2, stride=2)
        self.act = activation(draw, width)
        self.leave = nn.Conv2d(2 * width, outputs, 1)

    def forward(self, x):
        x = self.act(self.enter(x))
        y = self.act(self.down(functional.avg_pool2d(x, 2)))
        y = self.up(y) if self.transposed else functional.interpolate(y, scale_factor=2)
        return self.leave(torch.cat([x, y], dim=1))


class Mixer(nn.Module):
    def __init__(self, draw, tokens, width, outputs):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        hidden = draw.size(2, 5)
        self.tokens = nn.Sequential(nn.Linear(tokens, hidden), nn.GELU(), nn.Linear(hidden, tokens))
        self.channels = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))
        self.head = nn.Linear(width, outputs)

    def forward(self, x):
        x = x + self.tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        x = x + self.channels(self.norm2(x))
        return self.head(x.mean(1))


class Gated(nn.Module):
    """A highway: what a gate lets through of two ways."""

    def __init__(self, draw, inputs, outputs):
        super().__init__()
        self.fc = nn.Linear(inputs, 2 * inputs)
        self.way = draw.choice(["glu", "swiglu", "highway"])
        self.out = nn.Linear(inputs, outputs)

    def forward(self, x):
        if self.way == "glu":
            return self.out(functional.glu(self.fc(x), dim=-1))
        a, b = self.fc(x).chunk(2, dim=-1)
        if self.way == "swiglu":
            return self.out(functional.silu(a) * b)
        gate = torch.sigmoid(a)
        return self.out(gate * torch.tanh(b) + (1 - gate) * x)


class Cosine(nn.Module):
    """Normalised features against learnt centres, with a learnt temperature."""

    def __init__(self, draw, inputs, outputs):
        super().__init__()
        width = draw.size(2, 6)
        self.enter = nn.Linear(inputs, width)
        self.centres = nn.Parameter(torch.randn(outputs, width))
        self.temperature = nn.Parameter(torch.tensor(3.0))
        self.way = draw.choice(["cosine", "distance", "plain"])

    def forward(self, x):
        x = self.enter(x)
        if self.way == "distance":
            return -((x.unsqueeze(1) - self.centres) ** 2).sum(-1) * self.temperature
        if self.way == "cosine":
            x = x / (x * x).sum(-1, keepdim=True).add(1e-6).sqrt()
        return self.temperature * (x @ self.centres.t())


class Shuffle(nn.Module):
    """The channel shuffle of ShuffleNet."""

    def __init__(self, draw, groups, outputs):
        super().__init__()
        self.groups = groups
        width = 2 * groups
        self.first = nn.Conv2d(width, width, 1, groups=groups)
        self.second = nn.Conv2d(width, width, 3, padding=1, groups=width, bias=draw.chance(0.5))
        self.norm = norm(draw, width, 2)
        self.head = nn.Linear(width, outputs)

    def forward(self, x):
        x = self.first(x)
        n, c, h, w = x.shape
        x = x.view(n, self.groups, c // self.groups, h, w).transpose(1, 2).reshape(n, c, h, w)
        x = functional.relu(self.norm(self.second(x)))
        return self.head(x.mean((2, 3)))


def assorted(draw, outputs):
    image = [draw.size(3, 7), draw.size(3, 7)]
    channels, inputs = draw.size(1, 4), draw.size(2, 9)
    kind = draw.size(0, 9)
    if kind == 0:
        return SqueezeExcite(draw, channels, outputs), [channels, *image]
    if kind == 1:
        return Inception(draw, channels, outputs), [channels, *image]
    if kind == 2:
        return Buffers(draw, inputs, outputs), [inputs]
    if kind == 3:
        even = [2 * draw.size(1, 3), 2 * draw.size(1, 3)]
        return Unet(draw, channels, outputs), [channels, *even]
    if kind == 4:
        tokens, width = draw.size(2, 5), draw.size(2, 6)
        return Mixer(draw, tokens, width, outputs), [tokens, width]
    if kind == 5:
        return Gated(draw, inputs, outputs), [inputs]
    if kind == 6:
        return Cosine(draw, inputs, outputs), [inputs]
    if kind == 7:
        groups = draw.size(2, 4)
        return Shuffle(draw, groups, outputs), [2 * groups, *image]
    if kind == 8:
        # Linear layers on sequences, with one prediction for each element.
        width = draw.size(2, 7)
        layers = [nn.Linear(inputs, width), activation(draw, 4), nn.Linear(width, outputs)]
        return nn.Sequential(*layers, Apply(lambda x: x.transpose(1, 2))), [4, inputs]
    width = draw.size(2, 7)
    return nn.Sequential(
        nn.Linear(inputs, width), draw.choice([nn.Softmax(-1), nn.Tanh(), nn.LogSoftmax(1)]),
        nn.Linear(width, outputs, bias=False), nn.LayerNorm(outputs),
    ), [inputs]


class ConvNext(nn.Module):
    """A depthwise convolution, a norm and a bottleneck with channels last, and a layer scale."""

    def __init__(self, draw, channels, width, outputs):
        super().__init__()
        self.stem = nn.Conv2d(channels, width, 1)
        self.dwconv = nn.Conv2d(width, width, 3, padding=1, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        hidden = draw.size(2, 6)
        self.pwconv1, self.pwconv2 = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.gamma = nn.Parameter(draw.choice([1e-6, 0.1, 1.0]) * torch.ones(width))
        self.head = nn.Linear(width, outputs)

    def forward(self, x):
        x = self.stem(x)
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        y = self.gamma * self.pwconv2(functional.gelu(self.pwconv1(y)))
        return self.head((x + y.permute(0, 3, 1, 2)).mean([-2, -1]))


class InvertedResidual(nn.Module):
    """Expansion, depthwise convolution, projection, with batch norms, as in MobileNet."""

    def __init__(self, draw, channels, outputs):
        super().__init__()
        wide = 2 * channels

        def step(inputs, after, kernel, groups, act):
            layers = [
                nn.Conv2d(inputs, after, kernel, padding=kernel // 2, groups=groups, bias=False),
                nn.BatchNorm2d(after),
            ]
            return nn.Sequential(*layers, *([act()] if act else []))

        act = draw.choice([nn.ReLU6, nn.Hardswish, nn.SiLU])
        self.conv = nn.Sequential(
            step(channels, wide, 1, 1, act), step(wide, wide, 3, wide, act),
            step(wide, channels, 1, 1, None),
        )
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(channels, outputs))

    def forward(self, x):
        return self.classifier((x + self.conv(x)).mean([2, 3]))


class DenseBlock(nn.Module):
    """Each layer sees all before it."""

    def __init__(self, draw, channels, outputs):
        super().__init__()
        growth, layers = draw.size(1, 3), []
        for i in range(draw.size(2, 3)):
            width = channels + i * growth
            layers.append(nn.Sequential(
                norm(draw, width, 1), nn.ReLU(), nn.Conv1d(width, growth, 3, padding=1)
            ))
        self.layers = nn.ModuleList(layers)
        self.head = nn.Linear(channels + len(layers) * growth, outputs)

    def forward(self, x):
        features = [x]
        for layer in self.layers:
            features.append(layer(torch.cat(features, 1)))
        return self.head(torch.cat(features, 1).mean(2))


class Pooled(nn.Module):
    """Several statistics of the positions side by side."""

    def __init__(self, draw, channels, outputs):
        super().__init__()
        width = draw.size(2, 5)
        self.enter = nn.Linear(channels, width)
        self.way = draw.choice(["mean-max", "mean-std", "norm", "attention"])
        self.score = nn.Linear(width, 1) if self.way == "attention" else None
        both = 2 * width if self.way.startswith("mean") else width
        self.head = nn.Linear(both, outputs)

    def forward(self, x):
        x = torch.tanh(self.enter(x))
        if self.way == "mean-max":
            x = torch.cat([x.mean(1), x.amax(1)], -1)
        elif self.way == "mean-std":
            x = torch.cat([x.mean(1), x.std(1, unbiased=False)], -1)
        elif self.way == "norm":
            x = functional.normalize(x.sum(1), dim=-1)
        else:
            x = (torch.softmax(self.score(x), 1) * x).sum(1)
        return self.head(x)


class Products(nn.Module):
    """Products of activations in several notations, and a choice between two of them."""

    def __init__(self, draw, inputs, outputs):
        super().__init__()
        width = draw.size(2, 5)
        self.left, self.right = nn.Linear(inputs, width), nn.Linear(inputs, width)
        self.way = draw.choice(["einsum", "bilinear", "maximum", "where", "stack"])
        self.bilinear = nn.Bilinear(width, width, width) if self.way == "bilinear" else None
        self.mix = nn.Parameter(torch.randn(width, width) / 2) if self.way == "einsum" else None
        self.head = nn.Linear(width, outputs)

    def forward(self, x):
        a, b = self.left(x), torch.tanh(self.right(x))
        if self.way == "einsum":
            y = torch.einsum("ni,ij,nj->nj", a, self.mix, b)
        elif self.way == "bilinear":
            y = self.bilinear(a, b)
        elif self.way == "maximum":
            y = torch.maximum(a, b)
        elif self.way == "where":
            y = torch.where(a > 0, a, 0.1 * b)
        else:
            y = torch.stack([a, b, a * b], dim=1).sum(1)
        return self.head(y)


class PixelShuffle(nn.Module):
    def __init__(self, draw, channels, outputs):
        super().__init__()
        self.conv = nn.Conv2d(channels, 4 * outputs, 3, padding=1)
        self.act = activation(draw, outputs)

    def forward(self, x):
        return self.act(functional.pixel_shuffle(self.conv(x), 2))


def blocks(draw, outputs):
    image = [draw.size(3, 6), draw.size(3, 6)]
    channels, inputs = draw.size(1, 4), draw.size(2, 9)
    kind = draw.size(0, 5)
    if kind == 0:
        return ConvNext(draw, channels, draw.size(2, 5), outputs), [channels, *image]
    if kind == 1:
        return InvertedResidual(draw, channels, outputs), [channels, *image]
    if kind == 2:
        return DenseBlock(draw, channels, outputs), [channels, draw.size(3, 9)]
    if kind == 3:
        return Pooled(draw, channels, outputs), [draw.size(2, 6), channels]
    if kind == 4:
        return Products(draw, inputs, outputs), [inputs]
    return PixelShuffle(draw, channels, min(outputs, 3)), [channels, 3, draw.size(2, 4)]


FAMILIES = {
    "mlp": mlp,
    "cnn1d": cnn(1),
    "cnn2d": cnn(2),
    "cnn3d": cnn(3),
    "residual-mlp": residual_mlp,
    "residual-cnn": residual_cnn,
    "transformer": transformer,
    "shared": shared,
    "computed": computed,
    "assorted": assorted,
    "blocks": blocks,
}


def randomise_statistics(model):
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.running_mean.copy_(torch.randn(module.running_mean.shape) / 2)
            module.running_var.copy_(torch.rand(module.running_var.shape) + 0.5)


def zero_biases(model):
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            parameter.zero_()


def equal_values(model):
    known = {}
    for parameter in model.parameters():
        parameter.copy_(known.setdefault(parameter.shape, parameter))


def simple_values(model):
    """Ones for vectors, the identity for square matrices."""
    for parameter in model.parameters():
        if parameter.dim() == 2 and parameter.shape[0] == parameter.shape[1]:
            parameter.copy_(torch.eye(parameter.shape[0]))
        elif parameter.dim() == 1:
            parameter.fill_(1)


def scaled_by(factor):
    def scale(model):
        for parameter in model.parameters():
            parameter.mul_(factor)

    return scale


def trained(model):
    for parameter in model.parameters():
        parameter.add_(torch.randn(parameter.shape) / 8)


def zero_ends(model):
    """The last weight of each block is zero, as residual branches often begin."""
    parameters = [p for p in model.parameters() if p.dim() > 1]
    for parameter in parameters[1:-1]:
        if torch.rand(()) < 0.4:
            parameter.zero_()


INITIALISATIONS = {
    "fresh": [],
    "trained": [trained, randomise_statistics],
    "zero-biases": [zero_biases, randomise_statistics],
    "equal-values": [equal_values],
    "simple-values": [simple_values, randomise_statistics],
    "tiny": [scaled_by(0.02), randomise_statistics],
    "huge": [scaled_by(4), randomise_statistics],
    "zero-ends": [randomise_statistics, zero_ends],
}
WEIGHTED = ["fresh"] * 3 + ["trained"] * 6 + [k for k in INITIALISATIONS if k not in ("trained", "fresh")]


def initialise(draw, model):
    name = draw.choice(WEIGHTED)
    with torch.no_grad():
        for step in INITIALISATIONS[name]:
            step(model)
    return name
