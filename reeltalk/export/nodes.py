"""Reads and changes nodes of an onnx_ir graph: what graph.py's passes are written in."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

import numpy as np
import onnx_ir as ir


def nodes_of(model: ir.Model, op_type: str) -> list[ir.Node]:
    """Give the nodes of one kind, in order."""
    return [node for node in model.graph if node.op_type == op_type]


def is_computed(value: ir.Value | None) -> TypeGuard[ir.Value]:
    """Tell what depends on the input from constants, and from inputs left out."""
    return value is not None and ir.convenience.get_const_tensor(value) is None


def holds_rows(value: ir.Value) -> bool:
    """Tell whether a value is of shape (batch, tokens, width)."""
    return value.shape is not None and len(value.shape) == 3


def ancestors(values: Iterable[ir.Value | None]) -> set[ir.Value]:
    """Give these values and all that they are computed from."""
    found: set[ir.Value] = set()
    waiting = [value for value in values if value is not None]
    while waiting:
        value = waiting.pop()
        if value not in found:
            found.add(value)
            node = value.producer()
            waiting += [one for one in (node.inputs if node else ()) if one is not None]
    return found


def add_node(
    before: ir.Node,
    op_type: str,
    inputs: Iterable[ir.Value | None],
    attributes: Mapping[str, Any] | None = None,
    domain: str = "",
) -> ir.Value:
    """Put a node with one result before another; give the result."""
    node = ir.node(op_type, list(inputs), attributes, domain=domain)
    before.prepend(node)
    return node.outputs[0]


def add_first_row(before: ir.Node, value: ir.Value) -> ir.Value:
    """Cut (batch, tokens, width) down to its first token: (batch, 1, width)."""
    zero, one = (add_node(before, "Constant", [], {"value_ints": [number]}) for number in (0, 1))
    return add_node(before, "Slice", [value, zero, one, one])


def add_constant(model: ir.Model, name: str, numbers: np.ndarray) -> ir.Value:
    """Store numbers in the graph."""
    tensor = ir.tensor(numbers, name=name)
    kind, shape = ir.TensorType(tensor.dtype), ir.Shape(numbers.shape)
    value = ir.Value(name=name, const_value=tensor, shape=shape, type=kind)
    model.graph.register_initializer(value)
    return value


def branch_of(node: ir.Node, name: str, inputs: Iterable[ir.Value | None]) -> ir.Graph:
    """Give a graph of a copy of a node; its names must not be those of the graph around it."""
    copy = ir.node(node.op_type, list(inputs), node.attributes, domain=node.domain)
    copy.outputs[0].name = f"{node.outputs[0].name}_{name}"
    copy.outputs[0].dtype = ir.DataType.FLOAT
    return ir.Graph([], copy.outputs, nodes=[copy], name=f"{node.name}_{name}")
