"""How fast the two passes could be: operations per sample, and what the machine's cores can do.

README.md derives the counts.
"""

import json
import math
import subprocess
import sys
import time
from pathlib import Path


def products(spec):
    """For each layer with weights: whether it is a convolution, and the multiplications one
    sample takes going forward."""
    shape = spec["input"]
    found = []
    for entry in spec["layers"]:
        kind, options = (
            (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))
        )
        if kind == "flatten":
            shape = [math.prod(shape)]
        elif kind == "linear":
            found.append((False, shape[0] * options["out"]))
            shape = [options["out"]]
        elif kind in ("conv2d", "maxpool2d"):
            kernel = options["kernel"]
            stride = options.get("stride", 1 if kind == "conv2d" else kernel)
            rounding = math.ceil if options.get("ceil_mode") else math.floor
            sides = [
                rounding((side + 2 * options.get("padding", 0) - kernel) / stride) + 1
                for side in shape[1:]
            ]
            if kind == "conv2d":
                patch = shape[0] * kernel * kernel
                found.append((True, patch * options["out"] * math.prod(sides)))
                shape = [options["out"], *sides]
            else:
                shape = [shape[0], *sides]
    return found


# Products of a layer's size in the moments pass and the pull-back pass, for linear layers and
# convolutions, first layers and later ones; and those that only repeat the moments pass's work.
PRODUCTS = {
    # (convolution, first): (both passes, of which repeated)
    (False, True): (3 + 4, 1),
    (False, False): (4 + 10, 2),
    (True, True): (2 + 4, 2),
    (True, False): (3 + 9, 3),
}


def operations(model_file):
    """Per sample: the least that the result takes, and what two passes over blocks take, which do
    the forward and backward evaluation anew in the second."""
    least = two_passes = 0
    for index, (convolution, multiplications) in enumerate(
        products(json.loads(Path(model_file).read_text()))
    ):
        count, repeated = PRODUCTS[convolution, index == 0]
        two_passes += 2 * count * multiplications
        least += 2 * (count - repeated) * multiplications
    return least, two_passes


def sgemm_gigaflops():
    """The best rate of one core on large matrix products in float32, of NumPy and PyTorch."""
    import numpy
    import torch

    torch.set_num_threads(1)
    best = 0.0
    for side in (768, 1536):
        a = numpy.random.default_rng(0).standard_normal((side, side), numpy.float32)
        b = torch.from_numpy(a)
        for product in (lambda: a @ a, lambda: b @ b):
            product()
            end = time.perf_counter() + 1
            while time.perf_counter() < end:
                start = time.perf_counter()
                product()
                seconds = time.perf_counter() - start
                best = max(best, 2 * side**3 / seconds / 1e9)
    return best


def measured_sgemm_gigaflops(environment):
    """The same in a process of its own, whose libraries have one thread."""
    one = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, __file__, "--peak"],
        env={**environment, **one},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return float(done.stdout)


if __name__ == "__main__":
    if sys.argv[1:] == ["--peak"]:
        print(sgemm_gigaflops())
    else:
        for model in sorted(Path(__file__).parent.glob("models/*.json")):
            counts = [f"{count / 1e6:.3g} M" for count in operations(model)]
            print(model.stem, *counts)
