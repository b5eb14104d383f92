"""The drawing that grows: what is built is filled, and nothing else."""

import json
from pathlib import Path

import pytest

from octavo.book.drawing import FAINT, INK, RED
from octavo.book.figures.decoder import PARTS, grown, whole
from octavo.book.weaving import read_chapters
from octavo.foundation import UserError

RECORD = "benchmarks/results/runs/twelve-million-bpe/to-be.json"
BOOK = Path(__file__).parents[2] / "book"
LINE = json.loads(Path(__file__).parents[2].joinpath(RECORD).read_text())


def colour_of(words: str, drawing: str) -> str:
    """The colour in which a drawing's words are written."""
    (mark,) = (one for one in drawing.splitlines() if f'"{words}"' in one)
    return mark.split('fill: rgb("')[1].split('"')[0]


def test_a_chapter_s_own_parts_are_red_and_later_ones_pale():
    drawing = grown(LINE, parts=["embedding", "positions"])
    for part in ("embedding", "positions"):
        assert colour_of(part, drawing) == RED
    for part in ("text", "tokens", "loss"):
        assert colour_of(part, drawing) == INK
    for part in ("attention", "network", "head", "optimizer", "writing"):
        assert colour_of(part, drawing) == FAINT
    assert "\u2423else" not in drawing  # nothing is foretold yet


def test_the_guesses_come_with_the_head():
    assert "\u2423else" in grown(LINE, parts=["network", "blocks", "head"])


def test_the_whole_has_every_part_and_the_numbers_of_the_run():
    drawing = whole(LINE)
    for part in PARTS.keys() - {"blocks"}:
        assert colour_of(part, drawing) == INK
    for words in ("417", "6 \u00d7 384", "30%", "1.19", "mean 3.05"):
        assert f'"{words}"' in drawing


def test_an_unknown_part_is_named():
    with pytest.raises(UserError, match='did you mean "attention"'):
        grown(LINE, parts=["atention"])


def test_each_part_is_built_in_the_chapter_that_the_drawing_names():
    found = {}
    for chapter in read_chapters(BOOK):
        for block in chapter.fences("figure"):
            if block.name == "decoder.grown":
                for part in block.options["parts"].split(", "):
                    found[part] = int(chapter.number)
    assert found == PARTS
