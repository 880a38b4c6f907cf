"""Whether a file computes what its module computes, and whether its derivative is the module's."""

from __future__ import annotations

import contextlib
import os
import warnings
from typing import Any, Iterator, Mapping

import numpy
import onnx
import torch
from onnx import helper
from torch.utils import _pytree

from . import _graph
from ._errors import UnusableModel
from ._exporters import Example
from ._modules import assign

BATCHES = (1, 2, 5)

# Of the largest number of an output.
_TOLERANCES = {
    torch.float64: 1e-9,
    torch.float32: 1e-4,
    torch.float16: 2e-2,
    torch.bfloat16: 1e-1,
}
# How much more the module's own rounding may take.
_ROUNDING = 10
_MOST_DIFFERENCE = 1e-2
_DERIVATIVE_STEPS = {torch.float64: 1e-5, torch.float32: 1e-2}
_DERIVATIVE_TOLERANCES = {torch.float64: 1e-5, torch.float32: 5e-2}


class Difference(Exception):
    """A file that computes something else; the message is the rest of a sentence about it."""


class Unchecked(Exception):
    """A file that nothing at hand can evaluate."""


def examples(model: torch.nn.Module, example: Example, dynamic: bool) -> list[Example]:
    """The example with 1, 2 and 5 samples, the elements of each sample in another order.

    Where a module does not take these, the samples are as they were, or that size is left out.
    """
    made = []
    for size in BATCHES if dynamic else (example.batch,):
        for change in (_shuffled_rows(example, size), _repeated_rows(example, size)):
            candidate = example.with_rows(change, size)
            if _fails(model, candidate) is None:
                made.append(candidate)
                break
    return made


def _shuffled_rows(example: Example, size: int):
    generator = torch.Generator().manual_seed(size)

    def rows(value: torch.Tensor) -> torch.Tensor:
        made = []
        for row in _repeated_rows(example, size)(value):
            order = torch.randperm(row.numel(), generator=generator).to(row.device)
            made.append(row.reshape(-1)[order].reshape(row.shape))
        return torch.stack(made)

    return rows


def _repeated_rows(example: Example, size: int):
    return lambda value: value[[row % example.batch for row in range(size)]]


def _fails(model: torch.nn.Module, example: Example) -> Exception | None:
    try:
        _outputs(model, example)
    except Exception as e:
        return e
    return None


def require_separate_samples(model: torch.nn.Module, example: Example) -> None:
    """:raises UnusableModel: if what a module gives for a sample depends on others, or if it fails"""
    error = _fails(model, example)
    if error is not None:
        raise UnusableModel(
            f"The module fails on the example: {first_line(error)}"
        ) from error
    together = _outputs(model, example)
    if not together:
        raise UnusableModel("The module gives no tensor for the example.")
    for output in together:
        if output.dim() == 0 or output.shape[0] != example.batch:
            raise UnusableModel(
                f"The module gives an output of shape {list(output.shape)} for {example.batch} "
                "samples. Its first axis must be that of the samples: export the module that "
                "gives the predictions, without the loss or a mean over the samples."
            )
    for row in range(example.batch):
        fewer = _fewer_beside(model, example, row)
        if fewer is None:
            continue
        for output, alone in zip(together, _outputs(model, fewer)):
            if not _close(alone[:1], output[row : row + 1], _tolerance(model, example)):
                raise UnusableModel(
                    "What the module gives for a sample depends on the other samples beside it, "
                    "so that no sample has a gradient of its own. A batch norm without running "
                    "statistics does this: give it some (track_running_stats=True), or replace it."
                )


def _fewer_beside(model: torch.nn.Module, example: Example, row: int) -> Example | None:
    """A sample alone or, where the module refuses that, beside one other."""
    for size in range(1, min(3, example.batch)):
        rows = [(row + i) % example.batch for i in range(size)]
        fewer = example.with_rows(lambda value, rows=rows: value[rows], size)
        if _fails(model, fewer) is None:
            return fewer
    return None


def require_plain_embeddings(model: torch.nn.Module) -> None:
    """:raises UnusableModel: if a table of vectors has options that no ONNX file can say"""
    for name, module in model.named_modules():
        if not isinstance(module, (torch.nn.Embedding, torch.nn.EmbeddingBag)):
            continue
        trained = module.weight.requires_grad
        where = f"The embedding '{name}'" if name else "The embedding"
        if trained and module.padding_idx is not None:
            raise UnusableModel(
                f"{where} has padding_idx={module.padding_idx}: PyTorch gives that row no "
                "gradient, and an ONNX file cannot say so. If it may have one, set the module's "
                "padding_idx to None; else freeze its weight by requires_grad_(False)."
            )
        if module.max_norm is not None or trained and module.scale_grad_by_freq:
            raise UnusableModel(
                f"{where} has max_norm or scale_grad_by_freq, which an ONNX file cannot say. Make "
                "it without them."
            )


def require_equal(
    path: str | os.PathLike, names: list[str], model: torch.nn.Module, example: Example
) -> str:
    """Evaluates a file and a module on the same samples.

    :param names: of the module's input tensors in the file, if it has them
    :returns: what the file was evaluated with
    :raises Difference: if the file gives something else, or nothing
    :raises Unchecked: if nothing at hand can evaluate the file
    """
    evaluate, evaluator, declared = _evaluator(path)
    tensors = example.tensors()
    given = dict(zip(names, tensors))
    if not set(declared) <= set(given):
        if len(declared) != len(tensors):
            raise Difference(f"takes the inputs {declared}, and the module {len(tensors)} tensors")
        given = dict(zip(declared, tensors))
    try:
        found = evaluate({name: _array(given[name]) for name in declared})
    except NotImplementedError as e:
        raise Unchecked(f"{evaluator} does not take it: {first_line(e)}") from e
    except Exception as e:
        raise Difference(f"fails on {example.batch} samples: {first_line(e)}") from e
    expected = _outputs(model, example)
    if len(found) != len(expected):
        raise Difference(f"gives {len(found)} outputs, and the module {len(expected)}")
    for position, (own, other) in enumerate(zip(expected, found)):
        other = torch.from_numpy(numpy.asarray(other).astype(numpy.float64))
        if tuple(own.shape) != tuple(other.shape):
            raise Difference(
                f"gives the shape {list(other.shape)} for {example.batch} samples, and the module "
                f"{list(own.shape)}"
            )
        tolerance = _tolerance(model, example)
        if not _close(other, own, tolerance) and not _close(
            other, own, max(tolerance, _rounding(model, example, position))
        ):
            off = (other - own.cpu().double()).abs().max().item()
            raise Difference(f"gives other numbers for {example.batch} samples, {off:.1e} off")
    return evaluator


def _rounding(model: torch.nn.Module, example: Example, position: int) -> float:
    """How far rounding may take an output of an ill-conditioned module, as a part of it."""
    own = _outputs(model, example)[position].cpu().double()
    try:
        with _in_type(model, example, {}, {}, torch.float64) as (inputs, _):
            exact = _outputs(model, inputs)[position].cpu()
    except Exception:
        return 0.0
    off = ((own - exact).abs().max() / exact.abs().max()).item()
    return min(_ROUNDING * off, _MOST_DIFFERENCE)


def _array(tensor: torch.Tensor) -> numpy.ndarray:
    tensor = tensor.detach().cpu()
    if tensor.dtype == torch.bfloat16:
        return tensor.float().numpy().astype(helper.tensor_dtype_to_np_dtype(16))
    return tensor.numpy()


def require_own_derivative(
    model: torch.nn.Module,
    example: Example,
    parameters: Mapping[str, torch.Tensor],
    values: Mapping[str, torch.Tensor],
) -> None:
    """Compares a module's gradient with the change of its outputs along a random direction.

    A file holds what a module computes, and its reader differentiates that. A module whose backward
    is something else (``detach``, ``no_grad``, a straight-through estimator, a backward of its own)
    has other gradients.

    :param values: where to compare, away from kinks
    :raises UnusableModel: if they differ beyond doubt, naming the parameters
    """
    trained = {n: t for n, t in parameters.items() if t.requires_grad and n in values}
    for dtype in _DERIVATIVE_STEPS:
        try:
            with _in_type(model, example, values, parameters, dtype) as (inputs, start):
                wrong = _wrong_derivatives(model, inputs, trained, start, dtype)
        except Exception:
            # Not every module works in float64.
            continue
        if wrong:
            raise UnusableModel(
                f"The gradient that PyTorch gives for {', '.join(wrong[:4])} is not the derivative "
                "of what the module computes: something in it stops or changes gradients (detach, "
                "no_grad, a custom backward, a straight-through estimator), and an ONNX file cannot "
                "say so. Freeze these parameters by requires_grad_(False), or leave that part out."
            )
        return


def used_parameters(
    model: torch.nn.Module, example: Example, parameters: Mapping[str, torch.Tensor]
) -> set[str]:
    """The parameters that the outputs depend on, as autograd sees it."""
    with _differentiable(parameters), torch.enable_grad():
        outputs = [o for o in _outputs_with_graph(model, example) if o.requires_grad]
        if not outputs:
            return set()
        gradients = torch.autograd.grad(
            outputs,
            list(parameters.values()),
            [torch.ones_like(o) for o in outputs],
            allow_unused=True,
        )
    return {name for name, gradient in zip(parameters, gradients) if gradient is not None}


@contextlib.contextmanager
def _differentiable(parameters: Mapping[str, torch.Tensor]) -> Iterator[None]:
    frozen = [t for t in parameters.values() if not t.requires_grad]
    for tensor in frozen:
        tensor.requires_grad_(True)
    try:
        yield
    finally:
        for tensor in frozen:
            tensor.requires_grad_(False)


@contextlib.contextmanager
def _in_type(
    model: torch.nn.Module,
    example: Example,
    values: Mapping[str, torch.Tensor],
    parameters: Mapping[str, torch.Tensor],
    dtype: torch.dtype,
) -> Iterator[tuple[Example, dict[str, torch.Tensor]]]:
    """The module's and the example's numbers in another type."""

    def converted(value: Any) -> Any:
        floating = isinstance(value, torch.Tensor) and value.is_floating_point()
        return value.to(dtype) if floating else value

    before = [(t, t.data) for t in (*model.parameters(), *model.buffers())]
    default = torch.get_default_dtype()
    start = {name: value.to(dtype) for name, value in values.items()}
    try:
        torch.set_default_dtype(dtype)
        for tensor, data in before:
            tensor.data = converted(data.clone())
        assign({n: t for n, t in parameters.items() if n in start}, start)
        args, kwargs = _pytree.tree_map(converted, (example.args, example.kwargs))
        yield Example(args, kwargs, example.batch), start
    finally:
        torch.set_default_dtype(default)
        for tensor, data in before:
            tensor.data = data


def _wrong_derivatives(
    model: torch.nn.Module,
    example: Example,
    parameters: Mapping[str, torch.Tensor],
    start: Mapping[str, torch.Tensor],
    dtype: torch.dtype,
) -> list[str]:
    generator = torch.Generator().manual_seed(1)
    weights: list[torch.Tensor] = []

    def scalar(outputs: list[torch.Tensor]) -> torch.Tensor:
        outputs = [o for o in outputs if o.is_floating_point()]
        if not weights:
            weights.extend(torch.randn(o.shape, generator=generator).to(o) for o in outputs)
        return sum((o * w).sum() for o, w in zip(outputs, weights))

    with torch.enable_grad():
        total = scalar(_outputs_with_graph(model, example))
        if not isinstance(total, torch.Tensor) or not total.requires_grad:
            gradients = [None] * len(parameters)
        else:
            gradients = torch.autograd.grad(total, list(parameters.values()), allow_unused=True)
    directions = {
        name: start[name] * torch.randn(start[name].shape, generator=generator).to(dtype)
        for name in parameters
    }
    slopes = {
        name: 0.0 if g is None else (g.to_dense().cpu() * directions[name]).sum().item()
        for (name, g) in zip(parameters, gradients)
    }

    def change(names: list[str], step: float) -> tuple[float, float]:
        """The difference quotient, and how far rounding may take it."""
        sums = []
        for sign in (1, -1):
            moved = {n: start[n] + sign * step * directions[n] for n in names}
            assign({n: parameters[n] for n in names}, moved)
            outputs = _outputs(model, example)
            sums.append(float(scalar(outputs)))
        assign({n: parameters[n] for n in names}, start)
        size = sum(float(o.abs().sum()) for o in outputs if o.is_floating_point())
        return (sums[0] - sums[1]) / (2 * step), _ROUNDING * torch.finfo(dtype).eps * size / step

    def differs(names: list[str]) -> bool:
        slope = sum(slopes[n] for n in names)
        step = _DERIVATIVE_STEPS[dtype]
        (coarse, _), (fine, rounding) = change(names, step), change(names, step / 2)
        scale = max(abs(slope), abs(fine), 1e-3 * sum(abs(s) for s in slopes.values()))
        off = abs(fine - slope)
        # What changes with the step is a kink.
        return (
            off > _DERIVATIVE_TOLERANCES[dtype] * scale + rounding and abs(coarse - fine) < 0.1 * off
        )

    names = list(parameters)
    if not names or not differs(names):
        return []
    return [name for name in names if differs([name])]


def _outputs(model: torch.nn.Module, example: Example) -> list[torch.Tensor]:
    with torch.no_grad():
        return [o.detach() for o in _outputs_with_graph(model, example)]


def _outputs_with_graph(model: torch.nn.Module, example: Example) -> list[torch.Tensor]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outputs = model(*example.args, **example.kwargs)
    return [o for o in _pytree.tree_leaves(outputs) if isinstance(o, torch.Tensor)]


def _close(found: torch.Tensor, expected: torch.Tensor, tolerance: float) -> bool:
    found, expected = found.detach().cpu().double(), expected.detach().cpu().double()
    finite = expected.isfinite()
    scale = expected[finite].abs().max().item() if finite.any() else 0.0
    return torch.allclose(found, expected, rtol=0, atol=tolerance * scale + 1e-12, equal_nan=True)


def _tolerance(model: torch.nn.Module, example: Example) -> float:
    """Of the coarsest type that takes part."""
    tensors = [*model.parameters(), *model.buffers()]
    tensors += [t for t in _pytree.tree_leaves((example.args, example.kwargs))]
    types = {t.dtype for t in tensors if isinstance(t, torch.Tensor) and t.is_floating_point()}
    return max((_TOLERANCES.get(dtype, 0) for dtype in types), default=_TOLERANCES[torch.float32])


def _evaluator(path: str | os.PathLike):
    """Something that evaluates a file: a function, its name, and the names of the inputs."""
    with contextlib.suppress(ImportError, AttributeError):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        try:
            session = onnxruntime.InferenceSession(
                os.fspath(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception:
            # It does not have every operator in every type; ONNX's own evaluator is slow and has.
            pass
        else:
            names = [i.name for i in session.get_inputs()]
            return lambda feeds: session.run(None, feeds), "onnxruntime", names
    from onnx.reference import ReferenceEvaluator

    try:
        reference = ReferenceEvaluator(os.fspath(path))
        names = _graph.inputs(onnx.load(path, load_external_data=False))
    except Exception as e:
        raise Unchecked(f"the ONNX reference evaluator does not take it: {first_line(e)}") from e
    return lambda feeds: reference.run(None, feeds), "the ONNX reference evaluator", names


def first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
