"""Every module of the zoo, exported by each of PyTorch's exporters."""

from __future__ import annotations

import copy
import hashlib
import json
import warnings

import numpy
import onnx
import pytest
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional

import samplegrad
import zoo

EXPORTERS = {"dynamo": True, "torchscript": False}

# PyTorch's older exporter has no way for these.
WITHOUT_TORCHSCRIPT = {"spectral_norm", "wrapped"}


def export(module, args, path, **options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        written = samplegrad.export(module, args, path, **options)
    said = [str(w.message) for w in caught if w.filename == __file__]
    assert [note for note in said if note in written.notes] == list(written.notes)
    return written


def metadata(file: onnx.ModelProto) -> dict:
    [entry] = [entry for entry in file.metadata_props if entry.key == "samplegrad.module"]
    return json.loads(entry.value)


def stored(initializer: onnx.TensorProto) -> numpy.ndarray:
    return numpy_helper.to_array(initializer).astype(numpy.float64)


def expected(tensor: torch.Tensor) -> numpy.ndarray:
    return tensor.detach().double().numpy()


def row_by_row(module, args, size):
    """What the module gives in evaluation mode, of samples made from those of the example."""
    positional = [a for a in args if isinstance(a, torch.Tensor)]
    named = args[-1] if isinstance(args[-1], dict) else {}

    def rows(value):
        if not isinstance(value, torch.Tensor):
            return value
        return torch.stack([value[(2 * i) % len(value)] for i in range(size)])

    inputs = [rows(a) for a in positional]
    options = {name: rows(value) for name, value in named.items()}
    given = [*inputs, *(v for v in options.values() if isinstance(v, torch.Tensor))]
    was_training = module.training
    with torch.no_grad():
        output = module.eval()(*inputs, **options)
    module.train(was_training)
    return given, output


@pytest.mark.parametrize("exporter", EXPORTERS)
@pytest.mark.parametrize("name", zoo.ZOO)
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_every_parameter_survives(name, exporter, tmp_path):
    module, args = zoo.make(name)
    state = {n: t.clone() for n, t in module.state_dict().items()}
    trained = [p.requires_grad for p in module.parameters()]
    modes = [m.training for m in module.modules()]
    path = tmp_path / "model.onnx"

    if exporter == "torchscript" and name in WITHOUT_TORCHSCRIPT:
        with pytest.raises(samplegrad.UnusableModel, match="TorchScript: it fails"):
            export(module, args, path, dynamo=False)
        assert list(tmp_path.iterdir()) == []
        return
    written = export(module, args, path, dynamo=EXPORTERS[exporter])

    # The module is as before.
    assert all(torch.equal(t, state[n]) for n, t in module.state_dict().items())
    assert [p.requires_grad for p in module.parameters()] == trained
    assert [m.training for m in module.modules()] == modes
    assert written.exporter == exporter
    assert written.checked_with is not None
    assert list(tmp_path.iterdir()) == [path]

    # Each parameter is one tensor of the file, whole, under its name.
    file = onnx.load(path)
    onnx.checker.check_model(file, full_check=name != "bfloat16_parameters")
    initializers = {i.name: i for i in file.graph.initializer}
    described = metadata(file)
    parameters = dict(module.named_parameters())
    assert described["version"] == 1
    assert described["exporter"] == exporter
    assert [e["name"] for e in described["parameters"]] == list(parameters)
    for entry in described["parameters"]:
        parameter = parameters[entry["name"]]
        assert entry["shape"] == list(parameter.shape)
        assert entry["requires_grad"] == parameter.requires_grad
        if "forgotten" in entry["name"]:
            assert entry["tensor"] is None and entry["unused"] is True
            continue
        assert "unused" not in entry
        tensor = initializers[entry["tensor"]]
        if name != "parameters_named_as_other_values":
            assert entry["tensor"] == entry["name"]
        assert list(tensor.dims) == list(parameter.shape)
        assert numpy.array_equal(stored(tensor), expected(parameter))
        assert entry["fingerprint"] == "sha256:" + hashlib.sha256(tensor.raw_data).hexdigest()

    # Buffers are listed apart.
    buffers = dict(module.named_buffers())
    assert [e["name"] for e in described["buffers"]] == list(buffers)
    for entry in described["buffers"]:
        buffer = buffers[entry["name"]]
        assert entry["shape"] == list(buffer.shape)
        if entry["tensor"] is not None:
            tensor = initializers[entry["tensor"]]
            assert numpy.array_equal(stored(tensor), expected(buffer))
            assert entry["fingerprint"] == "sha256:" + hashlib.sha256(tensor.raw_data).hexdigest()
        elif "running" in entry["name"]:
            raise AssertionError(f"{entry['name']} is not in the file")
    tied = dict(module.named_parameters(remove_duplicate=False))
    assert described["ties"] == {
        n: next(first for first in parameters if parameters[first] is t)
        for n, t in tied.items()
        if n not in parameters
    }

    # Another evaluator finds the module's outputs, for a number of samples that export did not try.
    if name not in ("bfloat16_parameters", "float16_parameters"):
        given, output = row_by_row(module, args, 4)
        names = [i.name for i in file.graph.input]
        reference = onnx.reference.ReferenceEvaluator(file)
        [found] = reference.run(None, dict(zip(names, (g.numpy() for g in given))))
        numpy.testing.assert_allclose(found, output.numpy(), rtol=1e-4, atol=1e-5)


def test_notes_say_what_was_not_kept(tmp_path):
    module, args = zoo.make("unused_parameters")
    [note] = export(module, args, tmp_path / "model.onnx").notes
    assert "forgotten.weight, forgotten.bias" in note
    module, args = zoo.make("residual_block")
    [note] = export(module.train(), args, tmp_path / "model.onnx").notes
    assert "evaluation mode" in note
    assert export(module.eval(), args, tmp_path / "model.onnx").notes == ()


@pytest.mark.parametrize("exporter", EXPORTERS)
@pytest.mark.parametrize(
    "options", [{"optimize": True}, {"do_constant_folding": True}], ids=lambda o: next(iter(o))
)
def test_merged_parameters_are_refused_or_taken_apart(exporter, options, tmp_path):
    """Options that let an exporter merge do not bring a merged parameter into a file."""
    for name in ("batch_norm_without_affine_after_convolution", "tied_transpose", "masked_weight"):
        module, args = zoo.make(name)
        path = tmp_path / f"{name}.onnx"
        try:
            export(module, args, path, dynamo=EXPORTERS[exporter], **options)
        except samplegrad.UnusableModel as e:
            assert "lacks the parameters" in str(e) and "weight" in str(e)
            assert not path.exists()
            continue
        tensors = {i.name: i for i in onnx.load(path).graph.initializer}
        for parameter, value in module.named_parameters():
            assert numpy.array_equal(stored(tensors[parameter]), expected(value))


class Detached(nn.Module):
    def __init__(self):
        super().__init__()
        self.kept = nn.Linear(4, 3)
        self.stopped = nn.Linear(4, 3)

    def forward(self, x):
        return self.kept(x) + self.stopped(x).detach()


class StraightThrough(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 3)

    def forward(self, x):
        y = self.linear(x)
        return y + (y.round() - y).detach()


class Captured(nn.Module):
    """Computed once from a parameter, when it was made."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(4, 4))
        self.symmetric = self.weight + self.weight.t()

    def forward(self, x):
        return x @ self.symmetric


class Mean(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 3)

    def forward(self, x):
        return self.linear(x).mean()


class Fails(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 3)

    def forward(self, x):
        raise RuntimeError("no such thing")


REFUSED = {
    "gradients stopped": (Detached, "stopped.weight, stopped.bias is not the derivative"),
    "straight through": (StraightThrough, "is not the derivative"),
    "captured": (Captured, "weight"),
    "padding row": (lambda: nn.Embedding(6, 4, padding_idx=0), "padding_idx"),
    "renormalised rows": (lambda: nn.Embedding(6, 4, max_norm=1.0), "max_norm"),
    "batch statistics": (
        lambda: nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3, track_running_stats=False)),
        "depends on the other samples",
    ),
    "no samples in the output": (Mean, "first axis must be that of the samples"),
    "fails": (Fails, "no such thing"),
    "lazy": (lambda: nn.LazyLinear(3), "no shape yet"),
    "meta": (lambda: nn.Linear(4, 3, device="meta"), "no values"),
    "no parameters": (nn.Tanh, "no parameters"),
    "complex": (lambda: nn.Linear(4, 3, dtype=torch.complex64), "complex"),
    "no module": (lambda: torch.tanh, "torch.nn.Module"),
    "script": (lambda: torch.jit.script(nn.Linear(4, 3)), "torch.nn.Module"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.filterwarnings("ignore")
def test_refused_with_one_message(case, tmp_path):
    make, message = REFUSED[case]
    example = torch.tensor([[1, 2], [3, 4]]) if "row" in case else torch.randn(2, 4)
    with pytest.raises(samplegrad.UnusableModel, match=message):
        samplegrad.export(make(), (example,), tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_refused_examples(tmp_path):
    module = nn.Linear(4, 3)
    for args in ((), (torch.tensor(1.0),), (torch.randn(2, 4), torch.randn(2, 4)), (3,)):
        with pytest.raises(samplegrad.UnusableModel, match="example"):
            samplegrad.export(module, args, tmp_path / "model.onnx")
    with pytest.raises(samplegrad.UnusableModel, match="export_params"):
        samplegrad.export(module, torch.randn(2, 4), tmp_path / "m.onnx", export_params=False)
    with pytest.raises(FileNotFoundError, match="no directory"):
        samplegrad.export(module, torch.randn(2, 4), tmp_path / "no" / "model.onnx")


def test_one_sample_as_the_example(tmp_path):
    module, (x,) = zoo.make("cnn")
    for exporter in EXPORTERS.values():
        path = tmp_path / "model.onnx"
        export(module, x[:1], path, dynamo=exporter)
        [entry] = onnx.load(path).graph.input
        assert entry.type.tensor_type.shape.dim[0].dim_param == "N"


def test_options_of_torch_pass_through(tmp_path):
    module, (x,) = zoo.make("mlp")
    shapes = ({0: torch.export.Dim("rows")},)
    for options in (
        {"dynamo": True, "dynamic_shapes": shapes},
        {"dynamo": False, "dynamic_axes": {"pixels": {0: "rows"}}},
    ):
        path = tmp_path / "model.onnx"
        export(
            module,
            x,
            path,
            opset_version=18,
            input_names=["pixels"],
            output_names=["scores"],
            **options,
        )
        file = onnx.load(path)
        assert [i.name for i in file.graph.input] == ["pixels"]
        assert [o.name for o in file.graph.output] == ["scores"]
        assert file.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "rows"
        assert [o.version for o in file.opset_import if not o.domain] == [18]


def test_weights_beside_the_file(tmp_path):
    module = nn.Sequential(nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 2))
    for exporter in EXPORTERS.values():
        path = tmp_path / "model.onnx"
        written = export(module, torch.randn(2, 32), path, dynamo=exporter, external_data=True)
        assert written.path == path
        assert {p.name for p in tmp_path.iterdir()} == {"model.onnx", "model.onnx.data"}
        assert path.stat().st_size < 8192
        tensors = {i.name: i for i in onnx.load(path).graph.initializer}
        for name, value in module.named_parameters():
            assert numpy.array_equal(stored(tensors[name]), expected(value))


def test_a_second_export_replaces_the_first(tmp_path):
    module, args = zoo.make("mlp")
    path = tmp_path / "model.onnx"
    export(module, args, path)
    with torch.no_grad():
        module[0].weight.mul_(2)
    export(module, args, path)
    tensors = {i.name: i for i in onnx.load(path).graph.initializer}
    assert numpy.array_equal(stored(tensors["0.weight"]), expected(module[0].weight))


class OnlyTorchScript(nn.Module):
    """Asks for numbers that only tracing knows."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 3)

    def forward(self, x):
        y = self.linear(x)
        return y * 2 if float(self.linear.weight.abs().sum()) > 0 else y


def test_torchscript_where_dynamo_fails(tmp_path):
    written = export(OnlyTorchScript(), torch.randn(2, 4), tmp_path / "model.onnx")
    assert written.exporter == "torchscript"


class DependsOnValues(nn.Module):
    """Takes another way with its own values than with those near them."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 3)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x):
        y = self.linear(x)
        return y + 1 if bool((self.linear.bias == 0).all()) else y


def test_a_graph_that_depends_on_values_is_refused(tmp_path):
    with pytest.raises(samplegrad.UnusableModel, match="gives other numbers"):
        samplegrad.export(DependsOnValues(), torch.randn(2, 4), tmp_path / "model.onnx")


def test_the_module_is_as_before_after_an_error(tmp_path):
    module = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3, track_running_stats=False)).train()
    before = copy.deepcopy(module.state_dict())
    with pytest.raises(samplegrad.UnusableModel):
        samplegrad.export(module, torch.randn(2, 4), tmp_path / "model.onnx")
    assert module.training
    assert all(torch.equal(t, before[n]) for n, t in module.state_dict().items())


def test_buffers_that_the_forward_changes_are_restored(tmp_path):
    class Counts(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(4, 3)
            self.register_buffer("calls", torch.tensor(0))

        def forward(self, x):
            if not torch.compiler.is_compiling():
                self.calls += 1
            return functional.relu(self.linear(x))

    module = Counts()
    export(module, torch.randn(2, 4), tmp_path / "model.onnx")
    assert module.calls.item() == 0
