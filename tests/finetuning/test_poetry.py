"""A run writes verse, and what it writes is measured."""

import pytest

from octavo.evaluation.poetry import form
from octavo.finetuning import poetry as module
from octavo.finetuning.examples import Examples, Question
from octavo.finetuning.poetry import poetry_run
from octavo.interop import save_model, save_tokenizer
from octavo.text import Corpus, Document

from ..talker import TOKENIZER, talker

REAL = "day\nnight"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    save_model(talker({"\n": "H", "H": "o", "o": ""}, 64), tmp_path)
    save_tokenizer(TOKENIZER, tmp_path, 64)
    base = tmp_path / "base"
    base.mkdir()
    save_model(talker({"\n": "a", "a": "\n"}, 64), base)
    (base / "model.safetensors").rename(tmp_path / "base.safetensors")
    test = tuple(
        Question(kind=kind, question="Write!", answer=None)
        for kind in ("poem", "sonnet", "sonnet", "speech", "blank-verse")
    )
    text = Document(name="sonnets", text=f"I\n\n{REAL}\n\nII\n\nHo\n")
    monkeypatch.setattr(
        module,
        "load_corpus",
        lambda name: Corpus(
            name=name,
            title="",
            source="",
            train=(text,),
            held_out=(),
            notes=(),
        ),
    )
    monkeypatch.setattr(
        module, "build_examples",
        lambda _corpus, seed: [Examples(train=(), test=test)][seed],
    )  # fmt: skip
    return tmp_path


def test_it_is_held_against_the_real_and_the_base(folder):
    found = poetry_run(folder)
    assert found["written"] == {
        "sonnet": ["Ho", "Ho"],
        "blank-verse": ["Ho"],
        "poem": ["Ho"],
        "speech": ["Ho"],
    }
    nothing = {"longest_copy": 1, "copied_8grams": 0.0}
    assert found["all"] == {"texts": 5, **nothing}
    assert found["sonnets"]["model"] == form(["Ho", "Ho"]) | nothing
    assert found["sonnets"]["real"] == form([REAL, "Ho"])
    by_base = found["sonnets"]["base"]
    assert by_base["sonnets"] == 2
    assert by_base["syllables"] == 1  # "a", line by line
    assert by_base["longest_copy"] == 0


def test_a_folder_without_a_base_has_no_row_of_it(folder):
    (folder / "base.safetensors").unlink()
    assert list(poetry_run(folder)["sonnets"]) == ["real", "model"]
