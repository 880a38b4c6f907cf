"""The file of parameters that ``--weights`` takes."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import tempfile
from typing import TYPE_CHECKING, Iterator

from ._errors import UnusableModel

if TYPE_CHECKING:
    import torch

_ALIGNMENT = 8


def save_weights(model: torch.nn.Module, path: str | os.PathLike) -> pathlib.Path:
    """Writes the parameters of a module as safetensors, for ``--weights``.

    The names and shapes are those of ``model.named_parameters()``: no buffers, and each tied
    parameter once, under its first name. Values keep their type (float64, float32, float16 or
    bfloat16).

    :param path: the file to write; it appears whole or not at all
    :returns: the path
    :raises UnusableModel: if a parameter has no values yet, or is of another type
    """
    from ._modules import ModuleTensors, little_endian_bytes

    tensors = ModuleTensors.of(model).parameters
    types = _types()
    header = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, tensor in tensors.items():
        if tensor.dtype not in types:
            raise UnusableModel(
                f"The parameter '{name}' is of type {tensor.dtype}; --weights takes "
                f"{', '.join(str(known) for known in types)}. Convert it, for example by "
                "model.float()."
            )
        begin, end = end, end + tensor.numel() * tensor.element_size()
        header[name] = {
            "dtype": types[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    path = pathlib.Path(path)
    with written_whole(path) as partial, open(partial, "wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for tensor in tensors.values():
            file.write(little_endian_bytes(tensor))
    return path


@contextlib.contextmanager
def written_whole(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """Gives the path of a file of the same name in a directory beside ``path``.

    What stands in that directory afterwards moves beside ``path``, the file itself last; after an
    error nothing does.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no directory '{path.parent}' to write '{path.name}' in.")
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as directory:
        partial = pathlib.Path(directory, path.name)
        yield partial
        for other in sorted(pathlib.Path(directory).iterdir(), key=lambda file: file == partial):
            os.replace(other, path.parent / other.name)


def _types() -> dict[torch.dtype, str]:
    import torch

    return {
        torch.float64: "F64",
        torch.float32: "F32",
        torch.float16: "F16",
        torch.bfloat16: "BF16",
    }
