"""The two passes over a whole data set, by BackPACK on PyTorch: what SampleGrad is compared with.

Moments pass: S1 = sum_n g_n and S2 = sum_n g_n^2 over all batches, in float64; the total variance is
V = sum(S2/N - (S1/N)^2). Pull-back pass: with c1 = -2 S1/N^2 and c2 = 1/N held constant,
grad V = grad [<c1, S1> + <c2, S2>], batch after batch, which is (2/N) sum_n H_n (g_n - mean).
Averaging the variances of batches would be neither.

BackPACK is given every choice that leads to the right answer, and keeps the fastest: the extension
that computes the squares in each pass, the algorithm for the convolutions' individual gradients,
and the batch size. Since c2 is one number for this functional, the second pass may use BatchL2Grad,
which never forms a linear layer's individual gradients.

    python backpack_two_pass.py --model ../models/mlp.json --images DIR --rows 60000

Prints one line of JSON about the choice, then one for each round. With --on-request, every round
waits for a line on standard input, so that another program can alternate with this one.
"""

import argparse
import contextlib
import json
import os
import sys
import time
import warnings
from pathlib import Path

import torch
from backpack import backpack, extend
from backpack.core.derivatives.convnd import weight_jac_t_save_memory
from backpack.extensions import BatchGrad, BatchL2Grad, SumGradSquared

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import samples  # noqa: E402

COARSE_BATCH_SIZES = (32, 128, 512, 2048)

# How each extension's result becomes sum_n g_n^2, elementwise or (where that suffices) in total.
SQUARES = {
    SumGradSquared: lambda parameter: parameter.sum_grad_squared,
    BatchGrad: lambda parameter: parameter.grad_batch.square().sum(0),
    BatchL2Grad: lambda parameter: parameter.batch_l2,
}
MOMENT_EXTENSIONS = (SumGradSquared, BatchGrad)
PULL_BACK_EXTENSIONS = (SumGradSquared, BatchGrad, BatchL2Grad)


def layer(entry, shape):
    """A layer of a model file, for samples of a shape."""
    kind, options = (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))
    options = dict(options)
    if kind == "conv2d":
        return torch.nn.Conv2d(
            shape[0], options.pop("out"), options.pop("kernel"), **options
        )
    if kind == "maxpool2d":
        return torch.nn.MaxPool2d(options.pop("kernel"), **options)
    if kind == "linear":
        return torch.nn.Linear(shape[0], options.pop("out"), **options)
    return {"relu": torch.nn.ReLU, "flatten": torch.nn.Flatten}[kind]()


def model_of(path):
    """The model of a JSON file, in PyTorch's default initial values."""
    spec = json.loads(Path(path).read_text())
    layers = []
    example = torch.zeros(1, *spec["input"])
    for entry in spec["layers"]:
        layers.append(layer(entry, example.shape[1:]))
        example = layers[-1](example)
    return torch.nn.Sequential(*layers), spec["input"]


class TwoPasses:
    """Both passes over samples held in memory."""

    def __init__(self, model, features, labels):
        self.model = extend(model)
        self.loss = torch.nn.CrossEntropyLoss(reduction="sum")
        self.parameters = list(model.parameters())
        self.features = features
        self.labels = labels

    def _backward(self, start, end, extension, create_graph):
        loss = self.loss(self.model(self.features[start:end]), self.labels[start:end])
        with backpack(extension()):
            loss.backward(create_graph=create_graph)

    def _forget(self, extension):
        """Cuts the reference cycle between a parameter and the graph of its gradient."""
        for parameter in self.parameters:
            parameter.grad = None
            delattr(parameter, extension().savefield)

    def _sums(self):
        return [torch.zeros(p.shape, dtype=torch.float64) for p in self.parameters]

    def moments(self, extension, batch_size, rows):
        first, second = self._sums(), self._sums()
        for start in range(0, rows, batch_size):
            self._backward(start, min(start + batch_size, rows), extension, False)
            for p, s1, s2 in zip(self.parameters, first, second):
                s1 += p.grad
                s2 += SQUARES[extension](p)
            self._forget(extension)
        return first, second

    def pull_back(self, cotangents, count, extension, batch_size, rows):
        totals = self._sums()
        for start in range(0, rows, batch_size):
            self._backward(start, min(start + batch_size, rows), extension, True)
            contraction = sum(
                torch.dot(c1.flatten(), p.grad.flatten())
                + SQUARES[extension](p).sum() * (1 / count)
                for p, c1 in zip(self.parameters, cotangents)
            )
            gradients = torch.autograd.grad(contraction, self.parameters)
            for total, gradient in zip(totals, gradients):
                total += gradient
            self._forget(extension)
        return totals

    def statistics(self, first, second, count):
        """V and the cotangents c1, which float32 batches are contracted with."""
        variance = sum(
            float((s2 / count - (s1 / count).square()).sum())
            for s1, s2 in zip(first, second)
        )
        return variance, [(-2 / count**2 * s1).float() for s1 in first]


class Choice:
    """The fastest of several ways to run one pass, found by running each on a few batches."""

    # More is never faster, and would not leave room for the other side.
    LARGEST_INDIVIDUAL_GRADIENTS = 1 << 28
    FINALISTS = 3
    DECLINE = 0.75
    LONGEST_SECONDS = 3

    def __init__(self, extensions, model, rows, seconds):
        convolutions = any(isinstance(m, torch.nn.Conv2d) for m in model)
        self.ways = [
            (extension, save_memory)
            for extension in extensions
            for save_memory in ([False, True] if convolutions else [False])
        ]
        self.gradient_bytes = 4 * sum(p.numel() for p in model.parameters())
        self.rows = rows
        self.seconds = seconds
        self.measured = {}

    def search(self, run):
        """run(extension, batch_size, rows) is one pass over the first rows."""
        for way in self.ways:
            for batch_size in COARSE_BATCH_SIZES:
                self._measure(run, *way, batch_size)
                if self._declines(*way, batch_size):
                    break
        for extension, save_memory, batch_size in self._ranking()[: self.FINALISTS]:
            self._measure(run, extension, save_memory, batch_size // 2)
            self._measure(run, extension, save_memory, batch_size * 2)
        finalists = self._ranking()[: self.FINALISTS]
        for candidate in finalists:
            self.measured[candidate] = self._rate(run, *candidate, 3 * self.seconds)
        self.best = max(finalists, key=self.measured.get)

    def _declines(self, extension, save_memory, batch_size):
        """Whether larger batches are not worth a try: they were slower already, or take long."""
        rates = {
            size: rate
            for (own, memory, size), rate in self.measured.items()
            if (own, memory) == (extension, save_memory)
        }
        rate = rates.get(batch_size)
        return rate is not None and (
            rate < self.DECLINE * max(rates.values())
            or batch_size / rate > self.LONGEST_SECONDS
        )

    def _ranking(self):
        return sorted(self.measured, key=self.measured.get, reverse=True)

    def _measure(self, run, extension, save_memory, batch_size):
        batch_size = min(batch_size, self.rows)
        candidate = (extension, save_memory, batch_size)
        expanded = batch_size * self.gradient_bytes if extension is BatchGrad else 0
        if (
            candidate not in self.measured
            and expanded <= self.LARGEST_INDIVIDUAL_GRADIENTS
        ):
            self.measured[candidate] = self._rate(run, *candidate, self.seconds)

    def _rate(self, run, extension, save_memory, batch_size, seconds):
        """Samples per second, the best of three goes after a first one."""
        with weight_jac_t_save_memory(save_memory):
            once = self._seconds(run, extension, batch_size, batch_size)
            batches = max(1, int(seconds / 3 / once))
            rows = min(self.rows // batch_size, batches) * batch_size
            goes = 3 if once < seconds else 1
            fastest = min(
                self._seconds(run, extension, batch_size, rows) for _ in range(goes)
            )
            return rows / fastest

    @staticmethod
    def _seconds(run, extension, batch_size, rows):
        start = time.perf_counter()
        run(extension, batch_size, rows)
        return time.perf_counter() - start

    def run(self, run):
        """The whole pass in the best way; its result and seconds."""
        extension, save_memory, batch_size = self.best
        with weight_jac_t_save_memory(save_memory):
            start = time.perf_counter()
            result = run(extension, batch_size, self.rows)
            return result, time.perf_counter() - start

    def describe(self):
        def text(candidate):
            extension, save_memory, batch_size = candidate
            return {
                "extension": extension.__name__,
                "save_memory": save_memory,
                "batch_size": batch_size,
                "samples_per_second": round(self.measured[candidate], 1),
            }

        return {"best": text(self.best), "measured": [text(c) for c in self._ranking()]}


def peak_resident_bytes():
    """The largest resident memory of this process so far, where the system tells it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None


def show(record):
    print(json.dumps(record), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="JSON model file")
    parser.add_argument("--weights", help="safetensors file; else initial values")
    parser.add_argument("--images", help="directory with MNIST's training IDX files")
    parser.add_argument("--table", help="Parquet directory with features and label")
    parser.add_argument("--rows", type=int, help="the first samples only")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--on-request", action="store_true")
    parser.add_argument("--search-seconds", type=float, default=0.4)
    parser.add_argument("--save-gradient", help="safetensors file for grad V")
    arguments = parser.parse_args()
    if (arguments.images is None) == (arguments.table is None):
        parser.error("one of --images and --table is needed")
    warnings.filterwarnings("ignore")
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    model, shape = model_of(arguments.model)
    if arguments.weights:
        from safetensors.torch import load_file

        model.load_state_dict(load_file(arguments.weights))
    features, labels = (
        samples.mnist(arguments.images, arguments.rows)
        if arguments.images
        else samples.table(arguments.table, arguments.rows)
    )
    features = torch.from_numpy(features).reshape(-1, *shape)
    labels = torch.from_numpy(labels).long()
    rows = len(labels)
    passes = TwoPasses(model, features, labels)
    seconds = arguments.search_seconds
    first_pass = Choice(MOMENT_EXTENSIONS, model, rows, seconds)
    first_pass.search(passes.moments)
    # Any cotangents take the same time.
    trial = [p.detach().clone() for p in passes.parameters]
    second_pass = Choice(PULL_BACK_EXTENSIONS, model, rows, seconds)
    second_pass.search(lambda *how: passes.pull_back(trial, rows, *how))
    show(
        {
            "rows": rows,
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "moments": first_pass.describe(),
            "pull_back": second_pass.describe(),
        }
    )
    for _ in range(arguments.rounds):
        if arguments.on_request and not sys.stdin.readline():
            break
        (first, second), moments_seconds = first_pass.run(passes.moments)
        variance, cotangents = passes.statistics(first, second, rows)
        gradient, pull_back_seconds = second_pass.run(
            lambda *how: passes.pull_back(cotangents, rows, *how)
        )
        show(
            {
                "n": rows,
                "moments_seconds": moments_seconds,
                "pullback_seconds": pull_back_seconds,
                "samples_per_second": rows / (moments_seconds + pull_back_seconds),
                "total_variance": variance,
                "total_variance_gradient_norm": float(
                    torch.cat([g.flatten() for g in gradient]).norm()
                ),
                "peak_resident_bytes": peak_resident_bytes(),
            }
        )
    if arguments.save_gradient:
        from safetensors.torch import save_file

        names = [name for name, _ in model.named_parameters()]
        save_file(dict(zip(names, gradient)), arguments.save_gradient)


if __name__ == "__main__":
    main()
