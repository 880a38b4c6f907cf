"""The steps of an export: the example, the attempts, their checks, the metadata, the file."""

from __future__ import annotations

import dataclasses
import inspect
import json
import pathlib
from typing import Any, Mapping

import onnx
import torch
from onnx.external_data_helper import load_external_data_for_model

from . import _check, _graph
from ._errors import UnusableModel
from ._export import Export
from ._exporters import Example, Exporter, exporters, input_names
from ._modules import ModuleTensors, assign, borrowed, distinct_values
from ._weights import written_whole

METADATA_KEY = "samplegrad.module"
METADATA_VERSION = 1

_MOST_INSIDE = 1_500_000_000
_SMALLEST_OUTSIDE = 1024
_MOST_NAMES = 8
# Of the random values that a file is checked with; those of the attempts count from 0.
_CHECK_SEED = 1000
_TRAINING_MODULES = (
    torch.nn.modules.batchnorm._BatchNorm,
    torch.nn.modules.dropout._DropoutNd,
    torch.nn.RReLU,
)


class _Lost(Exception):
    """A file that lacks parameters; the message is the rest of a sentence about it."""


def write(
    model: torch.nn.Module, args: Any, path: pathlib.Path, options: dict[str, Any]
) -> Export:
    """See :func:`samplegrad.export`."""
    tensors = ModuleTensors.of(model)
    if not tensors.parameters:
        raise UnusableModel("The module has no parameters, so that nothing has a gradient.")
    _check.require_plain_embeddings(model)
    notes = []
    if _computes_otherwise_in_training(model):
        notes.append(
            "The module is in training mode, and the file computes it in evaluation mode: dropout "
            "does nothing, and a batch norm takes its running statistics."
        )
    with written_whole(path) as partial, borrowed(model):
        example = Example.of(model, args, options.pop("kwargs", None))
        attempt = _Attempt(model, tensors, example, options, partial)
        failures = []
        for seed, exporter in enumerate(exporters(options)):
            try:
                written = attempt.write(exporter, seed)
            except (_Lost, _check.Difference) as e:
                failures.append((exporter, f"its file {e}"))
            except Exception as e:
                failures.append((exporter, f"it fails: {_check.first_line(e)}"))
            else:
                return dataclasses.replace(
                    written, path=path, notes=(*notes, *written.notes)
                )
    raise UnusableModel(_message(failures))


def _message(failures: list[tuple[Exporter, str]]) -> str:
    reasons: dict[str, str] = {}
    for exporter, reason in failures:
        way = exporter.title if exporter.dynamic else f"{exporter.title} for one batch size"
        reasons.setdefault(reason, f"{way}: {reason}")
    return (
        "PyTorch cannot export this module with every parameter whole and alone. "
        + "; ".join(reasons.values())
        + ". Leave out options that merge parameters (optimize=True, do_constant_folding=True), or "
        "write what the messages name in another way."
    )


def _computes_otherwise_in_training(model: torch.nn.Module) -> bool:
    for module in model.modules():
        if not module.training:
            continue
        if isinstance(module, _TRAINING_MODULES):
            return True
        if not type(module).__module__.startswith("torch.nn."):
            try:
                source = inspect.getsource(type(module).forward)
            except (OSError, TypeError):
                continue
            if "self.training" in source:
                return True
    return False


class _Attempt:
    """One module, exported in one way after another. The module is borrowed meanwhile."""

    def __init__(
        self,
        model: torch.nn.Module,
        tensors: ModuleTensors,
        example: Example,
        options: dict[str, Any],
        path: pathlib.Path,
    ):
        self._model = model
        self._tensors = tensors
        self._parameters = tensors.parameters
        self._example = example
        self._options = options
        self._path = path
        self._names = options.get("input_names") or input_names(model, example)
        self._own = {n: t.data.cpu().contiguous() for n, t in self._parameters.items()}
        self._other = distinct_values(self._parameters, _CHECK_SEED)
        self._buffers = {
            n: t.data.cpu().clone(memory_format=torch.contiguous_format)
            for n, t in tensors.buffers.items()
        }
        self._examples = {
            dynamic: _check.examples(model, example, dynamic) for dynamic in (True, False)
        }
        _check.require_separate_samples(model, (self._examples[True] or [example])[-1])
        self._assign(self._other)
        _check.require_separate_samples(model, (self._examples[True] or [example])[-1])
        self._used = _check.used_parameters(model, example, self._parameters)
        _check.require_own_derivative(model, example, self._parameters, self._other)

    def write(self, exporter: Exporter, seed: int) -> Export:
        """:returns: what was written, with the path of the partial file"""
        traced = distinct_values(self._parameters, seed)
        self._assign(traced)
        file = exporter.export(self._model, self._example, self._options)
        places = _graph.place_parameters(file, traced)
        lost = [n for n in self._parameters if n not in places and n in self._used]
        if lost:
            raise _Lost(f"lacks the parameters {_listed(lost)}, merged into other tensors")
        buffers = _graph.place_buffers(file, self._buffers, set(places.values()))
        evaluators = [
            self._check(file, exporter, places, values) for values in (self._other, self._own)
        ]
        _describe(file, self._metadata(exporter, places, buffers))
        self._save(file)
        return Export(
            self._path,
            exporter.name,
            tuple(self._parameters),
            evaluators[0][0] if not evaluators[0][1] else None,
            tuple(self._notes(exporter, places, evaluators)),
        )

    def _check(
        self,
        file: onnx.ModelProto,
        exporter: Exporter,
        places: Mapping[str, str],
        values: Mapping[str, torch.Tensor],
    ) -> tuple[str | None, str]:
        """Evaluates the file with these values: what evaluated it, or why nothing could."""
        self._assign(values)
        _graph.set_values(file, {places[n]: v for n, v in values.items() if n in places})
        self._save(file)
        evaluator = None
        for example in self._examples[exporter.dynamic]:
            try:
                evaluator = _check.require_equal(self._path, self._names, self._model, example)
            except _check.Unchecked as e:
                return None, str(e)
        return evaluator, ""

    def _assign(self, values: Mapping[str, torch.Tensor]) -> None:
        assign(self._parameters, values)

    def _save(self, file: onnx.ModelProto) -> None:
        size = sum(len(i.raw_data) for i in file.graph.initializer)
        outside = size > _MOST_INSIDE or bool(self._options.get("external_data"))
        data = self._path.with_name(self._path.name + ".data")
        data.unlink(missing_ok=True)
        onnx.save_model(
            file,
            self._path,
            save_as_external_data=outside,
            location=data.name,
            size_threshold=_SMALLEST_OUTSIDE,
        )
        if outside:
            # Saving took the values out.
            load_external_data_for_model(file, str(self._path.parent))

    def _metadata(
        self, exporter: Exporter, places: Mapping[str, str], buffers: Mapping[str, str]
    ) -> dict[str, Any]:
        parameters = []
        for name, value in self._own.items():
            entry = {
                "name": name,
                "shape": list(value.shape),
                "requires_grad": self._parameters[name].requires_grad,
                "tensor": places.get(name),
                "fingerprint": _graph.fingerprint(value),
            }
            if name not in places:
                entry["unused"] = True
            parameters.append(entry)
        return {
            "version": METADATA_VERSION,
            "parameters": parameters,
            "buffers": [
                {
                    "name": name,
                    "shape": list(value.shape),
                    "tensor": buffers.get(name),
                    "fingerprint": _graph.fingerprint(value),
                }
                for name, value in self._buffers.items()
            ],
            "ties": self._tensors.ties,
            "exporter": exporter.name,
        }

    def _notes(
        self, exporter: Exporter, places: Mapping[str, str], evaluators
    ) -> list[str]:
        notes = []
        unused = [n for n in self._parameters if n not in places]
        if unused:
            notes.append(
                f"The forward does not use the parameters {_listed(unused)}: they are not in the "
                "file's graph, and their gradient is zero."
            )
        if not exporter.dynamic:
            notes.append(
                f"The file is for {self._example.batch} samples at a time: the exporters could not "
                "leave their number open."
            )
        reason = next((reason for _, reason in evaluators if reason), "")
        if reason:
            notes.append(f"The file could not be compared with the module: {reason}.")
        return notes


def _describe(file: onnx.ModelProto, metadata: dict[str, Any]) -> None:
    kept = [entry for entry in file.metadata_props if entry.key != METADATA_KEY]
    del file.metadata_props[:]
    file.metadata_props.extend(kept)
    file.metadata_props.add(key=METADATA_KEY, value=json.dumps(metadata, ensure_ascii=False))


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown
