"""What a graph need not compute: the same logits from fewer operations. Knows no model by name.

Each function changes the graph it is given, and leaves one that has nothing for it as it was.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

import numpy as np
import onnx_ir as ir
from onnx_ir.passes.common import RemoveUnusedNodesPass

from reeltalk.export.attention import OPERATOR

_ROW_BY_ROW = {"Add", "Gelu", "LayerNormalization", "MatMul", "Mul", "Relu"}
"""Operators that make each token's row from that token's rows alone."""

_LARGE_TABLE = 1_000_000
"""Numbers in a table that is worth storing as int8: a vocabulary's, not the positions'."""


def join_heads(model: ir.Model) -> None:
    """Take away the reshaping into heads and back again around fused attention."""
    for node in _nodes(model, OPERATOR):
        for index in range(3):
            node.replace_input_with(index, _before_reshapes(node.inputs[index]))
        last = _after_reshapes(node.outputs[0])
        if last is not node.outputs[0]:
            last.replace_all_uses_with(node.outputs[0])
    RemoveUnusedNodesPass()(model)


def follow_first_token(model: ir.Model) -> None:
    """Compute the last layer for the first token alone, where nothing else of it is read.

    Its attention still looks at every token; what follows is done for one row instead of all.
    """
    attentions, picks = _nodes(model, OPERATOR), [one for one in model.graph if _is_pick(one)]
    if not attentions or len(picks) != 1:
        return
    needed_whole = _ancestors(attentions[-1].inputs[1:])
    made: dict[ir.Value, ir.Value] = {}

    def first_row(value: ir.Value | None) -> ir.Value | None:
        if not _is_computed(value):
            return value
        if value not in made:
            node = value.producer()
            if node is None or value in needed_whole or not _goes_row_by_row(node):
                made[value] = _add_slice(picks[0], value)
            else:
                of_each_row = 1 if node.op_type == OPERATOR else len(node.inputs)
                inputs = [first_row(one) for one in node.inputs[:of_each_row]]
                inputs += node.inputs[of_each_row:]
                made[value] = _add(picks[0], node.op_type, inputs, node.attributes, node.domain)
        return made[value]

    picks[0].replace_input_with(0, first_row(picks[0].inputs[0]))
    RemoveUnusedNodesPass()(model)


def shrink_tables(model: ir.Model) -> None:
    """Store large look-up tables as int8 with a scale for each row: a quarter of the bytes."""
    for node in _nodes(model, "Gather"):
        table, ids = node.inputs
        stored = None if table is None else table.const_value
        if table is None or stored is None or node.attributes.get_int("axis", 0) != 0:
            continue
        numbers = stored.numpy()
        if numbers.dtype != np.float32 or numbers.ndim != 2 or numbers.size < _LARGE_TABLE:
            continue
        scales = np.abs(numbers).max(axis=1, keepdims=True) / 127
        scales[scales == 0] = 1
        rounded = np.rint(numbers / scales).astype(np.int8)
        rows = _add(node, "Gather", [_constant(model, f"{table.name}_int8", rounded), ids])
        sizes = _add(node, "Gather", [_constant(model, f"{table.name}_scale", scales), ids])
        whole = _add(node, "Cast", [rows], {"to": ir.DataType.FLOAT})
        node.outputs[0].replace_all_uses_with(_add(node, "Mul", [whole, sizes]))
        model.graph.remove(node, safe=True)
        if not table.uses():
            model.graph.initializers.pop(str(table.name))


def skip_empty_masks(model: ir.Model) -> None:
    """Let attention go its quick way, which takes no mask, where a batch has no padding."""
    unpadded: dict[ir.Value, ir.Value] = {}
    for node in _nodes(model, OPERATOR):
        if len(node.inputs) < 5 or node.inputs[4] is None:
            continue
        mask = node.inputs[4]
        if mask not in unpadded:
            least = _add(node, "ReduceMin", [mask], {"keepdims": 0})
            unpadded[mask] = _add(node, "Cast", [least], {"to": ir.DataType.BOOL})
        branches = {
            "then_branch": _branch(node, "unpadded", node.inputs[:3]),
            "else_branch": _branch(node, "padded", node.inputs),
        }
        result = _add(node, "If", [unpadded[mask]], branches)
        node.outputs[0].replace_all_uses_with(result)
        model.graph.remove(node, safe=True)


def _nodes(model: ir.Model, op_type: str) -> list[ir.Node]:
    return [node for node in model.graph if node.op_type == op_type]


def _before_reshapes(value: ir.Value | None) -> ir.Value | None:
    while value and (node := value.producer()) and node.op_type == "Reshape":
        value = node.inputs[0]
    return value


def _after_reshapes(value: ir.Value) -> ir.Value:
    while [node.op_type for node in value.consumers()] == ["Reshape"]:
        value = value.consumers()[0].outputs[0]
    return value


def _is_pick(node: ir.Node) -> bool:
    """Tell whether a node takes the first of all tokens' rows."""
    if node.op_type != "Gather" or node.attributes.get_int("axis", 0) != 1:
        return False
    data, index = node.inputs
    which = None if index is None else ir.convenience.get_const_tensor(index)
    return _is_computed(data) and which is not None and which.numpy().tolist() == 0


def _ancestors(values: Iterable[ir.Value | None]) -> set[ir.Value]:
    found: set[ir.Value] = set()
    waiting = [value for value in values if value is not None]
    while waiting:
        value = waiting.pop()
        if value not in found:
            found.add(value)
            node = value.producer()
            waiting += [one for one in (node.inputs if node else ()) if one is not None]
    return found


def _goes_row_by_row(node: ir.Node) -> bool:
    if node.op_type == "MatMul":
        return not _is_computed(node.inputs[1])
    return node.op_type in _ROW_BY_ROW or node.op_type == OPERATOR


def _is_computed(value: ir.Value | None) -> TypeGuard[ir.Value]:
    return value is not None and ir.convenience.get_const_tensor(value) is None


def _add_slice(before: ir.Node, value: ir.Value) -> ir.Value:
    zero, one = (_add(before, "Constant", [], {"value_ints": [number]}) for number in (0, 1))
    return _add(before, "Slice", [value, zero, one, one])


def _add(
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


def _branch(node: ir.Node, name: str, inputs: Iterable[ir.Value | None]) -> ir.Graph:
    """Give a graph of a copy of a node; its names must not be those of the graph around it."""
    copy = ir.node(node.op_type, list(inputs), node.attributes, domain=node.domain)
    copy.outputs[0].name = f"{node.outputs[0].name}_{name}"
    copy.outputs[0].dtype = ir.DataType.FLOAT
    return ir.Graph([], copy.outputs, nodes=[copy], name=f"{node.name}_{name}")


def _constant(model: ir.Model, name: str, numbers: np.ndarray) -> ir.Value:
    tensor = ir.tensor(numbers, name=name)
    kind, shape = ir.TensorType(tensor.dtype), ir.Shape(numbers.shape)
    value = ir.Value(name=name, const_value=tensor, shape=shape, type=kind)
    model.graph.register_initializer(value)
    return value
