"""What chapter 13 says and draws, against the code, the record, the log."""

import json
import re
from pathlib import Path

import pytest
import torch

from octavo.book.drawing import BLUE, FAINT, GOLD, RED, SHADE, WIDTH
from octavo.book.figures import answering
from octavo.finetuning.learning import UNTRAINED, shares
from octavo.finetuning.rewards import advantages

ROOT = Path(__file__).parents[2]
PLACE = re.compile(r"dx: (-?[\d.]+)pt, dy: (-?[\d.]+)pt")


def record(name: str):
    path = ROOT / "benchmarks" / "results" / name
    return json.loads(path.read_text("utf-8"))


def boxes(drawing: str, colour: str) -> list[tuple[float, float]]:
    """The places of the boxes that are filled with a colour."""
    return [
        tuple(map(float, PLACE.search(line).groups()))
        for line in drawing.splitlines()
        if "rect(" in line and f'fill: rgb("{colour}")' in line
    ]


def dots(drawing: str, colour: str) -> list[float]:
    """How far to the right the dots of a colour lie."""
    return [
        float(PLACE.search(line)[1])
        for line in drawing.splitlines()
        if "circle(" in line and f'fill: rgb("{colour}")' in line
    ]


def test_the_record_of_what_is_forgotten_is_the_table_of_the_log():
    found = record("forgetting.json")
    log = (ROOT / "LOG.md").read_text("utf-8")
    entry = log.split("how to fine-tune without forgetting\n")[1]
    entry = entry.split("\n## ")[0]
    assert found["how"] in " ".join(entry.split())
    table = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in entry.splitlines()
        if re.match(r"\| \d", line)
    ]
    rehearsed = {"none": 0.0, "25%": 0.25}
    counts = {"tokens": "tokens", "their root": "root", "1": "one"}
    keys = ("play", "person", "speaker", "finish", "sum", "bits_per_byte")
    assert found["rows"] == [
        {
            "rate": float(rate),
            "rehearsed": rehearsed[share],
            "counts": counts[by],
            **dict(zip(keys, map(float, numbers), strict=True)),
        }
        for rate, share, by, *numbers in table
    ]


def test_a_conversation_counts_by_the_root_of_its_tokens():
    targets = torch.tensor([[7, UNTRAINED, 1, 2, 3, 4]])
    found = shares(targets, [2, 4])
    roots = 1 + 4**0.5
    by_hand = [1 / roots, *[4**-0.5 / roots] * 4]
    torch.testing.assert_close(found, torch.tensor(by_hand))


def test_a_score_should_rise_by_its_share_times_what_it_is_worth_more():
    scores = torch.randn(5, requires_grad=True)
    worth = torch.randn(5)
    shares_of = scores.softmax(dim=0)
    mean = (shares_of * worth).sum()
    mean.backward()
    printed = shares_of * (worth - mean)
    torch.testing.assert_close(scores.grad, printed.detach())


@pytest.mark.parametrize("right", [1, 3, 7])
def test_eight_answers_by_hand(right):
    mean = right / 8
    spread = (mean * (1 - mean)) ** 0.5
    rewards = torch.tensor([1.0] * right + [0.0] * (8 - right))
    found = advantages(rewards)
    assert found[0].item() == pytest.approx((1 - mean) / spread)
    assert found[-1].item() == pytest.approx(-mean / spread)
    assert found.sum().item() == pytest.approx(0, abs=1e-5)


def test_learned_tokens_are_red_and_every_line_is_within_the_page():
    tokens = ["<|im_start|>", "user", "\n", *["word"] * 30, "<|im_end|>"]
    learned = [token in ("word", "<|im_end|>") for token in tokens]
    drawing = answering.conversation(tokens, learned)
    red, plain = boxes(drawing, RED), boxes(drawing, SHADE)
    assert (len(red), len(plain)) == (31, 3)
    assert {y for _, y in plain} == {0.0}  # a line end begins a line
    assert len({y for _, y in red}) > 1
    assert max(x for x, _ in red) + 4.5 * len("word") < WIDTH
    assert '"\\\\n"' in drawing


def test_in_a_row_each_token_sees_its_own_conversation_up_to_itself():
    learned = [False, True, True, False, True]
    drawing = answering.packed([3, 2], learned)
    # Three and two in the rows on the left; triangles on the right.
    assert len(boxes(drawing, RED)) == (2 + 1) + (2 + 3 + 2)
    assert len(boxes(drawing, BLUE)) == (1 + 1) + (1 + 1)


def test_every_kind_of_question_has_its_row_and_its_dots():
    kinds = record("answers.json")["questions"]["kinds"]
    drawing = answering.scores(kinds)
    for kind in kinds:
        assert f'"{answering.NAMES[kind]}"' in drawing
    for colour, key in (
        (RED, "accuracy"),
        (GOLD, "nearest"),
        (FAINT, "most_frequent"),
    ):
        legend, *found = sorted(dots(drawing, colour))
        assert len(found) == len(kinds)
        values = sorted(one[key] for one in kinds.values())
        spread = found[-1] - found[0]
        share = (values[-1] - values[0]) * 190
        assert spread == pytest.approx(share, abs=0.01)
        assert legend < found[-1] + 190


def test_a_worthy_answer_stands_above_the_line_and_others_below():
    said, rewards = ["7.", "8.", "7."], [1.0, 0.0, 1.0]
    drawing = answering.group(said, rewards, [0.7, -1.4, 0.7])
    (_, worse), *_ = boxes(drawing, BLUE)
    better = boxes(drawing, RED)
    assert len(better) == 2
    assert all(y < worse for _, y in better)
    assert '"\u22121.40"' in drawing


def test_trials_that_rehearsed_are_red():
    points = [
        {"name": "0.2", "loss": 1.1, "bits": 1.95, "rehearsed": False},
        {"name": "0.6", "loss": 0.7, "bits": 2.02, "rehearsed": False},
        {"name": "0.6, root", "loss": 0.5, "bits": 1.94, "rehearsed": True},
    ]
    drawing = answering.forgetting(points, 1.925)
    assert len(dots(drawing, BLUE)) == 2
    (red,) = dots(drawing, RED)
    assert red < min(dots(drawing, BLUE))  # the less is lost, the further
