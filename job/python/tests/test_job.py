"""The packaged job on exported files, against one backward per sample in float64."""

from __future__ import annotations

import json
import pathlib
import subprocess
import warnings

import pytest
import torch

import samplegrad
import zoo
from test_weights import read

ROOT = pathlib.Path(__file__).parents[3]
SAMPLES = 7

# One for each kind of thing that the metadata tell the job; each by one exporter, since a run of the
# job takes seconds.
MODULES = {
    "batch_norm_without_affine_after_convolution": "dynamo",
    "deep_copies_with_equal_values": "torchscript",
    "fresh_group_norms": "torchscript",
    "masked_weight": "torchscript",
    "parameters_named_as_statistics": "dynamo",
    "tied_transpose": "torchscript",
    "unused_parameters": "dynamo",
    "zero_and_identity_initialisation": "torchscript",
}

pytestmark = pytest.mark.skipif(
    not list((ROOT / "job/target").glob("samplegrad-job-*.jar")),
    reason="the job is not built: ./mvnw package -DskipTests builds it",
)


def right_values(module, features, labels):
    """Total variance, mean gradient and the gradient of the total variance, in float64."""
    module = module.double().eval()
    parameters = {n: p.requires_grad_(True) for n, p in module.named_parameters()}
    rows = []
    for x, y in zip(features, labels):
        loss = ((module(x[None]).reshape(-1) - y) ** 2).sum()
        gradients = torch.autograd.grad(
            loss, list(parameters.values()), create_graph=True, allow_unused=True
        )
        rows.append(
            torch.cat(
                [
                    (g if g is not None else torch.zeros_like(p)).reshape(-1)
                    for g, p in zip(gradients, parameters.values())
                ]
            )
        )
    rows = torch.stack(rows)
    variance = ((rows - rows.mean(0)) ** 2).mean(0).sum()
    if variance.requires_grad:
        second = torch.autograd.grad(variance, list(parameters.values()), allow_unused=True)
    else:
        second = [None] * len(parameters)

    def by_name(tensors):
        return {n: t.detach() for n, t in zip(parameters, tensors) if t is not None}

    means = rows.mean(0).split([p.numel() for p in parameters.values()])
    return (
        variance.item(),
        by_name(m.reshape(p.shape) for m, p in zip(means, parameters.values())),
        by_name(second),
    )


def run(model, data, output, *options):
    return subprocess.run(
        [
            ROOT / "submit-scripts/run-local.sh",
            *("variance", "--model", model, "--loss", "mse", "--data", data),
            *("--format", "json", "--precision", "float64", "--output", output, *options),
        ],
        capture_output=True,
        text=True,
    )


def write_rows(path, features, labels):
    with open(path, "w", encoding="utf-8") as file:
        for x, y in zip(features, labels):
            row = {"features": x.reshape(-1).tolist(), "label": y.tolist()}
            file.write(json.dumps(row) + "\n")


def require_right(output, expected, unused=()):
    variance, mean, gradient = expected
    summary = json.loads((output / "summary.json").read_text())
    assert summary["total_variance"] == pytest.approx(variance, rel=1e-9)
    for file, tensors in (("mean_gradient", mean), ("total_variance_gradient", gradient)):
        found = read(output / f"{file}.safetensors")
        assert set(found) == {name for name in mean if name not in unused}
        scale = max(float(t.norm()) for t in tensors.values())
        for name, values in found.items():
            want = tensors.get(name, torch.zeros(values.shape))
            assert values.shape == tuple(want.shape)
            off = float((torch.from_numpy(values.copy()).double() - want).norm())
            assert off <= 1e-8 * max(float(want.norm()), 1e-3 * scale), name


def samples(args, module):
    generator = torch.Generator().manual_seed(2)
    features = torch.randn(SAMPLES, *args[0].shape[1:], generator=generator, dtype=torch.float64)
    outputs = module.eval()(args[0][:1]).numel()
    labels = torch.randn(SAMPLES, outputs, generator=generator, dtype=torch.float64)
    return features, labels


@pytest.mark.parametrize("name", MODULES)
def test_the_job_finds_what_the_module_gives(name, tmp_path):
    module, args = zoo.make(name)
    features, labels = samples(args, module)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = samplegrad.export(module, args, tmp_path / "m.onnx", dynamo=MODULES[name] == "dynamo")
    write_rows(tmp_path / "rows.json", features, labels)
    ended = run(model, tmp_path / "rows.json", tmp_path / "out")
    assert ended.returncode == 0, ended.stderr
    unused = [n for n, _ in module.named_parameters() if "forgotten" in n]
    require_right(tmp_path / "out", right_values(module, features, labels), unused)


def test_the_job_takes_the_weights_of_another_module(tmp_path):
    module, args = zoo.make("residual_block")
    features, labels = samples(args, module)
    model = samplegrad.export(module, args, tmp_path / "m.onnx")
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(1.25)
    weights = samplegrad.save_weights(module, tmp_path / "w.safetensors")
    write_rows(tmp_path / "rows.json", features, labels)
    ended = run(model, tmp_path / "rows.json", tmp_path / "out", "--weights", weights)
    assert ended.returncode == 0, ended.stderr
    require_right(tmp_path / "out", right_values(module, features, labels))


def test_the_job_refuses_a_file_that_was_changed(tmp_path):
    import onnx

    module, args = zoo.make("mlp")
    path = tmp_path / "m.onnx"
    samplegrad.export(module, args, path)
    file = onnx.load(path)
    [tensor] = [i for i in file.graph.initializer if i.name == "0.weight"]
    tensor.raw_data = tensor.raw_data[:-1] + bytes([tensor.raw_data[-1] ^ 1])
    onnx.save(file, path)
    write_rows(tmp_path / "rows.json", *samples(args, module))
    ended = run(path, tmp_path / "rows.json", tmp_path / "out")
    assert ended.returncode == 2
    assert "0.weight" in ended.stderr and "fingerprint" in ended.stderr
