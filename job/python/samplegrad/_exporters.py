"""PyTorch's two exporters, called so that they leave parameters alone."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import io
import pathlib
import tempfile
import warnings
from typing import Any, Callable, Iterator

import onnx
import torch
from torch.utils import _pytree

from ._errors import UnusableModel

_OURS = {"dynamo", "external_data"}
_DYNAMO_ONLY = {
    "artifacts_dir",
    "custom_translation_table",
    "dump_exported_program",
    "dynamic_shapes",
    "optimize",
    "profile",
    "report",
    "verify",
}
_TORCHSCRIPT_ONLY = {
    "autograd_inlining",
    "custom_opsets",
    "do_constant_folding",
    "dynamic_axes",
    "export_modules_as_functions",
    "operator_export_type",
    "training",
}
_BATCH = "N"


@dataclasses.dataclass(frozen=True)
class Example:
    """The inputs that a module is exported with.

    :param args: what stands at positions; tensors may be nested in lists, tuples and dicts
    :param kwargs: what is given by name only
    :param batch: the extent of the first axis of the tensors whose first axis is that of samples
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    batch: int

    @staticmethod
    def of(model: torch.nn.Module, args: Any, kwargs: dict[str, Any] | None) -> Example:
        """Follows ``torch.onnx.export``: a dict at the end of ``args`` holds inputs by name.

        One sample is given twice, since the exporters take an extent of 1 for a constant.
        """
        kwargs = dict(kwargs or {})
        args = tuple(args) if isinstance(args, (tuple, list)) else (args,)
        if args and isinstance(args[-1], dict):
            kwargs.update(args[-1])
            args = args[:-1]
        try:
            bound = inspect.signature(model.forward).bind(*args, **kwargs)
        except TypeError as e:
            raise UnusableModel(
                f"The example does not fit the module's forward: {e}. Give args=(x, ...) or "
                "kwargs={'name': x}, as model(*args, **kwargs) takes them."
            ) from e
        if bound.kwargs and not any(
            p.kind == p.VAR_POSITIONAL for p in bound.signature.parameters.values()
        ):
            bound.apply_defaults()
        example = Example(bound.args, bound.kwargs, 0)
        batch = next((t.shape[0] for t in example.tensors() if t.dim()), 0)
        if batch == 0:
            raise UnusableModel(
                "The example holds no samples. Give at least one tensor of shape [samples, ...]."
            )
        example = dataclasses.replace(example, batch=batch)
        return example.with_rows(lambda t: torch.cat([t, t]), 2) if batch == 1 else example

    def is_batched(self, value: Any) -> bool:
        """Whether the first axis of a tensor is that of the samples."""
        return isinstance(value, torch.Tensor) and value.dim() > 0 and value.shape[0] == self.batch

    def with_rows(self, change: Callable[[torch.Tensor], torch.Tensor], batch: int) -> Example:
        """The same with other samples."""
        args, kwargs = _pytree.tree_map(
            lambda value: change(value) if self.is_batched(value) else value,
            (self.args, self.kwargs),
        )
        return Example(args, kwargs, batch)

    def tensors(self) -> list[torch.Tensor]:
        """All tensors, in the order of the forward's arguments."""
        leaves = _pytree.tree_leaves((self.args, self.kwargs))
        return [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]


@dataclasses.dataclass(frozen=True)
class Exporter:
    """One way to export.

    :param name: as it stands in the file's metadata
    :param dynamic: whether the number of samples is left open
    """

    name: str
    title: str
    dynamic: bool

    def export(
        self, model: torch.nn.Module, example: Example, options: dict[str, Any]
    ) -> onnx.ModelProto:
        """:raises Exception: whatever the exporter raises"""
        call = self._dynamo if self.name == "dynamo" else self._torchscript
        with tempfile.TemporaryDirectory(prefix="samplegrad-") as directory:
            path = pathlib.Path(directory, "model.onnx")
            with contextlib.ExitStack() as quiet:
                if not options.get("verbose"):
                    quiet.enter_context(warnings.catch_warnings())
                    warnings.simplefilter("ignore")
                    quiet.enter_context(contextlib.redirect_stdout(io.StringIO()))
                call(model, example, path, options)
            return onnx.load(path)

    def _dynamo(
        self, model: torch.nn.Module, example: Example, path: pathlib.Path, options: dict[str, Any]
    ) -> None:
        chosen = {"optimize": False, "verbose": False}
        chosen.update(_without(options, _TORCHSCRIPT_ONLY - {"dynamic_axes"}))
        if self.dynamic and not {"dynamic_axes", "dynamic_shapes"} & set(options):
            chosen["dynamic_shapes"] = _dynamic_shapes(model, example)
        program = torch.onnx.export(
            model, example.args, kwargs=example.kwargs, dynamo=True, **_known(chosen)
        )
        _separate_names(program.model.graph)
        program.save(path, external_data=True)

    def _torchscript(
        self, model: torch.nn.Module, example: Example, path: pathlib.Path, options: dict[str, Any]
    ) -> None:
        tensors = _input_tensors(model, example)
        chosen = {
            "verbose": False,
            "training": torch.onnx.TrainingMode.PRESERVE,
            "do_constant_folding": False,
            "input_names": list(tensors),
        }
        chosen.update(_without(options, _DYNAMO_ONLY))
        if self.dynamic and "dynamic_axes" not in options:
            chosen["dynamic_axes"] = {
                name: {0: _BATCH}
                for name, tensor in zip(chosen["input_names"], tensors.values())
                if example.is_batched(tensor)
            }
        with _taking_tensors(model, example):
            torch.onnx.export(
                model, tuple(tensors.values()), path, dynamo=False, **_known(chosen)
            )


def exporters(options: dict[str, Any]) -> list[Exporter]:
    """What to try, in this order."""
    wanted = options.get("dynamo")
    ways = []
    for dynamic in (True, False):
        if wanted is not False:
            ways.append(Exporter("dynamo", "dynamo", dynamic))
        if not wanted:
            ways.append(Exporter("torchscript", "TorchScript", dynamic))
    if "dynamic_shapes" in options or "dynamic_axes" in options:
        ways = [way for way in ways if way.dynamic]
    return ways


def input_names(model: torch.nn.Module, example: Example) -> list[str]:
    """The names of the input tensors, from those of the forward's arguments."""
    return list(_input_tensors(model, example))


def _input_tensors(model: torch.nn.Module, example: Example) -> dict[str, torch.Tensor]:
    named: dict[str, torch.Tensor] = {}
    for argument, value in _arguments(model, example).items():
        leaves = [t for t in _pytree.tree_leaves(value) if isinstance(t, torch.Tensor)]
        for position, leaf in enumerate(leaves):
            name = argument if leaf is value else f"{argument}_{position}"
            while name in named:
                name += "_"
            named[name] = leaf
    return named


def _dynamic_shapes(model: torch.nn.Module, example: Example) -> dict[str, Any]:
    batch = torch.export.Dim(_BATCH)

    def axes(value: Any) -> dict[int, Any] | None:
        return {0: batch} if example.is_batched(value) else None

    return _pytree.tree_map(axes, _arguments(model, example))


def _arguments(model: torch.nn.Module, example: Example) -> dict[str, Any]:
    return dict(inspect.signature(model.forward).bind(*example.args, **example.kwargs).arguments)


@contextlib.contextmanager
def _taking_tensors(model: torch.nn.Module, example: Example) -> Iterator[None]:
    """A module whose forward takes all tensors of the example by position, as TorchScript wants."""
    forward = model.forward
    own = vars(model).get("forward")
    leaves, structure = _pytree.tree_flatten((example.args, example.kwargs))
    places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, torch.Tensor)]

    def positional(*tensors: torch.Tensor) -> Any:
        given = list(leaves)
        for place, tensor in zip(places, tensors):
            given[place] = tensor
        args, kwargs = _pytree.tree_unflatten(given, structure)
        return forward(*args, **kwargs)

    model.forward = positional
    try:
        yield
    finally:
        if own is None:
            del model.forward
        else:
            model.forward = own


def _separate_names(graph: Any) -> None:
    """Dynamo lets a parameter and another value have the same name; gives such parameters another.

    :param graph: an ``onnx_ir.Graph``
    """
    names = {value.name for value in graph.inputs}
    names.update(output.name for node in graph for output in node.outputs)
    for value in list(graph.initializers.values()):
        name = value.name
        while name in names or (name != value.name and name in graph.initializers):
            name += ".parameter"
        value.name = name


def _without(options: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {k: v for k, v in options.items() if k not in names}


def _known(options: dict[str, Any]) -> dict[str, Any]:
    """Those that this PyTorch knows and that do not steer ourselves."""
    parameters = inspect.signature(torch.onnx.export).parameters
    return {k: v for k, v in options.items() if k in parameters and k not in _OURS}
