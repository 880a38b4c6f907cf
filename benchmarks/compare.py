"""Measures the job beside BackPACK, and the job beside itself; see README.md.

run.sh prepares what this needs and calls it.
"""

import argparse
import contextlib
import dataclasses
import datetime
import json
import os
import platform
import random
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import floor
import prepare

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


@dataclasses.dataclass(frozen=True)
class Case:
    """One line of the comparison."""

    model: str
    rows: int
    data: str  # a key of Comparison.data

    @property
    def file(self):
        return HERE / "models" / f"{self.model}.json"


CASES = (
    Case("logistic", 600_000, "mnist-600000"),
    Case("cnn", 60_000, "mnist-60000"),
    Case("mlp", 60_000, "mnist-60000"),
    Case("2c2d", 2_048, "mnist-60000"),
    Case("3c3d", 1_024, "cifar-shaped"),
)

PEER_GRADIENT = "peer-gradient.safetensors"


def environment():
    """This process's, without what would tie one side's libraries to a processor type."""
    dropped = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    return {name: value for name, value in os.environ.items() if name not in dropped}


def peak_resident_bytes(pid):
    """The largest resident memory of a process so far, or None where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024


@contextlib.contextmanager
def on_processors(count):
    """What starts meanwhile has so many of the processors."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


class LineProcess:
    """A process that answers a line with a line of JSON."""

    def __init__(self, command, extra_environment):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [str(word) for word in command],
            env={**environment(), **extra_environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.fail("ended with exit code %d" % self.process.returncode)
        return json.loads(line)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.answer()

    def fail(self, what):
        self.log.seek(0)
        raise SystemExit(
            f"{self.process.args[0]} {what}; it wrote\n{self.log.read()[-4000:]}"
        )

    def peak_resident_bytes(self):
        return peak_resident_bytes(self.process.pid)


class Job(LineProcess):
    """The job in one process with the options of run-local.sh; the first run warms it up."""

    def __init__(self, options, cores):
        self.output = tempfile.TemporaryDirectory(prefix="samplegrad-benchmark-")
        java = "java"
        if "JAVA_HOME" in os.environ:
            java = os.path.join(os.environ["JAVA_HOME"], "bin", "java")
        java_options = ROOT / "job/target/classes/org/samplegrad/job/java-options.txt"
        class_path = (HERE / "target/class-path.txt").read_text()
        super().__init__(
            [
                java,
                *java_options.read_text().split(),
                *options.java_options,
                f"-Xmx{options.driver_memory}",
                f"-Dspark.master=local[{cores}]",
                "-cp",
                f"{HERE / 'target/classes'}:{class_path}",
                "org.samplegrad.benchmarks.JobBenchmark",
            ],
            {"OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"},
        )

    def __exit__(self, *exception):
        super().__exit__(*exception)
        self.output.cleanup()

    def run(self, arguments):
        """One run of the variance command: its summary beside the times around it."""
        result = self.attempt(arguments)
        if result is None:
            self.fail(f"could not run {arguments}")
        return result

    def attempt(self, arguments):
        """The same; None if the command failed, as for want of memory."""
        words = ["RUN", self.output.name, "variance", *arguments]
        result = self.ask(json.dumps([str(word) for word in words]))
        if result["exit_code"] != 0:
            return None
        summary = result["summary"]
        result["seconds"] = sum(
            summary["timings"][name] for name in ("moments_seconds", "pullback_seconds")
        )
        result["samples_per_second"] = summary["n"] / result["seconds"]
        return result

    def decode(self, data, model, rows):
        return self.ask(json.dumps(["DECODE", data, model, str(rows)]))


class Peer(LineProcess):
    """BackPACK over the same samples; it looks for its best way first."""

    def __init__(self, arguments, threads):
        super().__init__(
            [
                sys.executable,
                HERE / "peer/backpack_two_pass.py",
                "--on-request",
                "--rounds",
                1_000_000,
                "--threads",
                threads,
                *arguments,
            ],
            {},
        )
        self.choice = self.answer()

    def run(self):
        return self.ask("")


def processor():
    """The processor's name."""
    try:
        return re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())[1]
    except (OSError, TypeError):
        return platform.processor() or platform.machine()


def text_of_bytes(count):
    return "?" if count is None else f"{count / 1e9:.2f} GB"


def table(header, rows):
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def median(runs, what="samples_per_second"):
    return statistics.median(run[what] for run in runs)


def spread(runs):
    """The runs' samples per second, for the reader to see how far they lie apart."""
    return ", ".join(f"{run['samples_per_second']:,.0f}" for run in runs)


def gradient_difference(mine, other):
    """The norm of the difference of two gradient files, relative to the other's norm."""
    import numpy
    from safetensors.numpy import load_file

    mine, other = load_file(mine), load_file(other)
    difference = sum(numpy.sum((mine[k] - other[k].reshape(mine[k].shape)) ** 2) for k in other)
    return float(numpy.sqrt(difference / sum(numpy.sum(v**2) for v in other.values())))


class Comparison:
    """What all experiments share: the options, the prepared data, and the report."""

    def __init__(self, options):
        self.options = options
        self.scratch = Path(options.scratch).resolve()
        self.scratch.mkdir(parents=True, exist_ok=True)
        once, often = prepare.images(self.scratch, options.mnist)
        self.data = {"mnist-60000": once, "mnist-600000": often}
        for case in self.cases():
            if case.data == "cifar-shaped":
                self.data[case.data] = prepare.cifar_shaped(self.scratch, case.rows)
        self.sections = []

    def cases(self, *names):
        """The chosen models, or of these names the chosen ones."""
        return [
            dataclasses.replace(case, rows=min(case.rows, self.options.rows or case.rows))
            for case in CASES
            if case.model in self.options.models and (not names or case.model in names)
        ]

    def location(self, case):
        """The case's data as the job's command line takes them."""
        path = self.data[case.data]
        return path if case.data == "cifar-shaped" else f"mnist:{path}"

    def job_arguments(self, case):
        return [
            "--data",
            self.location(case),
            "--limit",
            case.rows,
            "--model",
            case.file,
            "--weights",
            prepare.weights(self.scratch, case.file),
            "--loss",
            "cross-entropy",
            "--backend",
            self.options.backend,
            *self.options.job_options,
        ]

    def peer_arguments(self, case):
        where = "--table" if case.data == "cifar-shaped" else "--images"
        return [
            where,
            self.data[case.data],
            "--rows",
            case.rows,
            "--model",
            case.file,
            "--weights",
            prepare.weights(self.scratch, case.file),
            "--search-seconds",
            self.options.search_seconds,
            "--save-gradient",
            self.scratch / PEER_GRADIENT,
        ]

    def measured(self, job, arguments, rounds=None):
        """Runs after as many warm-ups as asked for."""
        for _ in range(self.options.warm_ups):
            job.run(arguments)
        return [job.run(arguments) for _ in range(rounds or self.options.rounds)]

    def report(self, title, *paragraphs):
        section = "\n\n".join([f"## {title}", *paragraphs])
        print(section + "\n", flush=True)
        self.sections.append(section)
        if self.options.output:
            Path(self.options.output).write_text("\n\n".join(self.sections) + "\n")

    # The experiments, each a method of the name that the command line takes.

    def versus_backpack(self):
        gigaflops = floor.measured_sgemm_gigaflops(environment())
        peak = gigaflops * 1e9 * self.options.cores
        rows, choices, details = [], [], []
        for case in self.cases():
            row, choice, detail = self.side_by_side(case, peak)
            rows.append(row)
            choices.append(choice)
            details.append(detail)
            print(json.dumps(detail), file=sys.stderr, flush=True)
        self.report(
            "The job and BackPACK",
            f"{self.options.cores} cores, one run, alternating, medians of"
            f" {self.options.rounds} rounds after {self.options.warm_ups} warm-up pass(es)."
            f" SGEMM reaches {gigaflops:.0f} GFLOP/s on one core. Both passes, in samples/s.",
            table(
                [
                    "model (samples)",
                    "SampleGrad",
                    "BackPACK",
                    "ratio",
                    "floor",
                    "of the floor",
                    "of SGEMM's rate",
                    "peak memory of the JVM",
                    "V differs by",
                    "∇V differs by",
                ],
                rows,
            ),
            "BackPACK's best ways, found before:",
            table(["model", "moments pass", "pull-back pass", "peak memory"], choices),
            "Each run (samples/s), passes apart (s), and all that surrounds them (s):",
            table(
                [
                    "model",
                    "SampleGrad",
                    "BackPACK",
                    "moments / pull-back",
                    "BackPACK's",
                    "Spark's start, reading, writing",
                    "collecting garbage",
                ],
                details,
            ),
        )

    def side_by_side(self, case, peak):
        mine, others = [], []
        cores = self.options.cores
        arguments = self.job_arguments(case)
        with Job(self.options, cores) as job:
            with Peer(self.peer_arguments(case), cores) as peer:
                for _ in range(self.options.warm_ups):
                    job.run(arguments)
                for _ in range(self.options.rounds):
                    mine.append(job.run(arguments))
                    others.append(peer.run())
                best = [peer.choice[p]["best"] for p in ("moments", "pull_back")]
            # The peer leaves its gradient when it ends.
            difference = gradient_difference(
                Path(job.output.name, "total_variance_gradient.safetensors"),
                self.scratch / PEER_GRADIENT,
            )
            memory = job.peak_resident_bytes()
        ours, theirs = median(mine), median(others)
        least, two_passes = floor.operations(case.file)
        variances = [
            mine[-1]["summary"]["total_variance"],
            others[-1]["total_variance"],
        ]
        row = [
            f"{case.model} ({case.rows:,})",
            f"{ours:,.0f}",
            f"{theirs:,.0f}",
            f"**{ours / theirs:.2f}**",
            f"{peak / least:,.0f}",
            f"{ours * least / peak:.1%}",
            f"{ours * two_passes / peak:.1%}",
            text_of_bytes(memory),
            f"{abs(variances[0] / variances[1] - 1):.0e}",
            f"{difference:.0e}",
        ]
        ways = [
            f"{way['extension']}{', save_memory' if way['save_memory'] else ''},"
            f" batch {way['batch_size']}"
            for way in best
        ]
        choice = [case.model, *ways, text_of_bytes(others[-1]["peak_resident_bytes"])]
        timings = [run["summary"]["timings"] for run in mine]
        around = [{"seconds": run["wall_seconds"] - run["seconds"]} for run in mine]
        detail = [
            case.model,
            spread(mine),
            spread(others),
            f"{median(timings, 'moments_seconds'):.2f} / {median(timings, 'pullback_seconds'):.2f}",
            f"{median(others, 'moments_seconds'):.2f} / {median(others, 'pullback_seconds'):.2f}",
            f"{median(around, 'seconds'):.1f}",
            f"{median(mine, 'collection_seconds'):.2f}",
        ]
        return row, choice, detail

    def cores(self):
        """All cores against one task, and against one task on one processor, in turns.

        Where a task has a processor of several, the compilers and the driver work on the others.
        """
        cores = self.options.cores
        rows = []
        for case in self.cases("cnn", "mlp"):
            arguments = self.job_arguments(case)
            with contextlib.ExitStack() as stack:
                jobs = []
                for tasks, processors in ((1, 1), (1, cores), (cores, cores)):
                    with on_processors(processors):
                        jobs.append(stack.enter_context(Job(self.options, tasks)))
                turns = [
                    [job.run(arguments) for job in jobs]
                    for _ in range(self.options.warm_ups + self.options.rounds)
                ]
            rates = [median(runs) for runs in zip(*turns[self.options.warm_ups :])]
            ratios = [f"{rates[-1] / rate:.2f}" for rate in rates[:-1]]
            rows.append([case.model, *[f"{r:,.0f}" for r in rates], *ratios])
        self.report(
            "Cores",
            table(
                [
                    "model",
                    "one task, one processor",
                    f"one task, {cores} processors",
                    f"{cores} tasks, {cores} processors",
                    "to the first",
                    "to the second",
                ],
                rows,
            ),
        )

    def rows(self):
        """Over few and many rows; and over one row for each core, for what any data set costs."""
        rows = []
        for case in self.cases("logistic", "cnn", "mlp"):
            often = dataclasses.replace(case, data="mnist-600000")
            counts = [min(n, self.options.rows or n) for n in (10_000, 60_000, 600_000)]
            choices = {
                n: self.job_arguments(dataclasses.replace(often, rows=n))
                for n in (self.options.cores, *counts)
            }
            runs = self.in_turns(choices)
            fixed = median(runs[self.options.cores], "seconds")
            seconds = [median(runs[n], "seconds") for n in counts]
            microseconds = [1e6 * t / n for t, n in zip(seconds, counts)]
            above = [1e6 * (t - fixed) / n for t, n in zip(seconds, counts)]
            rows.append(
                [
                    case.model,
                    *[f"{m:.2f}" for m in microseconds],
                    f"{max(microseconds) / min(microseconds):.2f}",
                    f"{1e3 * fixed:.0f} ms",
                    f"{max(above) / min(above):.2f}",
                ]
            )
        self.report(
            "Time per sample by the size of the data set (µs, both passes, all cores)",
            table(
                [
                    "model",
                    "10,000",
                    "60,000",
                    "600,000",
                    "largest / smallest",
                    f"both passes over {self.options.cores} rows",
                    "largest / smallest above that",
                ],
                rows,
            ),
        )

    def in_turns(self, choices):
        """The runs of each choice, each turn in another order; None if they need too much memory.

        The program becomes faster while it runs, and a run begins with the memory that the one
        before it left.
        """
        runs = {size: [] for size in choices}
        order = list(choices)
        shuffled = random.Random(0)
        with Job(self.options, self.options.cores) as job:
            for turn in range(self.options.warm_ups + self.options.rounds):
                shuffled.shuffle(order)
                for size in order:
                    attempt = job.attempt if len(choices) > 1 else job.run
                    result = attempt(choices[size])
                    if result is None:
                        return None
                    if turn >= self.options.warm_ups:
                        runs[size].append(result)
        return runs

    def blocks(self):
        sizes = [16 * 2**k for k in range(8)]
        rows = []
        for case in self.cases():
            arguments = self.job_arguments(case)
            choices = {None: arguments}
            with Job(self.options, self.options.cores) as probe:
                for size in (s for s in sizes if s <= case.rows):
                    sized = [*arguments, "--block-size", size]
                    if probe.attempt(sized) is None:
                        # Larger ones need more memory still.
                        break
                    choices[size] = sized
            runs = self.in_turns(choices)
            while runs is None:
                # It fits into a program that does nothing else only.
                del choices[max(size for size in choices if size is not None)]
                runs = self.in_turns(choices)
            rates = {size: median(results) for size, results in runs.items()}
            best = max(rates, key=rates.get)
            rows.append(
                [
                    case.model,
                    f"{rates[None]:,.0f}",
                    *[f"{rates[s]:,.0f}" if s in rates else "" for s in sizes],
                    f"{rates[None] / rates[best]:.2f}",
                ]
            )
        self.report(
            "Block sizes (samples/s)",
            table(["model", "default", *sizes, "default / best"], rows),
        )

    def decoding(self):
        rows = []
        for case in self.cases("cnn", "3c3d"):
            with Job(self.options, self.options.cores) as job:
                seconds = median(self.measured(job, self.job_arguments(case)), "seconds")
                decoded = [
                    job.decode(str(self.location(case)), case.model, case.rows)
                    for _ in range(self.options.rounds + 1)
                ][1:]
                decoding = median(decoded, "decoding_seconds")
            rows.append(
                [
                    f"{case.model} ({'Parquet' if case.data == 'cifar-shaped' else 'IDX'})",
                    f"{decoding:.3f}",
                    f"{seconds:.3f}",
                    f"{decoding / seconds:.1%}",
                ]
            )
        self.report(
            "Decoding rows into blocks (s, all cores)",
            table(["model", "decoding alone", "both passes", "share"], rows),
        )

    def without_variance(self):
        if not self.options.without_variance_option:
            raise SystemExit(
                "without-variance needs --without-variance-option, the job's option for the total"
                " variance alone"
            )
        rows = []
        for case in self.cases("mlp"):
            arguments = self.job_arguments(case)
            less = [*arguments, *self.options.without_variance_option]
            full, alone = [], []
            with Job(self.options, self.options.cores) as job:
                job.run(arguments)
                job.run(less)
                for _ in range(self.options.rounds):
                    full.append(job.run(arguments))
                    alone.append(job.run(less))
            rows.append(
                [
                    case.model,
                    f"{median(full, 'seconds'):.2f}",
                    f"{median(alone, 'seconds'):.2f}",
                    f"{1 - median(alone, 'seconds') / median(full, 'seconds'):.1%}",
                ]
            )
        self.report(
            "Total variance alone (s, both passes)",
            table(["model", "with per-parameter variance", "alone", "cheaper by"], rows),
        )


EXPERIMENTS = {
    "versus-backpack": Comparison.versus_backpack,
    "cores": Comparison.cores,
    "rows": Comparison.rows,
    "blocks": Comparison.blocks,
    "decoding": Comparison.decoding,
    "without-variance": Comparison.without_variance,
}


def arguments_of(words):
    parser = argparse.ArgumentParser(
        prog="run.sh",
        description=__doc__.splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "experiments",
        nargs="*",
        default=["versus-backpack"],
        metavar="EXPERIMENT",
        help=", ".join(EXPERIMENTS),
    )
    names = [case.model for case in CASES]
    parser.add_argument("--models", nargs="+", choices=names, default=names)
    parser.add_argument(
        "--mnist",
        default=os.environ.get("MNIST"),
        help="directory with MNIST's training IDX files; without it the bundled images repeat",
    )
    parser.add_argument("--rows", type=int, help="the first samples of each data set only")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--warm-ups", type=int, default=1, help="unmeasured runs before")
    parser.add_argument("--cores", type=int, default=os.cpu_count())
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--driver-memory", default="1g", help="the job's heap")
    parser.add_argument(
        "--job-options", type=shlex.split, default=[], help="of the job, in one string"
    )
    parser.add_argument(
        "--java-options", type=shlex.split, default=[], help="of the JVM, in one string"
    )
    parser.add_argument(
        "--without-variance-option",
        type=shlex.split,
        help="the job's option that leaves out the variance per parameter",
    )
    parser.add_argument(
        "--search-seconds", type=float, default=0.4, help="for each way of BackPACK's"
    )
    parser.add_argument("--scratch", default=HERE / "target/scratch")
    parser.add_argument("--output", help="Markdown file for the report")
    options = parser.parse_args(words)
    for name in options.experiments:
        if name not in EXPERIMENTS:
            parser.error(f"unknown experiment '{name}'; choose from {', '.join(EXPERIMENTS)}")
    return options


def main():
    options = arguments_of(sys.argv[1:])
    comparison = Comparison(options)
    comparison.report(
        f"{datetime.date.today()}",
        f"{processor()}, {options.cores} cores; load when it began {os.getloadavg()[0]:.1f}.",
    )
    for name in options.experiments:
        EXPERIMENTS[name](comparison)


if __name__ == "__main__":
    main()
