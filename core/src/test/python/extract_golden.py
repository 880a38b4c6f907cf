"""Makes the golden cases of the tests from a folder of fixtures.

Usage: extract_golden.py FIXTURES GOLDEN. FIXTURES holds one folder per case with model.onnx,
case.json, the expected mean_gradient, variance and total_variance_gradient as safetensors, and
data.parquet (columns id, features, label) unless the case runs on bundled data. Into GOLDEN/<case>
go case.json and the expected files unchanged; the ONNX initialisers in float64 as
weights.safetensors; and the rows in the order of their ids as data.safetensors, with the float64
tensors features [n, ...shape] and label ([n], or [n, k] for a label of k numbers). Needs numpy,
onnx, pyarrow and safetensors.
"""

import json
import pathlib
import shutil
import sys

import numpy
import onnx
import pyarrow.parquet
from safetensors.numpy import save_file

EXPECTED = ["mean_gradient", "variance", "total_variance_gradient"]


def weights(model_file):
    tensors = onnx.load(model_file).graph.initializer
    return {
        tensor.name: onnx.numpy_helper.to_array(tensor).astype(numpy.float64)
        for tensor in tensors
        if tensor.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE)
    }


def data(data_file, shape):
    rows = sorted(pyarrow.parquet.read_table(data_file).to_pylist(), key=lambda row: row["id"])
    features = numpy.array([row["features"] for row in rows], dtype=numpy.float64)
    label = numpy.array([row["label"] for row in rows], dtype=numpy.float64)
    return {"features": features.reshape(len(rows), *shape), "label": label}


def extract(case, target):
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(case / "case.json", target / "case.json")
    for name in EXPECTED:
        shutil.copyfile(case / f"{name}.safetensors", target / f"{name}.safetensors")
    save_file(weights(case / "model.onnx"), target / "weights.safetensors")
    if (case / "data.parquet").exists():
        shape = json.loads((case / "case.json").read_text())["shape"]
        save_file(data(case / "data.parquet", shape), target / "data.safetensors")


if __name__ == "__main__":
    fixtures, golden = map(pathlib.Path, sys.argv[1:])
    for case in sorted(fixtures.iterdir()):
        extract(case, golden / case.name)
