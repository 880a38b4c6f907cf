"""Exporting a module with all of its parameters."""

from __future__ import annotations

import dataclasses
import importlib
import os
import pathlib
import warnings
from typing import TYPE_CHECKING, Any

from ._errors import UnusableModel

if TYPE_CHECKING:
    import torch


@dataclasses.dataclass(frozen=True)
class Export(os.PathLike):
    """What :func:`export` wrote.

    :param path: the ONNX file
    :param exporter: which of PyTorch's exporters made it, ``dynamo`` or ``torchscript``
    :param parameters: the names of the parameters, in the module's order
    :param checked_with: what evaluated the file; None if nothing could
    :param notes: a sentence about each thing that could not be kept
    """

    path: pathlib.Path
    exporter: str
    parameters: tuple[str, ...]
    checked_with: str | None
    notes: tuple[str, ...] = ()

    def __fspath__(self) -> str:
        return str(self.path)


def export(
    model: torch.nn.Module,
    args: Any,
    path: str | os.PathLike,
    **torch_onnx_options: Any,
) -> Export:
    """Writes a module as an ONNX file in which every parameter is whole and has its name.

    The module is exported in evaluation mode, by ``torch.onnx.export`` with ``dynamo=True``, or
    ``dynamo=False`` where that fails. For that time its parameters have random values that no two
    of them share, so that no exporter can take one for another, merge or drop it unnoticed; then
    they get their own values back, and so do the parameters in the file. The file is evaluated and
    compared with the module, with random and with its own values, for 1, 2 and 5 samples.

    The file's metadata list every parameter and buffer, so that SampleGrad knows instead of
    guessing: buffers are constants, tied parameters are one, frozen ones are marked. The module is
    left as it was.

    :param model: takes samples along the first axis of its inputs, and gives predictions along the
        first axis of its outputs
    :param args: an example, as ``torch.onnx.export`` takes it: a tensor ``[samples, ...]``, or a
        tuple of inputs, of which a dict at the end holds those by name
    :param path: the file to write; it appears whole or not at all. Weights beyond 1.5 GB, or with
        ``external_data=True`` all large ones, lie in a file ``<path>.data`` beside it
    :param torch_onnx_options: further options of ``torch.onnx.export``, such as ``opset_version``,
        ``input_names``, ``dynamic_shapes``, ``kwargs`` or ``dynamo``. Without ``dynamic_shapes`` or
        ``dynamic_axes`` the number of samples is left open
    :returns: what was written; what could not be kept is also given as a warning
    :raises UnusableModel: if a parameter would be lost, or if the file computed something else
    """
    for package in ("torch", "onnx"):
        try:
            importlib.import_module(package)
        except ImportError as e:
            raise ImportError(
                "samplegrad.export needs torch, onnx and onnxscript; install them by "
                "pip install torch onnx onnxscript onnxruntime"
            ) from e
    from ._writer import write

    if not torch_onnx_options.get("export_params", True):
        raise UnusableModel("Without its parameters (export_params=False) a file is of no use.")
    written = write(model, args, pathlib.Path(path), dict(torch_onnx_options))
    for note in written.notes:
        warnings.warn(note, stacklevel=2)
    return written
