"""The samples both sides read: MNIST's IDX files, and Parquet tables of features and labels."""

import gzip
import struct
from pathlib import Path

import numpy

IMAGES = "train-images-idx3-ubyte"
LABELS = "train-labels-idx1-ubyte"


def read_idx(directory, name):
    """The bytes of an IDX file, plain or with the ending .gz, in its shape."""
    path = Path(directory, name)
    if path.exists():
        data = path.read_bytes()
    else:
        data = gzip.decompress(Path(directory, name + ".gz").read_bytes())
    rank = data[3]
    shape = struct.unpack(f">{rank}I", data[4 : 4 + 4 * rank])
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * rank).reshape(shape)


def write_idx(directory, name, values, times):
    """Writes values that many times in a row along the first axis."""
    shape = (values.shape[0] * times, *values.shape[1:])
    with open(Path(directory, name), "wb") as file:
        file.write(struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape))
        for _ in range(times):
            file.write(values.tobytes())


def mnist(directory, rows=None):
    """The first images, normalised as SampleGrad's reader does, [n, 784], and their labels."""
    images = read_idx(directory, IMAGES)[:rows]
    labels = read_idx(directory, LABELS)[:rows]
    values = numpy.arange(256, dtype=numpy.float32) / numpy.float32(255)
    values = (values - numpy.float32(0.1307)) / numpy.float32(0.3081)
    return values[images.reshape(len(images), -1)], labels


def table(directory, rows=None):
    """The features [n, f] and labels of a Parquet table, in the order of its files."""
    import pyarrow.parquet

    data = pyarrow.parquet.read_table(directory).slice(0, rows)
    features = data["features"].combine_chunks().flatten().to_numpy()
    labels = data["label"].to_numpy()
    return features.reshape(len(labels), -1).copy(), labels.copy()
