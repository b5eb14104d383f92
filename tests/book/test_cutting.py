import ast
import inspect

import pytest

from octavo.book.cutting import Cut, cut
from octavo.book.library import find
from octavo.foundation import UserError
from octavo.model import attention

DOT = "octavo.model.attention.scaled_dot_product_attention"


def test_a_listing_is_what_python_says_the_source_is():
    assert cut(find(DOT), Cut()) + "\n" == inspect.getsource(
        attention.scaled_dot_product_attention
    )


def test_a_bare_listing_is_the_five_lines_alone():
    bare = cut(find(DOT), Cut(docstring="drop", annotations="drop"))
    assert (
        bare
        == """\
def scaled_dot_product_attention(query, key, value, mask=None):
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = scores.softmax(dim=-1)
    return weights @ value"""
    )


def test_the_first_line_of_a_docstring_can_stay():
    text = cut(find(DOT), Cut(docstring="first"))
    assert '    """Mix values by how well their keys answer' in text
    assert "Vaswani" not in text


def test_a_method_is_moved_to_the_left():
    text = cut(find("octavo.model.attention.Attention._split"), Cut())
    assert text.startswith("def _split(self, x: Float[Tensor")
    assert text.endswith("\n    return heads.transpose(1, 2)")


def test_comments_for_tools_are_no_part_of_a_listing():
    text = cut(find("octavo.model.block.Block.forward"), Cut())
    assert text.endswith("\n    return x")


@pytest.mark.parametrize("docstring", ["keep", "first", "drop"])
@pytest.mark.parametrize("annotations", ["keep", "drop"])
def test_every_cut_of_a_class_compiles_to_the_same_code(
    docstring, annotations
):
    definition = find("octavo.model.attention.Attention")
    how = Cut(docstring=docstring, annotations=annotations)
    bodies = [
        [ast.dump(line) for line in node.body[1:]]
        for node in ast.walk(ast.parse(cut(definition, how)))
        if getattr(node, "name", "") == "__init__"
    ]
    whole = [
        [ast.dump(line) for line in node.body[1:]]
        for node in ast.walk(definition.node)
        if getattr(node, "name", "") == "__init__"
    ]
    assert bodies == whole


def test_what_the_library_does_not_define_is_named():
    with pytest.raises(UserError, match='defines no "causal_musk"; did you '
                       'mean "causal_mask"'):  # fmt: skip
        find("octavo.model.attention.causal_musk")
    with pytest.raises(UserError, match="no module of the library"):
        find("torch.nn.Linear")
