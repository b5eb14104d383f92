import random

from octavo.tokenizer import Merge, train_bpe
from octavo.tokenizer.reference import decode, encode, merge


def test_the_merges_of_a_small_text_derived_by_hand():
    # aa 4, ab 2, the others 1; then (aa, a) and (a, b) stand twice each,
    # and (aa, a) is the greater; then (aaa, b) stands twice.
    merges, vocab = train_bpe("aaabdaaabac", 3)
    assert merges == [
        Merge((b"a", b"a"), 4),
        Merge((b"aa", b"a"), 2),
        Merge((b"aaa", b"b"), 2),
    ]
    assert len(vocab) == 259
    assert vocab[0x61] == b"a"
    assert [vocab[i] for i in (256, 257, 258)] == [b"aa", b"aaa", b"aaab"]
    ids = encode("aaabdaaabac", merges)
    assert ids == [258, 0x64, 258, 0x61, 0x63]
    assert decode(ids, vocab) == "aaabdaaabac"


def test_of_equal_pairs_the_greater_is_merged_first():
    # All pairs stand once. At each step the left token decides first.
    merges, _ = train_bpe("ab ba", 4)
    assert [m.pair for m in merges] == [
        (b"b", b"a"),
        (b"b", b" "),
        (b"b ", b"ba"),
        (b"a", b"b ba"),
    ]


def test_merges_do_not_cross_the_pattern():
    merges, _ = train_bpe("ab ab ab", 9, "gpt2")
    assert [m.pair for m in merges] == [(b"a", b"b"), (b" ", b"ab")]
    assert [m.count for m in merges] == [3, 2]


def test_learning_stops_when_nothing_is_left_to_merge():
    assert train_bpe("", 5)[0] == []
    assert train_bpe("a", 5)[0] == []
    assert len(train_bpe("abc", 5)[0]) == 2
    assert len(train_bpe("abc", 1)[0]) == 1


def test_any_text_comes_back():
    merges, vocab = train_bpe("the cat sat on the mat", 10, "qwen2")
    text = "the rat ate 17 päté\n" + "".join(
        map(chr, random.Random(0).choices(range(0xD800), k=200))
    )
    assert decode(encode(text, merges, "qwen2"), vocab) == text
    assert decode([0xFF, 0x61], vocab) == "\ufffda"


def test_a_pair_that_overlaps_itself_is_joined_from_the_left():
    assert merge([b"a"] * 5, (b"a", b"a")) == (b"aa", b"aa", b"a")
