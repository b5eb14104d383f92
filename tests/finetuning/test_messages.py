"""Conversations are read as written, and errors name the line."""

import json

import pytest

from octavo.finetuning import (
    Message,
    read_conversations,
    write_conversations,
)
from octavo.finetuning import messages as module
from octavo.foundation import UserError

ASKED = Message(role="user", content="Who goes there?")
SAID = Message(role="assistant", content="A friend, né.\nTo this ground.")
RULE = Message(role="system", content="Be brief.")


def line(*turns: tuple[object, object]) -> str:
    given = [{"role": role, "content": said} for role, said in turns]
    return json.dumps({"messages": given})


GOOD = line(("user", "Hi"), ("assistant", "Ho"))


def test_what_is_written_is_read_again(tmp_path):
    written = ((ASKED, SAID), (RULE, ASKED, SAID, ASKED, SAID))
    path = tmp_path / "a.jsonl"
    write_conversations(path, written)
    assert read_conversations(path) == written
    first, second, rest = path.read_text("utf-8").split("\n")
    assert json.loads(first)["messages"][1] == {
        "role": "assistant",
        "content": "A friend, né.\nTo this ground.",
    }
    assert "né" in first  # for people to read
    assert json.loads(second)["messages"][0]["role"] == "system"
    assert rest == ""


def test_marks_and_line_ends_of_other_systems_are_no_matter(tmp_path):
    path = tmp_path / "a.jsonl"
    said = line(("user", "a\r\nb"), ("assistant", "c"))
    path.write_bytes(f"\ufeff{GOOD}\r\n\r\n{said}\r\n".encode())
    first, second = read_conversations(path)
    assert [each.content for each in first] == ["Hi", "Ho"]
    assert second[0].content == "a\nb"


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("{", "line 2: not JSON (Expecting property name"),
        ("[]", "line 2: a JSON object is expected, as"),
        ('{"mesages": []}', 'no field "messages"; did you mean "mesages"?'),
        ("{}", 'line 2: no field "messages", as in {"messages": ['),
        ('{"messages": [], "n": 1}', 'unknown field (*, line 2): "n"'),
        ('{"messages": "x"}', 'field "messages" is a string, not a list'),
        ('{"messages": []}', "line 2: 0 messages; a conversation has from"),
        ('{"messages": [7]}', "line 2, message 1: a number, not an object"),
        ('{"messages": [{"role": "user"}]}', 'message 1: no field "conte'),
        (
            '{"messages": [{"role": "user", "text": "x"}]}',
            'unknown field (*, line 2, message 1): "text"',
        ),
        (line(("user", None)), 'message 1: field "content" is null, not'),
        (line(("bot", "x")), 'unknown role (*, line 2, message 1): "bot"'),
        (line(("user", " \n")), "line 2, message 1: the content is empty"),
        (line(("user", "x")), "the last message is by the user; the assis"),
        (
            line(("user", "\ud800"), ("assistant", "x")),
            'message 1: field "content" has half a character',
        ),
        (
            line(("assistant", "x")),
            'message 1 is by "assistant" where "user" should speak',
        ),
        (
            line(("user", "x"), ("system", "y"), ("assistant", "z")),
            'message 2 is by "system" where "assistant" should speak',
        ),
        (
            line(("user", "x"), ("user", "y"), ("assistant", "z")),
            'message 2 is by "user" where "assistant" should speak',
        ),
    ],
)
def test_an_error_is_one_line_with_the_place(tmp_path, bad, told):
    path = tmp_path / "a.jsonl"
    path.write_text(f"{GOOD}\n{bad}\n")
    with pytest.raises(UserError) as error:
        read_conversations(path)
    said = str(error.value)
    assert told.replace("*", str(path)) in said
    assert f"{path}, line 2" in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty: it holds no conversation"),
        (b"\n \n", "is empty: it holds no conversation"),
        (b'{"messages": "\xe9"}', "byte 14: 0xe9 is not UTF-8"),
        (b"\xff\xfe", "is UTF-16; save it as UTF-8"),
        (b"{}\0", "byte 2: a zero byte"),
    ],
)
def test_a_file_that_is_no_text_is_refused(tmp_path, content, told):
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(UserError) as error:
        read_conversations(path)
    assert f"{path}" in str(error.value)
    assert told in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match=r"b.jsonl does not exist"):
        read_conversations(tmp_path / "b.jsonl")


def test_sizes_have_limits(tmp_path, monkeypatch):
    path = tmp_path / "a.jsonl"
    path.write_text(f"{GOOD}\n{GOOD}\n")
    monkeypatch.setattr(module, "MOST_MESSAGES", 1)
    with pytest.raises(UserError, match="line 1: 2 messages; a conv"):
        read_conversations(path)
    monkeypatch.setattr(module, "LONGEST_LINE", len(GOOD) - 1)
    with pytest.raises(UserError, match=r"line 1: \d+ characters"):
        read_conversations(path)
    monkeypatch.setattr(module, "LARGEST_FILE", 2 * len(GOOD) + 1)
    with pytest.raises(UserError, match=r"a.jsonl has \d+ bytes; at most"):
        read_conversations(path)
