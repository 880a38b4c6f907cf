"""The file for ``--weights``, read by the rules of the format and by the library where it is."""

from __future__ import annotations

import json

import numpy
import pytest
import torch
from torch import nn

import samplegrad
import zoo

BITS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}


def read(path):
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    assert (8 + length) % 8 == 0
    tensors = {}
    end = 0
    for name, entry in json.loads(raw[8 : 8 + length]).items():
        if name == "__metadata__":
            continue
        begin, stop = entry["data_offsets"]
        assert begin == end
        end = stop
        values = numpy.frombuffer(raw[8 + length + begin : 8 + length + stop], BITS[entry["dtype"]])
        if entry["dtype"] == "BF16":
            values = (values.astype("<u4") << 16).view("<f4")
        tensors[name] = values.reshape(entry["shape"])
    assert len(raw) == 8 + length + end
    return tensors


@pytest.mark.parametrize("name", zoo.ZOO)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_holds_the_named_parameters(name, tmp_path):
    module, _ = zoo.make(name)
    path = samplegrad.save_weights(module, tmp_path / "weights.safetensors")
    tensors = read(path)
    assert list(tensors) == [n for n, _ in module.named_parameters()]
    for parameter, value in module.named_parameters():
        assert tensors[parameter].shape == tuple(value.shape)
        assert numpy.array_equal(tensors[parameter], value.detach().double().numpy())
    assert list(tmp_path.iterdir()) == [path]


def test_the_safetensors_library_reads_it(tmp_path):
    torch_files = pytest.importorskip("safetensors.torch")
    for name in ("mixed_types", "tied_weights", "scalars", "float16_parameters"):
        module, _ = zoo.make(name)
        tensors = torch_files.load_file(samplegrad.save_weights(module, tmp_path / "w"))
        parameters = dict(module.named_parameters())
        assert set(tensors) == set(parameters)
        assert all(
            t.dtype == parameters[n].dtype and torch.equal(t, parameters[n])
            for n, t in tensors.items()
        )


def test_refuses_what_has_no_values(tmp_path):
    with pytest.raises(samplegrad.UnusableModel, match="no shape yet"):
        samplegrad.save_weights(nn.LazyLinear(3), tmp_path / "w")
    with pytest.raises(samplegrad.UnusableModel, match="torch.nn.Module"):
        samplegrad.save_weights(nn.Linear(2, 2).state_dict(), tmp_path / "w")
    with pytest.raises(FileNotFoundError, match="no directory"):
        samplegrad.save_weights(nn.Linear(2, 2), tmp_path / "no" / "w")
    assert list(tmp_path.iterdir()) == []
