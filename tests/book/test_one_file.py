"""The one-file edition runs by itself, and computes what Octavo does."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from octavo.book.library import find
from octavo.book.notebooks import write_notebooks
from octavo.book.one_file import above, front, one_file
from octavo.foundation import UserError
from octavo.model import ModelConfig
from octavo.tokenizer import Tokenizer
from octavo.training.batches import Batches
from octavo.training.recipe import DataRecipe, Recipe, TrainingRecipe
from octavo.training.steps import begin, take_step

from ..verses import verses

COMMITTED = Path(__file__).parents[2] / "docs" / "octavo_one.py"
TEXT = verses(600)
SIZES = {"context": 16, "num_layers": 2, "width": 32, "num_heads": 2,
         "head_width": 16, "mlp_width": 48}  # fmt: skip
STEPS = 8

# Runs the file where nothing can be imported but torch, numpy, what they
# have brought with them, and Python's own.
ALONE = """
import importlib.abc, json, runpy, sys
import numpy, torch

brought = {name.split(".")[0] for name in sys.modules}

class Nothing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        root = name.split(".")[0]
        if root not in brought | sys.stdlib_module_names:
            raise ModuleNotFoundError(f"no {name} here", name=root)

sys.meta_path.insert(0, Nothing())
file, text, sizes, steps = sys.argv[1:]
try:
    import regex
except ModuleNotFoundError:
    print("alone")
sys.argv = [file, text, "--steps", "1", "--merges", "44"]
names = runpy.run_path(file, run_name="__main__")
tokenizer = names["Tokenizer"](names["train_bpe"](open(text).read(), 44))
ids = tokenizer.encode(open(text).read())
torch.manual_seed(7)
model = names["Transformer"](
    names["ModelConfig"](vocab_size=300, **json.loads(sizes))
)
recipe = names["Recipe"](num_steps=int(steps), batch_size=4, seed=7)
losses = list(names["train"](model, torch.tensor(ids), recipe))
print(json.dumps({"ids": ids, "losses": losses}))
"""


@pytest.fixture(scope="module")
def text() -> str:
    return one_file()


def library(ids) -> list[float]:
    """The losses of the library's own training on these ids."""
    recipe = Recipe(
        data=DataRecipe(corpus="verses"),
        model=ModelConfig(vocab_size=300, num_kv_heads=2, **SIZES),
        training=TrainingRecipe(
            tokens=STEPS * 4 * SIZES["context"], batch_size=4, seed=7
        ),
    )
    state = begin(recipe)
    batches = Batches(ids, SIZES["context"], 4, 7)
    return [
        take_step(
            state, recipe.learning_rate_share(step), *batches.at(step)
        ).loss
        for step in range(recipe.num_steps)
    ]


def test_it_runs_alone_and_learns_what_the_library_learns(text, tmp_path):
    (tmp_path / "one.py").write_text(text, "utf-8")
    (tmp_path / "verses.txt").write_text(TEXT, "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", ALONE, tmp_path / "one.py",
         tmp_path / "verses.txt", json.dumps(SIZES), str(STEPS)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, *printed, last = done.stdout.splitlines()
    assert first == "alone"
    said = "\n".join(printed)
    assert "step    1  loss 5." in said
    assert "bits per byte" in said
    theirs = json.loads(last)
    tokenizer = Tokenizer.train([TEXT], 300, special_tokens=())
    ids = tokenizer.encode_to_array(TEXT)
    assert theirs["ids"] == ids.tolist()
    assert len(theirs["losses"]) == STEPS
    assert theirs["losses"] == pytest.approx(library(ids), abs=1e-5)
    assert theirs["losses"][-1] < theirs["losses"][0] - 0.5


def test_it_is_as_long_as_can_be_read_and_as_wide_as_a_page(text):
    lines = text.splitlines()
    assert 450 <= len(lines) <= 620
    assert 400 <= sum(map(bool, lines)) <= 500
    assert max(map(len, lines)) <= 76


def test_the_file_in_docs_is_what_would_be_written_now(text):
    assert text == COMMITTED.read_text("utf-8"), (
        "the library changed: octavo book one-file --out docs/octavo_one.py"
    )


def test_every_name_stands_before_it_is_used_and_once(text):
    names = [
        node.name
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]
    assert len(set(names)) == len(names)
    assert names[-1] == "main"
    wanted = ["train_bpe", "Tokenizer", "rotate",
              "scaled_dot_product_attention", "Attention", "Block",
              "Transformer", "Muon", "train", "generate"]  # fmt: skip
    assert [name for name in names if name in wanted] == wanted


def test_what_it_takes_from_the_library_is_the_librarys_to_the_letter(text):
    for symbol in ("tokenizer.reference.merge", "model.positions.rotate",
                   "model.attention.scaled_dot_product_attention",
                   "model.attention.causal_mask"):  # fmt: skip
        definition = find(f"octavo.{symbol}")
        source = definition.module.text.splitlines()
        node = definition.node
        taken = "\n".join(source[node.lineno - 1 : node.end_lineno])
        assert f"\n\n\n{taken}\n" in text


def test_a_package_that_it_does_without_is_refused():
    splitter = find("octavo.tokenizer.patterns.Splitter")
    with pytest.raises(UserError, match=r"needs regex.* plain substitute"):
        front([splitter])


def test_a_constant_keeps_the_comment_above_it():
    comment = above(find("octavo.training.optimizers.QUINTIC"))
    assert comment.startswith("# Coefficients of the odd polynomial")
    assert comment.count("\n") == 3
    assert above(find("octavo.training.optimizers.ROUNDS")) == ""


def test_the_book_prints_it_by_sections(book, text, tmp_path):
    book.write("# Small\n\n```listing octavo_one.tokens\n```\n\n"
               "```listing octavo_one.model\n```\n")  # fmt: skip
    one, two = book.weave().chapters[0].fences("listing")
    assert one.place == two.place == "octavo_one.py"
    assert f"\n\n\n{one.code}\n\n\n{two.code}\n\n\n" in text
    write_notebooks(book.weave(), tmp_path / "notebooks")
    written = (tmp_path / "notebooks" / "01-small.ipynb").read_text("utf-8")
    kinds = [cell["cell_type"] for cell in json.loads(written)["cells"]]
    assert kinds == ["markdown"]  # it runs as a file, not in cells
    book.write("# Small\n\n```listing octavo_one.modle\n```\n")
    assert 'md:3: "modle"; did you mean "model"?' in book.fault()
