"""Text from ids that come one by one."""

import codecs
from collections.abc import Iterable, Iterator

from octavo.tokenizer.tokenizer import Tokenizer


class StreamDecoder:
    """Decodes ids as they come, a character as soon as it is whole.

    A token may end in the middle of a character: its first bytes then wait
    for the rest. All that `feed` and `finish` return, joined, is what
    `decode` returns for all ids at once.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, ids: Iterable[int]) -> str:
        """Return the text that these ids complete."""
        return self._decoder.decode(self._tokenizer.decode_bytes(ids))

    def finish(self) -> str:
        """Return what is left, U+FFFD for half a character; start anew."""
        rest = self._decoder.decode(b"", final=True)
        self._decoder.reset()
        return rest


def decode_stream(
    tokenizer: Tokenizer, ids: Iterable[int]
) -> Iterator[str]:
    """Yield a text piece by piece, as soon as its characters are whole."""
    decoder = StreamDecoder(tokenizer)
    for token in ids:
        yield decoder.feed([token])
    yield decoder.finish()
