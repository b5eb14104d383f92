import pytest

from octavo.foundation.text import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, naïve, 天地 🌹\n\tkept", "plain, naïve, 天地 🌹\n\tkept"),
        ("\x1b[2J\x07", "\ufffd[2J\ufffd"),
        ("a\r\nb\x00", "a\ufffd\nb\ufffd"),
        ("\u202eright to left", "\ufffdright to left"),
        ("\u2028\ud800", "\ufffd\ufffd"),
        ("", ""),
    ],
)
def test_what_a_terminal_would_obey_is_replaced(text, shown):
    assert printable(text) == shown
