"""Writes what both sides read into a scratch directory: samples and initial weights."""

from pathlib import Path

import numpy

import samples

HERE = Path(__file__).resolve().parent
BUNDLED = HERE.parent / "datasets/src/main/resources/org/samplegrad/datasets/sources"
TIMES = 10
TRAINING_ROWS = 60_000


def images(scratch, source):
    """60,000 MNIST images, and the same ten times, as plain IDX files.

    Without a directory of the training set's files, the bundled test images are repeated.
    """
    once, often = scratch / "mnist-60000", scratch / "mnist-600000"
    if not (often / "ready").exists():
        if source:
            pixels = samples.read_idx(source, samples.IMAGES)
            labels = samples.read_idx(source, samples.LABELS)
        else:
            pixels = samples.read_idx(BUNDLED, "t10k-images-idx3-ubyte")
            labels = samples.read_idx(BUNDLED, "t10k-labels-idx1-ubyte")
        repeats = -(-TRAINING_ROWS // len(labels))
        for directory, times in ((once, repeats), (often, repeats * TIMES)):
            directory.mkdir(parents=True, exist_ok=True)
            samples.write_idx(directory, samples.IMAGES, pixels, times)
            samples.write_idx(directory, samples.LABELS, labels, times)
            (directory / "ready").touch()
    return once, often


def cifar_shaped(scratch, rows, files=8):
    """Standard-normal samples in CIFAR-10's shape with random classes, as a Parquet table.

    It holds no other rows: Spark's order of the files is its own, so that the first rows of a
    larger table would not be the same on both sides.
    """
    import pyarrow
    import pyarrow.parquet

    directory = scratch / f"cifar-shaped-{rows}"
    if not directory.exists():
        partial = scratch / f"cifar-shaped-{rows}.partial"
        partial.mkdir(parents=True, exist_ok=True)
        random = numpy.random.default_rng(0)
        for part in range(files):
            count = rows // files + (part < rows % files)
            values = random.standard_normal(count * 3072, numpy.float32)
            ends = numpy.arange(count + 1, dtype=numpy.int32) * 3072
            table = pyarrow.table(
                {
                    "features": pyarrow.ListArray.from_arrays(ends, values),
                    "label": random.integers(0, 10, count),
                }
            )
            pyarrow.parquet.write_table(table, partial / f"part-{part:02}.parquet")
        partial.rename(directory)
    return directory


def weights(scratch, model_file):
    """PyTorch's initial values for a model file."""
    import torch
    from safetensors.torch import save_file

    from peer.backpack_two_pass import model_of

    path = scratch / f"{Path(model_file).stem}.safetensors"
    if not path.exists():
        torch.manual_seed(0)
        model, _ = model_of(model_file)
        save_file(model.state_dict(), path)
    return path
