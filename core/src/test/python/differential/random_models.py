"""Makes random models with data and the right values of their gradients' statistics.

Usage: random_models.py [--count N] [--seed S] [--first I] [--small] [--check EVERY]
                         [--exports WAY...] -- TARGET

Into TARGET/SEED-INDEX go model.onnx, data.safetensors (features [n, ...], label [n, ...]), case.json,
and the expected mean_gradient, variance and total_variance_gradient as float64 safetensors. TARGET
may end in .zip. The same seed and index give the same case, with the same versions of PyTorch.

Each case draws a model (models.py), its initial values, data, a loss with options (losses.py), a
reduction, and one of the ways to export; the right values are those of oracle.py. With --check,
every so many cases the gradient is also compared with finite differences. A draw that PyTorch
cannot run or export, or whose values are not finite, is drawn anew.

Needs torch, onnx, onnxscript, numpy and safetensors; with onnxruntime, a file that does not compute
what its module computes is drawn anew, too.
"""

import argparse
import contextlib
import copy
import io
import json
import logging
import math
import os
import pathlib
import shutil
import sys
import tempfile
import warnings
import zipfile

import numpy
import onnx
import torch
from safetensors.numpy import save_file
from torch import nn

import losses
import models
import oracle

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[5] / "job" / "python"))
import samplegrad  # noqa: E402

EXPORTS = ["samplegrad", "dynamo", "dynamo-unoptimised", "torchscript", "torchscript-preserve"]
MOST_ATTEMPTS = 40
MOST_PARAMETERS = 12_000
MOST_PARAMETERS_OF_SMALL = 260
LARGEST_SENSITIVITY = 0.02
MOST_OF_CONFIDENT = 300


class Unsuitable(Exception):
    """A draw that is no fair test."""


def exported(draw, kind, model, shape, directory):
    batch = draw.size(1, 3) if draw.chance(0.08) else None
    example = torch.randn(batch or 2, *shape)
    common = dict(input_names=["input"], output_names=["output"])
    path = directory / "model.onnx"
    if kind == "samplegrad":
        batch, example = None, torch.randn(2, *shape)
        samplegrad.export(model, (example,), path)
        file = onnx.load(path)
    elif kind.startswith("torchscript"):
        if batch is None:
            common["dynamic_axes"] = {"input": {0: "N"}, "output": {0: "N"}}
        if kind == "torchscript-preserve":
            common["training"] = torch.onnx.TrainingMode.PRESERVE
            common["do_constant_folding"] = False
        buffer = io.BytesIO()
        opset = draw.choice([13, 14, 17, 17, 18, 20])
        torch.onnx.export(
            model, (example,), buffer, dynamo=False, opset_version=opset, **common
        )
        file = onnx.load_from_string(buffer.getvalue())
    else:
        if batch is None:
            common["dynamic_shapes"] = ({0: torch.export.Dim("N")},)
        program = torch.onnx.export(
            model, (example,), dynamo=True, verbose=False,
            optimize=kind != "dynamo-unoptimised",
            opset_version=draw.choice([18, 18, 20, 21, 23]), **common
        )
        program.save(path, external_data=False)
        file = onnx.load(path)
    # Stack traces name files of the machine that exported.
    for node in file.graph.node:
        kept = [p for p in node.metadata_props if not p.key.endswith("stack_trace")]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
        node.ClearField("doc_string")
    onnx.save_model(file, path)
    return batch


def require_same_function(path, model, features, batch):
    """The exporters are not always right."""
    try:
        import onnxruntime
    except ImportError:
        return
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(str(path), options)
        rows = features.repeat(batch, *[1] * (features.dim() - 1))[:batch] if batch else features
        found = session.run(None, {session.get_inputs()[0].name: rows.numpy()})[0]
    except Exception:  # an operator it does not know says nothing about the file
        return
    with torch.no_grad():
        expected = model(rows).numpy()
    if found.shape != expected.shape or not numpy.allclose(
        found, expected, rtol=1e-3, atol=1e-3 * max(1e-3, float(numpy.abs(expected).max()))
    ):
        raise Unsuitable("the exported file computes something else")


def drawn_features(draw, count, shape):
    features = torch.randn(count, *shape)
    kind = draw.choice(["normal"] * 5 + ["offset", "large", "small", "repeated", "near", "bytes"])
    if kind == "offset":
        features = features + draw.choice([5.0, -20.0, 60.0])
    elif kind == "large":
        features = features * 30
    elif kind == "small":
        features = features * 0.01
    elif kind == "repeated":
        features = features[torch.randint(0, min(count, 3), (count,))]
    elif kind == "near":
        features = features[:1] + 1e-3 * features
    elif kind == "bytes":
        features = torch.randint(0, 256, features.shape).float() / 255
    return kind, features.contiguous()


def drawn_count(draw):
    return draw.choice([1, 2, 2] + [draw.size(3, 12)] * 12 + [draw.size(13, 40)] * 3)


def make_confident(draw, how, model, features):
    """Scales the last weights: "some" predictions have margins of 8 to 20 between outputs, or "all"
    have one of 6 to 16 between the best two; whether that could be done."""
    last = [m for m in model.modules() if isinstance(m, (nn.Linear, nn.modules.conv._ConvNd))][-1]
    if not isinstance(last.weight, nn.Parameter):
        return False
    with torch.no_grad():
        before = model(features)
        if before.shape[1] == 1:
            margin = before.abs()
        elif how == "some":
            margin = before.amax(1) - before.amin(1)
        else:
            best = before.topk(2, dim=1).values
            margin = best.select(1, 0) - best.select(1, 1)
        if how == "some":
            factor = draw.uniform(8, 20) / max(float(margin.max()), 1e-6)
        else:
            factor = draw.uniform(6, 16) / max(float(margin.min()), 1e-6)
            if factor * float(before.abs().max()) > MOST_OF_CONFIDENT:
                return False
        last.weight.mul_(factor)
        if last.bias is not None:
            last.bias.mul_(factor)
        after = model(features)
    return bool(after.isfinite().all())


def as_labels_file(labels):
    return labels.double().numpy()


def save_tensors(tensors, path):
    save_file({k: numpy.array(v, order="C", ndmin=0) for k, v in tensors.items()}, path)


def make(seed, index, attempt, exports, small, check, directory):
    key = f"{seed}-{index}-{attempt}"
    draw = models.Draw(key)
    torch.manual_seed(draw.size(0, 2**31))
    names = list(models.FAMILIES)
    family = names[index % len(names)]
    outputs = draw.choice([1, 2, 3, 3, 4, 5, 7, 10])
    model, shape = models.FAMILIES[family](draw, outputs)
    initial = models.initialise(draw, model)
    model = model.eval()
    parameters = sum(p.numel() for p in model.parameters())
    if not 0 < parameters <= (MOST_PARAMETERS_OF_SMALL if small else MOST_PARAMETERS):
        raise Unsuitable(f"{parameters} parameters")
    count = drawn_count(draw)
    kind, features = drawn_features(draw, count, shape)
    if small and features.numel() > 600:
        raise Unsuitable("much data")
    with torch.no_grad():
        output_shape = list(model(features).shape[1:])
    loss = losses.drawn_loss(draw, output_shape)
    confident = draw.choice(["no", "no", "no", "some", "all"])
    if loss.name == "nll" or not output_shape:
        confident = "no"
    if confident != "no" and not make_confident(draw, confident, model, features):
        confident = "no"
    if loss.name == "nll":
        model = nn.Sequential(model, nn.LogSoftmax(1)).eval()
    with torch.no_grad():
        predictions = copy.deepcopy(model).double()(features.double())
    if not predictions.isfinite().all() or predictions.abs().max() > 1e6:
        raise Unsuitable("predictions out of range")
    labels = loss.draw_labels(count, predictions, confident)
    reduction = draw.choice(["sum", "mean"])
    scale = loss.scale(reduction, predictions, labels)
    if not math.isfinite(scale):
        raise Unsuitable("no label counts")

    kind_of_export = draw.choice(exports)
    batch = exported(draw, kind_of_export, model, shape, directory)
    require_same_function(directory / "model.onnx", model, features, batch)
    with oracle.written_out():
        arguments = (model, features, labels, loss.per_sample, scale)
        right = oracle.statistics(*arguments)
        moves = oracle.sensitivity(*arguments, right)
    if not all(math.isfinite(v) for v in [right.total, float(oracle.joined(right.gradient).norm())]):
        raise Unsuitable("not finite")
    if count > 1 and right.total > 0:
        if max(moves["total_variance"], moves["gradient"]) > LARGEST_SENSITIVITY:
            raise Unsuitable(f"moves too far: {moves}")
    description = {
        "name": f"{seed}-{index:04d}",
        "family": family,
        "initial": initial,
        "data": kind,
        "confident": confident,
        "exporter": kind_of_export,
        "fixed_batch": batch,
        "loss": loss.name,
        "loss_options": loss.options,
        "reduction": reduction,
        "n": count,
        "label_shape": list(labels.shape),
        "parameters": {k: list(p.shape) for k, p in model.named_parameters()},
        "total_variance": right.total,
        "gradient_norm": float(oracle.joined(right.gradient).norm()),
        "gradient_terms": right.terms,
        "sensitivity": {k: v if math.isfinite(v) else None for k, v in moves.items()},
    }
    if check:
        native = lambda z, y: loss.native(z, y, "sum")
        description["finite_difference"] = oracle.finite_difference(
            model, features, labels, native, scale, right
        )
    save_tensors({"features": features.numpy(), "label": as_labels_file(labels)},
                 directory / "data.safetensors")
    for name, tensors in (
        ("mean_gradient", right.mean),
        ("variance", right.variance),
        ("total_variance_gradient", right.gradient),
    ):
        save_tensors({k: t.numpy() for k, t in tensors.items()}, directory / f"{name}.safetensors")
    (directory / "case.json").write_text(json.dumps(description) + "\n")
    return description


@contextlib.contextmanager
def silence():
    """Exporters write to both streams, some of it from C++."""
    sys.stdout.flush()
    kept = [os.dup(stream) for stream in (1, 2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for stream in (1, 2):
            os.dup2(nowhere, stream)
        yield
    finally:
        sys.stdout.flush()
        for stream, copied in zip((1, 2), kept):
            os.dup2(copied, stream)
            os.close(copied)
        os.close(nowhere)


def make_one(seed, index, exports, small, check, directory):
    for attempt in range(MOST_ATTEMPTS):
        with tempfile.TemporaryDirectory() as scratch:
            try:
                with silence():
                    description = make(
                        seed, index, attempt, exports, small, check, pathlib.Path(scratch)
                    )
            except Exception as error:
                reason = str(error).splitlines()[0] if str(error) else ""
                print(f"{seed}-{index:04d} drawn anew: {type(error).__name__}: {reason[:120]}",
                      flush=True)
                continue
            target = directory / description["name"]
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(scratch, target)
            checked = description.get("finite_difference")
            print(
                f"{description['name']} {description['family']}, {description['initial']},"
                f" {description['exporter']}, {description['loss']}, N {description['n']}:"
                f" V {description['total_variance']:.6g}"
                + ("" if checked is None else f", finite differences {checked:.1e}"),
                flush=True,
            )
            return
    raise SystemExit(f"{seed}-{index:04d}: no draw of {MOST_ATTEMPTS} can be used")


def archive(directory, target):
    """The same bytes for the same files."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for path in sorted(p for p in directory.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(str(path.relative_to(directory)))
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, path.read_bytes())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--small", action="store_true", help="few parameters and data")
    parser.add_argument("--exports", nargs="+", choices=EXPORTS, default=EXPORTS)
    parser.add_argument("--check", type=int, default=0, metavar="EVERY")
    parser.add_argument("target", type=pathlib.Path)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        zipped = arguments.target.suffix == ".zip"
        directory = pathlib.Path(scratch) if zipped else arguments.target
        directory.mkdir(parents=True, exist_ok=True)
        for index in range(arguments.first, arguments.first + arguments.count):
            check = arguments.check > 0 and index % arguments.check == 0
            make_one(
                arguments.seed, index, arguments.exports, arguments.small, check, directory
            )
        if zipped:
            archive(directory, arguments.target)


if __name__ == "__main__":
    main()
