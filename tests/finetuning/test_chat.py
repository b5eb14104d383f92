"""A conversation: what is said, remembered, forgotten, not read twice."""

from contextlib import closing

import pytest
import torch

from octavo.finetuning import Message, render_prompt
from octavo.finetuning.chat import Chat
from octavo.foundation import UserError
from octavo.generation import Sampling, generate
from octavo.model import ModelConfig, Transformer
from octavo.tokenizer import Tokenizer

from ..talker import END, TOKENIZER, talker

GREEDY = Sampling(temperature=0)
HO = {"\n": "H", "H": "o", "o": ""}


def restless(tokenizer: Tokenizer, context: int = 160) -> Transformer:
    """A model without sense, which seldom ends a turn."""
    config = ModelConfig(
        vocab_size=tokenizer.vocab_size, context=context, num_layers=2,
        width=32, num_heads=2, num_kv_heads=1, head_width=16, mlp_width=32,
    )  # fmt: skip
    torch.manual_seed(4)
    model = Transformer(config).eval()
    for parameter in model.parameters():
        parameter.data.add_(torch.randn_like(parameter), alpha=0.2)
    return model


def counted(model: Transformer, monkeypatch) -> list[int]:
    """Count the tokens that a model reads at each call."""
    read, hidden = [], model.hidden

    def count(ids, *others):
        read.append(ids.shape[1])
        return hidden(ids, *others)

    monkeypatch.setattr(model, "hidden", count)
    return read


def test_it_answers_and_stops_at_the_end_of_its_turn():
    chat = Chat(talker(HO), TOKENIZER, GREEDY)
    assert "".join(chat.say("Hi")) == "Ho"
    assert "".join(chat.say("Hi!")) == "Ho"
    assert chat.cut_off == 0
    assert [(m.role, m.content) for m in chat.messages] == [
        ("user", "Hi"),
        ("assistant", "Ho"),
        ("user", "Hi!"),
        ("assistant", "Ho"),
    ]


def test_a_turn_reads_only_what_is_new(monkeypatch):
    """And what it says is what a model says that reads everything."""
    model = restless(TOKENIZER)
    chat = Chat(model, TOKENIZER, GREEDY, tokens=12)
    first = "".join(chat.say("Who goes there?"))
    assert len(first) > 3
    read = counted(model, monkeypatch)
    second = "".join(chat.say("Who?"))
    head = render_prompt(TOKENIZER, chat.messages[:1])
    whole = render_prompt(TOKENIZER, chat.messages[:3])
    # The first answer is re-read from its last token, or from the first
    # byte that was no text.
    assert sum(read) < len(whole) - len(head) + 12
    assert set(read[1:]) == {1}
    ids = list(generate(model, whole, 12, GREEDY, stop=END))
    assert second == TOKENIZER.decode(ids)


def test_a_text_answer_is_not_read_again(monkeypatch):
    model = talker(HO)
    chat = Chat(model, TOKENIZER, GREEDY)
    list(chat.say("Hi"))
    read = counted(model, monkeypatch)
    list(chat.say("You"))
    new = "<|im_end|>\n<|im_start|>user\nYou<|im_end|>\n<|im_start|>assis"
    new += "tant\n"
    marks = ("<|im_start|>", "<|im_end|>")
    assert read == [len(TOKENIZER.encode(new, marks)), 1, 1]


def test_the_oldest_turns_are_dropped_down_to_half():
    chat = Chat(talker(HO, context=128), TOKENIZER, GREEDY, tokens=10)
    turn = len(render_prompt(TOKENIZER, asked("Hi"))) + len("Ho") + 2
    fit = (128 - 10 - (turn - 4)) // turn  # turns before one more
    kept = (64 - (turn - 4)) // turn
    assert (fit, kept) == (3, 1)
    for number in range(fit + 1):
        assert "".join(chat.say("Hi")) == "Ho"
        assert (len(chat.messages), chat.forgotten) == (2 * number + 2, 0)
    assert "".join(chat.say("So")) == "Ho"
    assert chat.forgotten == 2 * (fit + 1 - kept)
    assert [m.content for m in chat.messages] == ["Hi", "Ho", "So", "Ho"]


def asked(text: str) -> tuple[Message, ...]:
    return (Message(role="user", content=text),)


def test_an_answer_has_a_longest_length():
    model = talker({"\n": "a", "a": "a"}, context=64)
    chat = Chat(model, TOKENIZER, GREEDY, tokens=5)
    assert "".join(chat.say("Hi")) == "aaaaa"
    assert chat.cut_off == 5
    chat = Chat(model, TOKENIZER, GREEDY, tokens=99)
    room = 64 - len(render_prompt(TOKENIZER, asked("Hi")))
    assert "".join(chat.say("Hi")) == "a" * room
    assert chat.cut_off == room


def test_what_is_too_long_is_refused_and_forgotten():
    chat = Chat(talker(HO, context=64), TOKENIZER, GREEDY)
    with pytest.raises(UserError, match=r"that is 75 tokens long"):
        list(chat.say("What is this? " * 4))
    with pytest.raises(UserError, match="the question is empty"):
        list(chat.say(" \n"))
    assert chat.messages == ()
    assert "".join(chat.say("Hi")) == "Ho"


def test_an_answer_that_is_stopped_is_remembered_so_far():
    chat = Chat(talker({"\n": "a", "a": "a"}), TOKENIZER, GREEDY)
    with closing(chat.say("Hi")) as pieces:
        assert [next(pieces), next(pieces)] == ["a", "a"]
    assert chat.messages[-1] == Message(role="assistant", content="aa")


def test_a_reading_that_is_stopped_does_no_harm(monkeypatch):
    """Ctrl-C while some layers have read the question and others not."""
    model = restless(TOKENIZER)
    chat, other = (
        Chat(model, TOKENIZER, GREEDY, tokens=8) for _ in range(2)
    )
    for each in (chat, other):
        list(each.say("Hi"))
    last, calls = model.blocks[1], []

    def interrupted(*given):
        if not calls:
            calls.append(given)
            raise KeyboardInterrupt
        return forward(*given)

    forward = last.forward
    monkeypatch.setattr(last, "forward", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(chat.say("Who?"))
    assert list(chat.say("So?")) == list(other.say("So?"))
    assert chat.messages == other.messages


def test_a_seed_decides_and_every_turn_is_another():
    model = talker({"\n": "a", "a": "a"})
    model.head.weight.data.zero_()  # now all is alike to it
    first, again, other = (
        Chat(model, TOKENIZER, seed=seed, tokens=4) for seed in (1, 1, 2)
    )
    said = [[*first.say("Hi")], [*first.say("Hi")]]
    assert [[*again.say("Hi")], [*again.say("Hi")]] == said
    assert [[*other.say("Hi")], [*other.say("Hi")]] != said
    assert said[0] != said[1]
    with pytest.raises(UserError, match="seed is -1"):
        Chat(model, TOKENIZER, seed=-1)


def test_bytes_cannot_chat():
    with pytest.raises(UserError, match=r"no <\|im_start\|> and cannot"):
        Chat(talker(HO), Tokenizer.bytes())
