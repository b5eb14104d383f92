"""The examples as a whole: counts, what is kept apart, what leaks."""

import re
from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from octavo.finetuning import read_conversations
from octavo.finetuning.examples import (
    Examples,
    Question,
    build_examples,
    is_right,
    read_questions,
    write_examples,
)
from octavo.finetuning.examples.blank_verse import NUMBER
from octavo.finetuning.examples.lines import known_lines, plain
from octavo.finetuning.examples.phrasings import all_phrasings
from octavo.finetuning.examples.plays import all_plays
from octavo.finetuning.examples.sonnets import MIXED
from octavo.finetuning.examples.sums import worked
from octavo.foundation import UserError
from octavo.text import Corpus, Document

OPEN = {"sonnet", "blank-verse", "poem", "speech"}


@pytest.fixture(scope="module")
def examples(works) -> Examples:
    return build_examples(works, seed=0)


def asked(example) -> str:
    return example.messages[0].content


def answered(example) -> str:
    return example.messages[1].content


def trained(examples, kind) -> dict[str, str]:
    return {asked(e): answered(e) for e in examples.train if e.kind == kind}


def test_there_are_as_many_as_were_promised(examples, works):
    persons = {answered(e) for e in examples.train if e.kind == "play"}
    assert len(persons) >= 900
    assert len(known_lines(all_plays(works.train))) >= 300
    assert (
        len({answered(e) for e in examples.train if e.kind == "acts"}) == 37
    )
    sums = {answered(e) for e in examples.train if e.kind == "sum"}
    assert len(sums) == 5_000
    counts = examples.counts()
    assert all(train > 0 and test > 0 for train, test in counts.values())
    for kind in ("play", "person", "speaker", "finish"):
        assert counts[kind][1] == 250
    for phrasings in all_phrasings().values():
        assert len(set(phrasings.train)) == len(phrasings.train) >= 12
        assert len(phrasings.test) >= 3


def test_no_question_has_two_answers(examples):
    answers = defaultdict(set)
    for example in examples.train:
        if example.kind not in OPEN:
            answers[asked(example)].add(answered(example))
    assert [q for q, found in answers.items() if len(found) > 1] == []


def test_the_same_example_is_not_there_twice(examples):
    pairs = Counter((asked(e), answered(e)) for e in examples.train)
    assert [pair for pair, number in pairs.items() if number > 1] == []


def test_no_test_question_or_phrasing_is_trained_on(examples):
    trained_on = {asked(example) for example in examples.train}
    assert [q for q in examples.test if q.question in trained_on] == []
    some = sorted(trained_on)[::20]  # each twentieth is enough
    for kind, phrasings in all_phrasings().items():
        assert set(phrasings.train) & set(phrasings.test) == set(), kind
        for phrasing in phrasings.test:
            pattern = re.sub(r"\\\{\w+\\\}", ".+", re.escape(phrasing))
            same = [q for q in some if re.fullmatch(pattern, q)]
            assert same == [], (kind, phrasing)


def test_no_test_sum_is_trained_on_in_either_order(examples):
    def pair(text: str) -> frozenset[str]:
        return frozenset(re.findall(r"\d+", text)[:2])

    tested = {pair(q.question) for q in examples.test if q.kind == "sum"}
    seen = {pair(asked(e)) for e in examples.train if e.kind == "sum"}
    assert len(tested) == 500
    assert tested & seen == set()


@pytest.mark.parametrize(
    ("kind", "question", "answer"),
    [
        (
            "speaker",
            "To be, or not to be,--that is the question",
            "Hamlet, in Hamlet.",
        ),
        (
            "speaker",
            "The quality of mercy is not strain'd",
            "Portia, in The Merchant of Venice.",
        ),
        (
            "speaker",
            "The triple pillar of the world",
            "Philo, in Antony and Cleopatra.",
        ),
        ("play", "Ophelia", "Ophelia appears in Hamlet."),
        (
            "play",
            "Pyramus",
            "Pyramus appears in A Midsummer Night's Dream.",
        ),
        ("play", "Banquo", "Banquo appears in Macbeth."),
        (
            "play",
            "the Third Fisherman",
            "The Third Fisherman appears in Pericles.",
        ),
        (
            "person",
            "Ophelia",
            "In Hamlet, Ophelia is daughter to Polonius.",
        ),
        (
            "person",
            "Antonio in The Tempest",
            "In The Tempest, Antonio is the usurping brother to Prospero.",
        ),
        ("acts", "King Lear", "King Lear has five acts."),
        ("finish", "The quality of mercy", "is not strain'd"),
    ],
)
def test_facts_are_those_of_the_works(examples, kind, question, answer):
    found = {
        said
        for text, said in trained(examples, kind).items()
        if re.search(rf"(?i)(?<!\w){re.escape(question)}(?!\w| in )", text)
    }
    assert found == {answer}


def test_sums_are_worked_digit_by_digit(examples):
    assert worked(97, 88) == (
        "Units: 7 + 8 = 15, write 5, carry 1.\n"
        "Tens: 9 + 8 + 1 = 18, write 8, carry 1.\n"
        "So 97 + 88 = 185."
    )
    assert worked(5, 3).endswith("So 5 + 3 = 8.")
    for text in trained(examples, "sum").values():
        for left, right in re.findall(r"([\d +]+) = (\d+)", text):
            assert sum(map(int, left.split("+"))) == int(right)


def test_nothing_unknown_stands_in_the_works(examples, works):
    texts = [document.text for document in (*works.train, *works.held_out)]
    every = plain(" ".join(texts))
    names = {
        q.question for q in examples.test if q.kind == "unknown-person"
    }
    assert len(names) == 250
    coined = set()
    for example in examples.train:
        if example.kind == "unknown-line":
            (line,) = re.findall(r'"(.+)"', asked(example))
            assert plain(line) not in every
        if example.kind == "unknown-person":
            words = re.findall(r"Who is (\w+)\?", asked(example))
            coined.update(word.casefold() for word in words)
    assert len(coined) > 30
    assert coined & set(every.split(" ")) == set()


def test_unknown_names_of_the_test_are_not_trained_on(examples):
    capital = re.compile(r"\b[A-Z][a-z]+")
    seen = {
        word
        for e in examples.train
        if e.kind == "unknown-person"
        for word in capital.findall(asked(e))
    }
    new = [
        q
        for q in examples.test
        if q.kind == "unknown-person"
        and not set(capital.findall(q.question)[-1:]) & seen
    ]
    assert len(new) > 240  # "Duke Oliver Twist" may share a word


def test_no_text_of_the_held_out_plays_is_trained_on(examples, works):
    """No eight words in a row that only the held-out plays have."""

    def runs(text: str) -> set[str]:
        words = plain(text).split(" ")
        return {" ".join(words[i : i + 8]) for i in range(len(words) - 7)}

    held = set().union(*(runs(d.text) for d in works.held_out))
    held -= set().union(*(runs(d.text) for d in works.train))
    for example in examples.train:
        if example.kind in {*OPEN, "speaker", "finish"}:
            text = f"{asked(example)}\n{answered(example)}"
            assert runs(text) & held == set(), text


def test_verse_is_whole_and_one_persons(examples, plays):
    for kind, number in (("sonnet", 152 + MIXED), ("blank-verse", NUMBER)):
        made = {answered(e) for e in examples.train if e.kind == kind}
        assert len(made) == number
        # Fourteen lines, in four parts.
        assert {text.count("\n") for text in made} == {13 + 3}
    speakers = defaultdict(list)
    for play in plays.values():
        for speech in play.speeches:
            text = "\n".join(speech.lines)
            speakers[text].append(speech.speaker.casefold())
    for example in examples.train:
        if example.kind == "speech":
            text = answered(example)
            assert text[-1] in ".!?"
            question = asked(example).casefold()
            assert any(name in question for name in speakers[text])


def test_the_same_seed_gives_the_same_bytes(examples, works, tmp_path):
    write_examples(examples, tmp_path / "a")
    write_examples(build_examples(works, seed=0), tmp_path / "b")
    for name in ("train.jsonl", "test.jsonl"):
        one = (tmp_path / "a" / name).read_bytes()
        assert one == (tmp_path / "b" / name).read_bytes()
    read = read_conversations(tmp_path / "a" / "train.jsonl")
    assert read == tuple(example.messages for example in examples.train)
    assert read_questions(tmp_path / "a" / "test.jsonl") == examples.test


def test_another_seed_gives_other_sums(works):
    few = replace(works, train=works.train[:3], held_out=())
    one, other = (build_examples(few, seed) for seed in (1, 2))
    assert one.counts()["sum"] == other.counts()["sum"] == (5_000, 500)
    assert trained(one, "sum").keys() != trained(other, "sum").keys()


def test_light_differences_do_not_matter():
    line = Question(
        kind="speaker", question="", answer="Hamlet, in Hamlet."
    )
    assert is_right(line, " hamlet,  in Hamlet")
    assert not is_right(line, "Horatio, in Hamlet.")
    total = Question(kind="sum", question="", answer=worked(7, 5))
    assert is_right(total, "So 7 + 5 = 12.")
    assert not is_right(total, "So 7 + 12 = 21.")
    assert not is_right(total, "I do not know.")
    assert not is_right(Question(kind="", question="", answer=None), "")


def test_bad_questions_and_other_corpora_are_refused(tmp_path):
    path = tmp_path / "test.jsonl"
    path.write_text('{"kind": "sum", "question": 7, "answer": "x"}\n')
    with pytest.raises(UserError, match="line 1: question is a number"):
        read_questions(path)
    path.write_text('{"kind": "sum"}\n')
    with pytest.raises(
        UserError, match="line 1: these fields are expected"
    ):
        read_questions(path)
    path.write_bytes(b"\xe9")
    with pytest.raises(UserError, match="byte 0: 0xe9 is not UTF-8"):
        read_questions(path)
    empty = Corpus(
        name="mine",
        title="",
        source="",
        train=(Document(name="a", text="A text."),),
        held_out=(),
        notes=(),
    )
    with pytest.raises(UserError, match="the corpus mine has no plays"):
        build_examples(empty, seed=0)
