"""Parameters in the graph of an ONNX file: found by their values, put under their names."""

from __future__ import annotations

import hashlib
import itertools
from typing import Any, Iterable, Iterator, Mapping

import onnx
import torch
from onnx import helper, numpy_helper

from ._modules import little_endian_bytes

_TYPES = {
    onnx.TensorProto.FLOAT: torch.float32,
    onnx.TensorProto.DOUBLE: torch.float64,
    onnx.TensorProto.FLOAT16: torch.float16,
    onnx.TensorProto.BFLOAT16: torch.bfloat16,
    onnx.TensorProto.INT64: torch.int64,
    onnx.TensorProto.INT32: torch.int32,
    onnx.TensorProto.INT16: torch.int16,
    onnx.TensorProto.INT8: torch.int8,
    onnx.TensorProto.UINT8: torch.uint8,
    onnx.TensorProto.BOOL: torch.bool,
}
_CODES = {dtype: code for code, dtype in _TYPES.items()}
_MOST_AXES = 5


def place_parameters(
    model: onnx.ModelProto, values: Mapping[str, torch.Tensor]
) -> dict[str, str]:
    """Makes each parameter that a file holds one initializer, in its own shape and type.

    A tensor of the file that is a parameter transposed, reshaped or of another type becomes nodes
    that compute it from the parameter.

    :param values: the parameters with the values that they have in the file, which no two share
    :returns: the initializer of each parameter that is there and that the output depends on; one
        that the output does not depend on is removed
    """
    graph = model.graph
    found = _Arrangements(values)
    for inner in _graphs(graph):
        _constants_to_initializers(inner, found)
    names = _value_names(graph)
    tensors: dict[str, str] = {}
    for inner in _graphs(graph):
        made = []
        kept = []
        for initializer in inner.initializer:
            match = found.of(initializer)
            if match is None:
                kept.append(initializer)
                continue
            parameter, axes = match
            if parameter not in tensors:
                tensors[parameter] = _free_name(parameter, initializer.name, names, found, graph)
                names.add(tensors[parameter])
            made += _nodes(initializer, tensors[parameter], values[parameter], axes)
        _replace(inner.initializer, kept)
        _replace(inner.node, made + list(inner.node))
    for parameter, tensor in tensors.items():
        graph.initializer.append(tensor_proto(tensor, values[parameter]))
    _forget_inputs(graph)
    _skip_identities(graph, set(tensors.values()))
    used = _needed(graph)
    _replace(
        graph.initializer,
        [i for i in graph.initializer if i.name in used or i.name not in tensors.values()],
    )
    return {parameter: tensor for parameter, tensor in tensors.items() if tensor in used}


def place_buffers(
    model: onnx.ModelProto, values: Mapping[str, torch.Tensor], taken: set[str]
) -> dict[str, str]:
    """Finds the initializers of buffers, by name and by value.

    TorchScript stores buffers of equal values once, and names the others by ``Identity``; these get
    tensors of their own.

    :param taken: initializers that are parameters
    :returns: the initializer of each buffer that the file holds as it is
    """
    graph = model.graph
    initializers = {i.name: i for i in graph.initializer if i.name not in taken}
    kept = []
    for node in graph.node:
        copied = node.op_type == "Identity" and initializers.get(node.input[0])
        if copied and node.output[0] in values:
            copy = graph.initializer.add()
            copy.CopyFrom(copied)
            copy.name = node.output[0]
            initializers[copy.name] = copy
        else:
            kept.append(node)
    _replace(graph.node, kept)
    used = _needed(graph)
    return {
        name: name
        for name, value in values.items()
        if name in initializers and name in used and _holds(initializers[name], value)
    }


def set_values(model: onnx.ModelProto, values: Mapping[str, torch.Tensor]) -> None:
    """Gives initializers other values."""
    for initializer in model.graph.initializer:
        if initializer.name in values:
            initializer.CopyFrom(tensor_proto(initializer.name, values[initializer.name]))


def fingerprint(value: torch.Tensor) -> str:
    """The SHA-256 of the values as the file stores them."""
    return "sha256:" + hashlib.sha256(little_endian_bytes(value)).hexdigest()


def tensor_proto(name: str, value: torch.Tensor) -> onnx.TensorProto:
    return onnx.TensorProto(
        name=name,
        dims=list(value.shape),
        data_type=_CODES[value.dtype],
        raw_data=bytes(little_endian_bytes(value)),
    )


def inputs(model: onnx.ModelProto) -> list[str]:
    initializers = {i.name for i in model.graph.initializer}
    return [i.name for i in model.graph.input if i.name not in initializers]


class _Arrangements:
    """Finds the parameter that a tensor is, or is an arrangement of."""

    def __init__(self, values: Mapping[str, torch.Tensor]):
        self._values = values
        self._whole = {_key(value): name for name, value in values.items() if value.numel()}
        self._by_size: dict[int, list[str]] = {}
        for name, value in values.items():
            self._by_size.setdefault(value.numel(), []).append(name)

    def of(self, initializer: onnx.TensorProto) -> tuple[str, tuple[int, ...]] | None:
        """The parameter, and its axes in their order in the tensor."""
        if initializer.data_type not in _TYPES:
            return None
        tensor = _tensor(initializer)
        if not tensor.is_floating_point() or tensor.numel() == 0:
            return None
        whole = self._whole.get(_key(tensor))
        if whole is not None:
            return whole, tuple(range(self._values[whole].dim()))
        flat = tensor.reshape(-1)
        for name in self._by_size.get(tensor.numel(), ()):
            value = self._values[name].to(tensor.dtype)
            if value.dim() > _MOST_AXES or not (value == flat[-1]).any():
                continue
            for axes in itertools.permutations(range(value.dim())):
                if torch.equal(value.permute(axes).reshape(-1), flat):
                    return name, axes
        return None

    def is_parameter(self, initializer: onnx.TensorProto, name: str) -> bool:
        match = self.of(initializer)
        return match is not None and match[0] == name


def _key(tensor: torch.Tensor) -> tuple[torch.dtype, bytes]:
    return tensor.dtype, hashlib.sha256(little_endian_bytes(tensor)).digest()


def _tensor(initializer: onnx.TensorProto) -> torch.Tensor:
    dtype = _TYPES[initializer.data_type]
    if initializer.raw_data:
        return torch.frombuffer(bytearray(initializer.raw_data), dtype=dtype).reshape(
            tuple(initializer.dims)
        )
    values = numpy_helper.to_array(initializer)
    if dtype == torch.bfloat16:
        return torch.from_numpy(values.astype("float32")).to(dtype)
    return torch.from_numpy(values.copy()).reshape(tuple(initializer.dims))


def _holds(initializer: onnx.TensorProto, value: torch.Tensor) -> bool:
    return (
        _TYPES.get(initializer.data_type) == value.dtype
        and tuple(initializer.dims) == tuple(value.shape)
        and bytes(little_endian_bytes(_tensor(initializer))) == bytes(little_endian_bytes(value))
    )


def _free_name(
    parameter: str,
    own: str,
    names: set[str],
    found: _Arrangements,
    graph: onnx.GraphProto,
) -> str:
    """The parameter's name, unless something else in the file has it."""
    bearers = [i for i in graph.initializer if i.name == parameter]
    if parameter not in names or bearers and found.is_parameter(bearers[0], parameter):
        return parameter
    name = f"{parameter}.parameter"
    while name in names:
        name += "_"
    return name


def _nodes(
    initializer: onnx.TensorProto, tensor: str, value: torch.Tensor, axes: tuple[int, ...]
) -> list[onnx.NodeProto]:
    """What computes the initializer from the parameter's tensor."""
    steps = []
    if _TYPES[initializer.data_type] != value.dtype:
        steps.append(("Cast", [], {"to": initializer.data_type}))
    if axes != tuple(range(value.dim())):
        steps.append(("Transpose", [], {"perm": axes}))
    nodes = []
    if tuple(value.shape[axis] for axis in axes) != tuple(initializer.dims):
        shape = f"{initializer.name}.shape"
        nodes.append(
            helper.make_node(
                "Constant",
                [],
                [shape],
                value=helper.make_tensor(
                    shape, onnx.TensorProto.INT64, [len(initializer.dims)], initializer.dims
                ),
            )
        )
        steps.append(("Reshape", [shape], {}))
    if not steps and initializer.name != tensor:
        steps.append(("Identity", [], {}))
    current = tensor
    for position, (operator, further, attributes) in enumerate(steps):
        last = position == len(steps) - 1
        output = initializer.name if last else f"{initializer.name}.{operator.lower()}"
        nodes.append(
            helper.make_node(
                operator, [current, *further], [output], name=f"{output}.node", **attributes
            )
        )
        current = output
    return nodes


def _skip_identities(graph: onnx.GraphProto, tensors: set[str]) -> None:
    """Lets nodes take a parameter itself instead of an ``Identity`` of it."""
    outputs = {o.name for inner in _graphs(graph) for o in inner.output}
    names = {}
    for inner in _graphs(graph):
        kept = []
        for node in inner.node:
            source = names.get(node.input[0], node.input[0]) if node.input else None
            if node.op_type == "Identity" and source in tensors and node.output[0] not in outputs:
                names[node.output[0]] = source
            else:
                kept.append(node)
        _replace(inner.node, kept)
    for inner in _graphs(graph):
        for node in inner.node:
            for position, name in enumerate(node.input):
                node.input[position] = names.get(name, name)
        _replace(inner.value_info, [v for v in inner.value_info if v.name not in names])


def _constants_to_initializers(graph: onnx.GraphProto, found: _Arrangements) -> None:
    """A parameter in a ``Constant`` node becomes an initializer."""
    kept = []
    for node in graph.node:
        value = next((a.t for a in node.attribute if a.name == "value"), None)
        if node.op_type == "Constant" and value is not None and found.of(value):
            initializer = graph.initializer.add()
            initializer.CopyFrom(value)
            initializer.name = node.output[0]
        else:
            kept.append(node)
    _replace(graph.node, kept)


def _graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """A graph, and those within its nodes."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from _graphs(attribute.g)
            for inner in attribute.graphs:
                yield from _graphs(inner)


def _value_names(graph: onnx.GraphProto) -> set[str]:
    names: set[str] = set()
    for inner in _graphs(graph):
        names.update(i.name for i in inner.initializer)
        names.update(i.name for i in inner.input)
        for node in inner.node:
            names.update(node.output)
    return names


def _needed(graph: onnx.GraphProto) -> set[str]:
    """The values that the outputs depend on."""
    needed = {output.name for output in graph.output}
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            needed.update(node.input)
            for attribute in node.attribute:
                for inner in (attribute.g, *attribute.graphs):
                    for deep in _graphs(inner):
                        needed.update(name for n in deep.node for name in n.input)
                        needed.update(output.name for output in deep.output)
    return needed


def _forget_inputs(graph: onnx.GraphProto) -> None:
    """Initializers that are inputs too could be replaced by whoever runs the file."""
    initializers = {i.name for i in graph.initializer}
    _replace(graph.input, [i for i in graph.input if i.name not in initializers])


def _replace(field: Any, messages: Iterable[Any]) -> None:
    """Leaves these of the messages in a repeated field, or puts others into it."""
    messages = list(messages)
    if len(messages) == len(field) and all(a is b for a, b in zip(messages, field)):
        return
    del field[:]
    field.extend(messages)
