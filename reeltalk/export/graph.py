"""What a graph need not compute: the same logits from fewer operations. Knows no model by name.

Each function changes the graph it is given, and leaves one that has nothing for it as it was.
"""

import numpy as np
import onnx_ir as ir
from onnx_ir.passes.common import RemoveUnusedNodesPass

from reeltalk.export.attention import OPERATOR
from reeltalk.export.nodes import (
    add_constant,
    add_first_row,
    add_node,
    ancestors,
    branch_of,
    holds_rows,
    is_computed,
    nodes_of,
)

_ROW_BY_ROW = {"Add", "Gelu", "LayerNormalization", "MatMul", "Mul", "Relu", OPERATOR}
"""Operators that make each token's row from that token's rows, and from what all share."""

_LARGE_TABLE = 1_000_000
"""Numbers in a table that is worth storing as int8: a vocabulary's, not the positions'."""


def join_heads(model: ir.Model) -> None:
    """Take away the reshaping into heads and back again around fused attention.

    What rotates queries and keys, as rotary positions do, stands between the two, and stays.
    """
    for node in nodes_of(model, OPERATOR):
        for index in range(3):
            source = _before_reshapes(node.inputs[index])
            if source is not None and holds_rows(source):
                node.replace_input_with(index, source)
        last = _after_reshapes(node.outputs[0])
        if last is not node.outputs[0] and holds_rows(last):
            last.replace_all_uses_with(node.outputs[0])
    RemoveUnusedNodesPass()(model)


def follow_first_token(model: ir.Model) -> None:
    """Compute the last layer for the first token alone, where nothing else of it is read.

    Its attention still looks at every token; what follows is done for one row instead of all.
    """
    attentions, picks = nodes_of(model, OPERATOR), [one for one in model.graph if _is_pick(one)]
    if not attentions or len(picks) != 1:
        return
    picked = picks[0].inputs[0]
    made_of = _made_of(picked, needed_whole=ancestors(attentions[-1].inputs[1:]))
    if not all(map(holds_rows, made_of)):
        return
    first: dict[ir.Value, ir.Value] = {}
    for value, node in made_of.items():
        if node is None:
            first[value] = add_first_row(picks[0], value)
        else:
            rowed = _rows_of(node)
            inputs = [first.get(one, one) if one else None for one in node.inputs[: len(rowed)]]
            inputs += node.inputs[len(rowed) :]
            first[value] = add_node(picks[0], node.op_type, inputs, node.attributes, node.domain)
    if picked is not None:
        picks[0].replace_input_with(0, first[picked])
    RemoveUnusedNodesPass()(model)


def shrink_tables(model: ir.Model) -> None:
    """Store large look-up tables as int8 with a scale for each row: a quarter of the bytes."""
    stored: dict[ir.Value, tuple[ir.Value, ir.Value]] = {}
    for node in nodes_of(model, "Gather"):
        table, ids = node.inputs
        numbers = _large_table(table) if node.attributes.get_int("axis", 0) == 0 else None
        if table is None or numbers is None:
            continue
        if table not in stored:
            scales = np.abs(numbers).max(axis=1, keepdims=True) / 127
            scales[scales == 0] = 1
            rounded = np.rint(numbers / scales).astype(np.int8)
            stored[table] = (
                add_constant(model, f"{table.name}_int8", rounded),
                add_constant(model, f"{table.name}_scale", scales),
            )
        rows, sizes = (add_node(node, "Gather", [one, ids]) for one in stored[table])
        whole = add_node(node, "Cast", [rows], {"to": ir.DataType.FLOAT})
        node.outputs[0].replace_all_uses_with(add_node(node, "Mul", [whole, sizes]))
        model.graph.remove(node, safe=True)
        if not table.uses():
            model.graph.initializers.pop(str(table.name))


def skip_empty_masks(model: ir.Model) -> None:
    """Let attention go its quick way, which takes no mask, where a batch has no padding."""
    unpadded: dict[ir.Value, ir.Value] = {}
    for node in nodes_of(model, OPERATOR):
        if len(node.inputs) < 5 or node.inputs[4] is None:
            continue
        mask = node.inputs[4]
        if mask not in unpadded:
            least = add_node(node, "ReduceMin", [mask], {"keepdims": 0})
            unpadded[mask] = add_node(node, "Cast", [least], {"to": ir.DataType.BOOL})
        branches = {
            "then_branch": branch_of(node, "unpadded", node.inputs[:3]),
            "else_branch": branch_of(node, "padded", node.inputs),
        }
        result = add_node(node, "If", [unpadded[mask]], branches)
        node.outputs[0].replace_all_uses_with(result)
        model.graph.remove(node, safe=True)


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
    return is_computed(data) and which is not None and which.numpy().tolist() == 0


def _made_of(value: ir.Value | None, needed_whole: set[ir.Value]) -> dict[ir.Value, ir.Node | None]:
    """Give the values that one row of `value` is made of, each behind what it is made of.

    Beside each stands the node that makes it row by row, or None where the whole must be there.
    """
    found: dict[ir.Value, ir.Node | None] = {}

    def visit(one: ir.Value | None) -> None:
        if not is_computed(one) or one in found:
            return
        node = one.producer()
        if node is None or one in needed_whole or not _goes_row_by_row(node):
            found[one] = None
            return
        for source in _rows_of(node):
            visit(source)
        found[one] = node

    visit(value)
    return found


def _goes_row_by_row(node: ir.Node) -> bool:
    is_product_of_two = node.op_type == "MatMul" and is_computed(node.inputs[1])
    return node.op_type in _ROW_BY_ROW and not is_product_of_two


def _rows_of(node: ir.Node) -> tuple[ir.Value | None, ...]:
    """Give the inputs of which a row is made of one row; attention's keys and values are not."""
    return tuple(node.inputs[:1] if node.op_type == OPERATOR else node.inputs)


def _large_table(table: ir.Value | None) -> np.ndarray | None:
    if table is None or table.const_value is None:
        return None
    numbers = table.const_value.numpy()
    is_large = numbers.dtype == np.float32 and numbers.ndim == 2 and numbers.size >= _LARGE_TABLE
    return numbers if is_large else None
