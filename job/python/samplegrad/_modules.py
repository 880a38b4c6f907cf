"""The tensors of a module, and their values for the time of an export."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from typing import Iterator, Mapping

import torch

from ._errors import UnusableModel

_MOST_DRAWS = 100


@dataclasses.dataclass(frozen=True)
class ModuleTensors:
    """What a module holds.

    :param parameters: those of ``named_parameters()``, each tied one once under its first name
    :param buffers: the other tensors, and parameters of integers, which nothing can train
    :param ties: the further names of tied parameters, each with the first one
    """

    parameters: dict[str, torch.Tensor]
    buffers: dict[str, torch.Tensor]
    ties: dict[str, str]

    @staticmethod
    def of(model: torch.nn.Module) -> ModuleTensors:
        """:raises UnusableModel: if this is no module, or one without values"""
        if not isinstance(model, torch.nn.Module) or isinstance(model, torch.jit.ScriptModule):
            raise UnusableModel(
                f"A torch.nn.Module was expected, and this is a {type(model).__name__}. Give the "
                "module itself, before it is compiled to TorchScript or exported."
            )
        parameters: dict[str, torch.Tensor] = {}
        integers: dict[str, torch.Tensor] = {}
        ties: dict[str, str] = {}
        first_names: dict[int, str] = {}
        for name, tensor in model.named_parameters(remove_duplicate=False):
            _require_values(name, tensor)
            first = first_names.setdefault(id(tensor), name)
            if first != name:
                ties[name] = first
            elif tensor.is_floating_point():
                parameters[name] = tensor
            else:
                integers[name] = tensor
        buffers = {
            name: tensor for name, tensor in model.named_buffers() if id(tensor) not in first_names
        }
        for name, tensor in buffers.items():
            _require_values(name, tensor)
        ties = {name: first for name, first in ties.items() if first in parameters}
        return ModuleTensors(parameters, {**integers, **buffers}, ties)


def _require_values(name: str, tensor: torch.Tensor) -> None:
    if torch.nn.parameter.is_lazy(tensor):
        raise UnusableModel(
            f"'{name}' has no shape yet. Call the model once on an example before exporting it."
        )
    if tensor.is_meta:
        raise UnusableModel(f"'{name}' is on the device 'meta' and has no values. Load them first.")
    if tensor.is_complex() or tensor.is_quantized or tensor.layout != torch.strided:
        kind = "complex" if tensor.is_complex() else "quantized or sparse"
        raise UnusableModel(f"'{name}' is {kind}; SampleGrad takes dense tensors of real numbers.")


def little_endian_bytes(tensor: torch.Tensor) -> memoryview | bytes:
    """The values of a tensor in row-major order, in its own type."""
    values = tensor.detach().cpu().contiguous().reshape(-1)
    if values.numel() == 0:
        return b""
    array = values.view(torch.uint8).numpy()
    if sys.byteorder == "big":
        array = array.reshape(-1, tensor.element_size())[:, ::-1]
        return array.tobytes()
    return array.data


@contextlib.contextmanager
def borrowed(model: torch.nn.Module) -> Iterator[None]:
    """The module in evaluation mode; whatever happens to its tensors and attributes is undone.

    Tensors keep their identity, so that whatever else refers to them (optimizers, hooks, lists)
    stays right; their values may be replaced by assigning to ``data``.
    """
    attributes = []
    for module in model.modules():
        own = dict(vars(module))
        held = {
            name: dict(own[name])
            for name in ("_parameters", "_buffers", "_modules")
            if isinstance(own.get(name), dict)
        }
        attributes.append((module, own, held))
    tensors = [*model.parameters(), *model.buffers()]
    values = [(tensor, tensor.data, tensor.requires_grad) for tensor in tensors]
    try:
        model.eval()
        # The forward may change them in place.
        for tensor, data, _ in values:
            tensor.data = data.clone()
        yield
    finally:
        for module, own, held in attributes:
            for name, entries in held.items():
                own[name].clear()
                own[name].update(entries)
            vars(module).clear()
            vars(module).update(own)
        for tensor, data, requires_grad in values:
            tensor.data = data
            if tensor.requires_grad != requires_grad:
                tensor.requires_grad_(requires_grad)


def assign(tensors: Mapping[str, torch.Tensor], values: Mapping[str, torch.Tensor]) -> None:
    """Gives tensors new values, of any floating-point type."""
    for name, tensor in tensors.items():
        tensor.data = values[name].to(tensor.device)


def distinct_values(tensors: Mapping[str, torch.Tensor], seed: int) -> dict[str, torch.Tensor]:
    """Random values near those of the tensors, none 0, that no two tensors share.

    A value keeps its sign and its magnitude up to a third, so that a module computes with them what
    it computes with its own.
    """
    generator = torch.Generator().manual_seed(seed)
    drawn: dict[str, torch.Tensor] = {}
    seen: set[tuple[torch.dtype, bytes]] = set()
    for name, tensor in tensors.items():
        for _ in range(_MOST_DRAWS):
            values = _near(tensor, generator)
            # Few elements may coincide by chance, many do not.
            key = (values.dtype, bytes(little_endian_bytes(values.reshape(-1)[:64])))
            if key not in seen or tensor.numel() == 0:
                break
        seen.add(key)
        drawn[name] = values
    return drawn


def _near(tensor: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    own = tensor.detach().cpu()
    wide = torch.float64 if tensor.dtype == torch.float64 else torch.float32
    uniform = torch.rand(own.shape, generator=generator, dtype=wide)
    sign = torch.randint(0, 2, own.shape, generator=generator) * 2 - 1
    small = sign * (0.02 + 0.08 * uniform)
    values = (own.to(wide) * (1 + sign * (0.1 + 0.2 * uniform))).to(own.dtype)
    return torch.where(values.isfinite() & (values != 0), values, small.to(own.dtype)).contiguous()
