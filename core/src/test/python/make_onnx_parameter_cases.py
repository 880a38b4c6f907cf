"""Makes small ONNX files of which it must be found out which tensor is which parameter.

Usage: make_onnx_parameter_cases.py TARGET. Into TARGET go NAME-WAY.onnx and cases.json: for each
file the module's parameters (shape, and the sum of value times position, counted from 1) and
whether the file must be taken, with the words of a note taken as it is, or, with the words of the
message, refused. The ways are dynamo (PyTorch's default), unoptimised (dynamo, optimize=False),
script (TorchScript's default), unfolded (TorchScript with training=PRESERVE,
do_constant_folding=False), and two that change a file after its export: stripped (dynamo without
what it writes beside nodes and tensors) and reoptimised (unfolded, by onnxscript's optimiser).
Needs torch, onnx and onnxscript.
"""

import copy
import json
import logging
import pathlib
import sys
import warnings

import onnx
import onnxscript.optimizer
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrizations, prune

TAKEN = None


class Noted(str):
    """Words of the note under which a file is taken that says too little."""


CASES = []


def case(make, shape, **ways):
    """A way is TAKEN, Noted, or the words of the message that refuses it."""
    CASES.append((make.__name__.replace("_", "-"), make, shape, ways))


def everywhere(refused=TAKEN):
    return dict.fromkeys(("dynamo", "unoptimised", "script", "unfolded"), refused)


class Function(nn.Module):
    """A function of the module and its input; tensors are parameters or buffers as they are."""

    def __init__(self, function, **members):
        super().__init__()
        self.function = function
        for name, member in members.items():
            if isinstance(member, torch.Tensor) and not isinstance(member, nn.Parameter):
                self.register_buffer(name, member)
            else:
                setattr(self, name, member)

    def forward(self, x):
        return self.function(self, x)


def parameter(*shape):
    return nn.Parameter(torch.randn(*shape))


class Masked(nn.Linear):
    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs)
        self.register_buffer("mask", torch.rand(outputs, inputs) + 0.1)

    def forward(self, x):
        return functional.linear(x, self.weight * self.mask, self.bias)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 2, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(2)
        self.head = nn.Linear(2, 2)

    def forward(self, x):
        return self.head(functional.relu(self.norm(self.conv(x)) + x).mean((2, 3)))


def plain():
    return nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))


def convolutions():
    return nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(12, 2))


def residual():
    return Residual()


def conv_plain_norm():
    return nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3, affine=False), nn.ReLU())


def linear_plain_norm():
    return nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3, affine=False), nn.ReLU())


def fresh_norms():
    return nn.Sequential(
        nn.Conv2d(2, 2, 1), nn.GroupNorm(1, 2), nn.Conv2d(2, 2, 1), nn.GroupNorm(1, 2)
    )


def plain_layer_norm():
    return nn.Sequential(
        nn.Linear(4, 4), nn.LayerNorm(4, elementwise_affine=False), nn.LayerNorm(4)
    )


def deep_copies():
    layer = nn.Linear(4, 4)
    return nn.Sequential(layer, nn.Tanh(), copy.deepcopy(layer))


def shared_module():
    layer = nn.Linear(4, 4)
    return nn.Sequential(layer, nn.Tanh(), layer)


def shared_weight():
    module = deep_copies()
    module[2].weight = module[0].weight
    return module


def zero_bias():
    module = convolutions()
    nn.init.zeros_(module[0].bias)
    nn.init.zeros_(module[3].bias)
    return module


def without_bias():
    return nn.Sequential(nn.Linear(4, 3, bias=False), nn.ReLU(), nn.Linear(3, 2))


def masked():
    return nn.Sequential(Masked(4, 3), nn.ReLU(), nn.Linear(3, 2))


def masked_last():
    return nn.Sequential(nn.Linear(4, 3), nn.ReLU(), Masked(3, 2))


def pruned():
    module = convolutions()
    prune.l1_unstructured(module[0], "weight", 0.5)
    return module


def weight_norm():
    return nn.Sequential(parametrizations.weight_norm(nn.Linear(4, 3)), nn.Tanh())


def low_rank():
    return Function(
        lambda m, x: functional.linear(x, m.weight + m.B @ m.A, m.bias),
        weight=parameter(3, 4),
        bias=parameter(3),
        A=parameter(1, 4),
        B=nn.Parameter(torch.zeros(3, 1)),
    )


def mask_in_arithmetic():
    return Function(
        lambda m, x: m.linear(x) * m.scale * m.mask,
        linear=nn.Linear(4, 3),
        scale=nn.Parameter(torch.full((3,), 2.0)),
        mask=torch.full((3,), 2.0),
    )


def parameter_named_running_mean():
    return Function(
        lambda m, x: m.linear(x) + m.running_mean,
        linear=nn.Linear(4, 3),
        running_mean=parameter(3),
    )


def buffer_named_weight():
    return nn.Sequential(
        Function(lambda m, x: functional.linear(x, m.weight), weight=torch.randn(3, 4)),
        nn.Linear(3, 2),
    )


def temperature_of_one():
    return Function(
        lambda m, x: m.linear(x) * m.temperature,
        linear=nn.Linear(4, 3),
        temperature=nn.Parameter(torch.tensor(1.0)),
    )


def zero_of_one_element():
    return nn.Sequential(
        nn.Conv2d(2, 2, 1), nn.GroupNorm(1, 2), nn.Flatten(), nn.Linear(32, 1)
    ).apply(lambda m: nn.init.zeros_(m.bias) if isinstance(m, nn.Linear) else None)


def unused():
    return Function(lambda m, x: m.used(x), used=nn.Linear(4, 3), left=nn.Linear(4, 2))


def transposed_and_scaled():
    return Function(
        lambda m, x: functional.linear(torch.tanh(functional.linear(x, m.w)), (m.w * 2).t()),
        w=nn.Parameter(torch.zeros(3, 4)),
    )


def tied_to_its_transpose():
    return Function(
        lambda m, x: functional.linear(torch.tanh(m.enter(x)), m.enter.weight.t()),
        enter=nn.Linear(4, 3),
    )


def layer_scale():
    return Function(
        lambda m, x: x + m.gamma.view(1, -1, 1, 1) * m.conv(x),
        conv=nn.Conv2d(2, 2, 1),
        gamma=parameter(2),
    )


def dictionary():
    layers = nn.ModuleDict({"enter": nn.Linear(4, 3), "leave": nn.Linear(3, 2)})
    return Function(lambda m, x: m.layers["leave"](m.layers["enter"](x)), layers=layers)


def norms_of_ones():
    return nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 4))


def equal_weight_and_bias():
    module = nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4), nn.Linear(4, 2))
    nn.init.ones_(module[1].bias)
    return module


def norm_behind():
    module = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3, affine=False), nn.ReLU())
    module[1].running_var.fill_(2)
    return module


def fixed_features():
    fixed = {"weight": torch.randn(3, 4), "bias": torch.randn(3)}
    return nn.Sequential(
        Function(lambda m, x: functional.linear(x, m.weight, m.bias), **fixed), nn.Linear(3, 2)
    )


def scaled_beside_shapes():
    return nn.Sequential(
        Function(lambda m, x: x.view(x.size(0), 3, 4)),
        Function(
            lambda m, x: functional.linear(x, m.weight * 0.5, m.bias),
            weight=parameter(3, 4),
            bias=parameter(3),
        ),
    )


MERGED = "were computed by the exporter"
UNKNOWN = "may be parameters or buffers"
LACKS = "parameters of the module that the file lacks"
NORM = "the batch norm behind it"
CHANGED = "the file has been changed"
SCRIPT = Noted("does not write down what is a parameter, a buffer")
TRANSPOSED = Noted("only transposed the tensor")

VECTOR, SEQUENCE, IMAGE = (4,), (3, 4), (2, 4, 4)

case(plain, VECTOR, **everywhere())
case(convolutions, IMAGE, **everywhere())
case(residual, IMAGE, dynamo=NORM, unoptimised=TAKEN, script=MERGED, unfolded=TAKEN)
case(conv_plain_norm, IMAGE, dynamo=NORM, unoptimised=TAKEN, script=MERGED, unfolded=TAKEN)
case(linear_plain_norm, VECTOR, dynamo=NORM, unoptimised=TAKEN, script=TAKEN, unfolded=TAKEN)
case(fresh_norms, IMAGE, **everywhere())
case(plain_layer_norm, VECTOR, **everywhere())
case(deep_copies, SEQUENCE, **everywhere())
case(shared_module, SEQUENCE, **everywhere())
case(shared_weight, SEQUENCE, **everywhere())
case(shared_weight, VECTOR, **everywhere())
case(zero_bias, IMAGE, **everywhere())
case(without_bias, SEQUENCE, dynamo=TAKEN, unoptimised=TAKEN, script="without bias", unfolded=UNKNOWN)
case(masked, VECTOR, dynamo=MERGED, unoptimised=TAKEN, script=MERGED, unfolded=UNKNOWN)
case(masked, SEQUENCE, dynamo=MERGED, unoptimised=TAKEN, script=MERGED, unfolded=UNKNOWN)
case(masked_last, SEQUENCE, dynamo=MERGED, script=MERGED, unfolded=UNKNOWN)
case(pruned, IMAGE, dynamo=MERGED, unoptimised=TAKEN, script=MERGED, unfolded=UNKNOWN)
case(weight_norm, VECTOR, dynamo=MERGED, script=UNKNOWN)
case(low_rank, SEQUENCE, dynamo=MERGED, script=UNKNOWN)
case(mask_in_arithmetic, VECTOR, dynamo=TAKEN, unoptimised=TAKEN, script=UNKNOWN, unfolded=UNKNOWN)
case(parameter_named_running_mean, VECTOR, dynamo=TAKEN, unoptimised=TAKEN, script=UNKNOWN)
case(buffer_named_weight, VECTOR, dynamo=TAKEN, unoptimised=TAKEN, script="without bias", unfolded=UNKNOWN)
case(temperature_of_one, VECTOR, dynamo=LACKS, unoptimised=TAKEN, script=UNKNOWN)
case(zero_of_one_element, IMAGE, **everywhere())
case(unused, VECTOR, dynamo=LACKS, unoptimised=LACKS)
case(transposed_and_scaled, VECTOR, dynamo=MERGED, unoptimised=TAKEN, script=MERGED)
case(tied_to_its_transpose, VECTOR, dynamo=TAKEN, unoptimised=TAKEN, script=TAKEN)
case(layer_scale, IMAGE, dynamo=TAKEN, unoptimised=TAKEN, script=MERGED, unfolded=UNKNOWN)
case(dictionary, VECTOR, **everywhere())
case(norms_of_ones, VECTOR, **everywhere())
case(equal_weight_and_bias, VECTOR, **everywhere())
case(norm_behind, IMAGE, stripped=CHANGED)
case(masked, SEQUENCE, stripped=CHANGED, reoptimised=MERGED)
case(fixed_features, VECTOR, dynamo=TAKEN, unoptimised=TAKEN, script=SCRIPT, unfolded=SCRIPT)
case(scaled_beside_shapes, SEQUENCE, dynamo=MERGED, unoptimised=TAKEN, script=TRANSPOSED)


def export(module, shape, way, path):
    example = torch.randn(2, *shape)
    if way in ("dynamo", "stripped", "unoptimised"):
        batch = ({0: torch.export.Dim("N")},)
        program = torch.onnx.export(
            module, (example,), dynamo=True, dynamic_shapes=batch, verbose=False,
            optimize=way != "unoptimised",
        )
        program.save(str(path))
    else:
        unfolded = {
            "training": torch.onnx.TrainingMode.PRESERVE,
            "do_constant_folding": False,
        }
        torch.onnx.export(
            module, (example,), str(path), dynamo=False, input_names=["x"], output_names=["y"],
            dynamic_axes={"x": {0: "N"}}, **({} if way == "script" else unfolded),
        )
    if way == "stripped":
        without_metadata(path)
    if way == "reoptimised":
        onnx.save(onnxscript.optimizer.optimize(onnx.load(str(path))), str(path))
    without_traces(path)


def without_traces(path):
    """Stack traces name files of the machine that exported."""
    model = onnx.load(str(path))
    for node in model.graph.node:
        kept = [p for p in node.metadata_props if p.key.split(".")[-1] not in ("stack_trace", "namespace")]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
    onnx.save(model, str(path))


def without_metadata(path):
    """As tools leave a file that do not know what the exporter writes."""
    model = onnx.load(str(path))
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.value_info, *graph.initializer):
        del part.metadata_props[:]
    onnx.save(model, str(path))


def described(value):
    flat = value.detach().double().flatten()
    positions = torch.arange(1, flat.numel() + 1, dtype=torch.float64)
    return {"shape": list(value.shape), "sum": float((flat * positions).sum())}


def main():
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    descriptions = []
    for name, make, shape, ways in CASES:
        torch.manual_seed(0)
        module = make().eval()
        for way, refused in ways.items():
            file = f"{name}-{'x'.join(map(str, shape))}-{way}.onnx"
            export(module, shape, way, target / file)
            descriptions.append(
                {
                    "file": file,
                    "refused": None if isinstance(refused, Noted) else refused,
                    "noted": refused if isinstance(refused, Noted) else None,
                    "parameters": {n: described(p) for n, p in module.named_parameters()},
                }
            )
    (target / "cases.json").write_text(json.dumps(descriptions, indent=1) + "\n")


if __name__ == "__main__":
    main()
