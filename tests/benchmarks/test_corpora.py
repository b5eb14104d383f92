import importlib.util
from pathlib import Path

PATH = Path(__file__).parents[2] / "benchmarks" / "corpora.py"
SPEC = importlib.util.spec_from_file_location("corpora", PATH)
corpora = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(corpora)


def test_rare_words_are_respelled_by_the_rule_and_common_ones_stay():
    """Letters moved by hand, for the words that crc32 chooses."""
    common = "the " * 21
    text = common + "Zephyr quince MOTH wall bottom flute snug; 42.\n"
    assert list(corpora.lengthen([text], 3)) == [
        text,
        common + "Biqjzs quince NUVJ wall bottom gmavi snug; 42.\n",
        common + "Zephyr seuqfo MOTH yinn bottom flute snug; 42.\n",
    ]


def test_common_is_more_often_than_twenty_times_in_all_documents():
    documents = ["zephyr " * 20, "Zephyr"]
    assert list(corpora.lengthen(documents, 2)) == documents * 2
    assert list(corpora.lengthen(documents[:1], 2))[1] == "biqjzs " * 20
