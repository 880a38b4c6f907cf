"""Makes the values that LayersOfPyTorchTest compares the layers of model files with.

Usage: make_layer_cases.py CASES.json. Each case is a model as ModelSpec reads it, an input,
parameters and a cotangent, with PyTorch's output and gradients of <cotangent, output> in float64.
The modules are given beside the specifications, so that names and defaults are compared too.
Needs torch.
"""

import json
import sys

import torch
from torch import nn

SAMPLES = 2
# Where the elementwise functions have kinks, and where exponentials overflow.
POINTS = [-1000.0, -40.0, -6.0, -3.0, -1.0, -0.5, -1e-5, 0.0, 1e-5, 0.5, 1.0, 3.0, 6.0, 25.0, 40.0, 1000.0]
POSITIVE = [1e-5, 0.25, 0.5, 1.0, 2.0, 3.0, 10.0, 1000.0]


class Function(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class Residual(nn.Module):
    def __init__(self, layers, shortcut=()):
        super().__init__()
        self.layers = nn.Sequential(*layers)
        if shortcut:
            self.shortcut = nn.Sequential(*shortcut)

    def forward(self, x):
        return self.layers(x) + (self.shortcut(x) if hasattr(self, "shortcut") else x)


def batch_norm(module, mean, variance):
    module.running_mean = torch.tensor(mean)
    module.running_var = torch.tensor(variance)
    return module


def pools():
    line, plane, volume = [2, 7], [2, 5, 7], [1, 3, 4, 5]
    windows = [
        (1, line, dict(kernel=2), {}),
        (1, line, dict(kernel=2, stride=3, padding=1), {}),
        (1, line, dict(kernel=2), dict(ceil_mode=True)),
        (1, [1, 2], dict(kernel=3, stride=2), dict(ceil_mode=True)),
        (1, [1, 6], dict(kernel=2, stride=3, padding=1), dict(ceil_mode=True)),
        (2, plane, dict(kernel=[2, 3], stride=[1, 2], padding=[1, 0]), {}),
        (2, plane, dict(kernel=3, stride=2, padding=1), dict(ceil_mode=True)),
        (2, plane, dict(kernel=2), dict(ceil_mode=True)),
        (3, volume, dict(kernel=2, stride=[1, 2, 3], padding=[1, 0, 1]), {}),
        (3, volume, dict(kernel=2), dict(ceil_mode=True)),
    ]
    for axes, shape, window, mode in windows:
        kernel = {"kernel_size" if k == "kernel" else k: v for k, v in window.items()}
        kernel = {k: tuple(v) if isinstance(v, list) else v for k, v in kernel.items()}
        spec = {**window, **mode}
        yield {f"maxpool{axes}d": spec}, shape, getattr(nn, f"MaxPool{axes}d")(**kernel, **mode)
        average = getattr(nn, f"AvgPool{axes}d")
        yield {f"avgpool{axes}d": spec}, shape, average(**kernel, **mode)
        without = {**spec, "count_include_pad": False}
        yield {f"avgpool{axes}d": without}, shape, average(**kernel, **mode, count_include_pad=False)
    dilated = dict(kernel=2, stride=1, padding=1, dilation=2)
    yield {"maxpool2d": dilated}, plane, nn.MaxPool2d(2, 1, 1, 2)
    yield "globalavgpool", plane, nn.AdaptiveAvgPool2d(1)


def convolutions():
    yield {"conv1d": {"out": 2, "kernel": 3, "stride": 2, "padding": 1}}, [2, 6], nn.Conv1d(2, 2, 3, 2, 1)
    yield (
        {"conv2d": {"out": 4, "kernel": [2, 3], "padding": [1, 0], "dilation": [2, 1], "groups": 2}},
        [2, 4, 4],
        nn.Conv2d(2, 4, (2, 3), padding=(1, 0), dilation=(2, 1), groups=2),
    )
    yield (
        {"conv2d": {"out": 1, "kernel": 2, "padding": [[2, 1], [0, 1]], "bias": False}},
        [1, 3, 3],
        [nn.ZeroPad2d((0, 1, 2, 1)), nn.Conv2d(1, 1, 2, bias=False)],
    )
    yield {"conv3d": {"out": 2, "kernel": [1, 2, 2], "stride": [1, 1, 2]}}, [1, 2, 3, 4], nn.Conv3d(1, 2, (1, 2, 2), (1, 1, 2))


def others():
    mean, variance = [0.5, -1.0, 2.0], [0.25, 2.0, 1.5]
    yield {"linear": {"out": 3}}, [2, 4], nn.Linear(4, 3)
    yield (
        {"batchnorm1d": {"running_mean": mean, "running_var": variance}},
        [3],
        batch_norm(nn.BatchNorm1d(3), mean, variance),
    )
    yield (
        {"batchnorm2d": {"running_mean": mean, "running_var": variance, "eps": 0.1}},
        [3, 2, 2],
        batch_norm(nn.BatchNorm2d(3, eps=0.1), mean, variance),
    )
    yield {"layernorm": {"axes": 1}}, [2, 4], nn.LayerNorm(4)
    yield {"layernorm": {"axes": 2, "bias": False}}, [2, 4], nn.LayerNorm([2, 4], bias=False)
    yield {"groupnorm": {"groups": 2}}, [4, 3], nn.GroupNorm(2, 4)
    yield "instancenorm2d", [2, 2, 3], nn.InstanceNorm2d(2)
    yield {"instancenorm1d": {"affine": True}}, [2, 5], nn.InstanceNorm1d(2, affine=True)
    yield {"softmax": {"axis": 0}}, [3, 2], nn.Softmax(1)
    yield "softmax", [3], nn.Softmax(-1)
    yield {"logsoftmax": {"axis": 0}}, [3, 2], nn.LogSoftmax(1)
    yield {"flatten": {"start_axis": 1}}, [2, 3, 2], nn.Flatten(2)
    yield {"prelu": {"num_parameters": 3}}, [3, 4], nn.PReLU(3)
    yield {"mean": {"axes": [-1]}}, [3, 4], Function(lambda x: x.mean(-1))
    yield {"permute": {"axes": [1, 0]}}, [3, 4], Function(lambda x: x.permute(0, 2, 1))
    yield (
        {
            "residual": {
                "layers": [{"conv2d": {"out": 3, "kernel": 3, "padding": 1}}, "batchnorm2d", "relu"],
                "shortcut": [{"conv2d": {"out": 3, "kernel": 1, "bias": False}}],
            }
        },
        [2, 3, 3],
        Residual(
            [nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU()],
            [nn.Conv2d(2, 3, 1, bias=False)],
        ),
    )


def elementwise():
    yield "relu", nn.ReLU()
    yield "relu6", nn.ReLU6()
    yield "leakyrelu", nn.LeakyReLU()
    yield {"leakyrelu": {"negative_slope": 0.3}}, nn.LeakyReLU(0.3)
    yield "prelu", nn.PReLU()
    yield "elu", nn.ELU()
    yield {"elu": {"alpha": 0.7}}, nn.ELU(0.7)
    yield "selu", nn.SELU()
    yield "celu", nn.CELU()
    yield {"celu": {"alpha": 2.5}}, nn.CELU(2.5)
    yield "gelu", nn.GELU()
    yield {"gelu": {"approximate": "tanh"}}, nn.GELU("tanh")
    yield "silu", nn.SiLU()
    yield "mish", nn.Mish()
    yield "sigmoid", nn.Sigmoid()
    yield "logsigmoid", nn.LogSigmoid()
    # The module's own derivative is 1/6 in float32, whatever the input.
    yield "hardsigmoid", Function(lambda x: nn.functional.relu6(x + 3) / 6)
    yield "hardswish", nn.Hardswish()
    yield "hardtanh", nn.Hardtanh()
    yield {"clamp": {"min": -1, "max": 3}}, Function(lambda x: x.clamp(-1, 3))
    yield "softplus", nn.Softplus()
    yield {"softplus": {"beta": 2, "threshold": 5}}, nn.Softplus(2, 5)
    yield "softsign", nn.Softsign()
    yield "tanh", nn.Tanh()
    yield "erf", Function(torch.erf)
    yield "abs", Function(torch.abs)
    yield "neg", Function(torch.neg)
    yield {"pow": {"exponent": 3}}, Function(lambda x: x**3)
    yield "dropout", nn.Dropout()


def of_positive():
    yield "log", Function(torch.log)
    yield "sqrt", Function(torch.sqrt)
    yield {"pow": {"exponent": -1.5}}, Function(lambda x: x**-1.5)
    yield {"pow": {"exponent": 0.3}}, Function(lambda x: x**0.3)


def numbers(shape):
    """Multiples of 1/16 up to 2, none equal to another sign's zero."""
    return torch.randint(-32, 33, shape).double() / 16 + 1 / 64


def case(layer, shape, module, x=None):
    layers = module if isinstance(module, list) else [module]
    model = nn.Sequential(*layers).double().eval()
    moved = len(layers) - 1  # a module before that stands for an option of the layer
    x = (numbers((SAMPLES, *shape)) if x is None else x).requires_grad_()
    parameters = dict(model.named_parameters())
    for parameter in parameters.values():
        parameter.data = numbers(parameter.shape)
    y = model(x)
    cotangent = numbers(y.shape)
    gradients = torch.autograd.grad((cotangent * y).sum(), [x, *parameters.values()])
    names = [f"{int(name.split('.', 1)[0]) - moved}.{name.split('.', 1)[1]}" for name in parameters]
    return {
        "model": {"input": list(shape), "layers": [layer]},
        "input": x.flatten().tolist(),
        "parameters": {n: p.flatten().tolist() for n, p in zip(names, parameters.values())},
        "cotangent": cotangent.flatten().tolist(),
        "output_shape": list(y.shape[1:]),
        "output": y.flatten().tolist(),
        "input_gradient": gradients[0].flatten().tolist(),
        "parameter_gradients": {n: g.flatten().tolist() for n, g in zip(names, gradients[1:])},
    }


if __name__ == "__main__":
    torch.manual_seed(4)
    torch.set_default_dtype(torch.float64)
    cases = [case(*each) for group in (convolutions, pools, others) for each in group()]
    for group, points in ((elementwise, POINTS), (of_positive, POSITIVE)):
        for layer, module in group():
            x = torch.tensor([points, points[::-1]])
            cases.append(case(layer, [len(points)], module, x))
    x = torch.tensor([[[3.0, -4.0], [0.0, 0.0]], [[0.0, 1e-5], [0.0, 0.0]]])
    norm = Function(lambda x: torch.linalg.vector_norm(x, dim=-1))
    cases.append(case({"norm": {"axes": [-1]}}, [2, 2], norm, x))
    with open(sys.argv[1], "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
