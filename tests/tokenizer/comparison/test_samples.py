import gettext
import unicodedata

from octavo.tokenizer.comparison import samples
from octavo.tokenizer.comparison.samples import installed_samples


def share_of(text: str, script: str) -> float:
    letters = [c for c in text if c.isalpha()]
    named = [c for c in letters if unicodedata.name(c).startswith(script)]
    return len(named) / len(letters)


def test_the_texts_are_of_their_kind_and_name_their_source():
    found = {sample.name: sample for sample in installed_samples()}
    assert list(found) == ["prose", "Python", "Russian", "Chinese"]
    (prose,) = found["prose"].documents
    assert len(prose) > 50_000
    assert "    " not in prose.replace("\n", "")[:1000]
    assert prose.endswith(".\n")
    for module in found["Python"].documents:
        compile(module, "a module", "exec")
    assert share_of(found["Russian"].documents[0], "CYRILLIC") > 0.9
    assert share_of(found["Chinese"].documents[0], "CJK") > 0.7
    assert "Django 5." in found["Russian"].source


def test_sentences_are_those_of_the_compiled_catalogue():
    """The standard library reads what was compiled from what we read."""
    package = samples.distribution("django")
    path = package.locate_file("django/conf/locale/ru/LC_MESSAGES")
    with (path / "django.mo").open("rb") as file:
        catalogue = gettext.GNUTranslations(file)
    sentence = catalogue.gettext("Enter a valid URL.")
    assert sentence != "Enter a valid URL."
    lines = samples._translation("Russian").documents[0].splitlines()
    assert sentence in lines
    assert not any("%" in line or "{" in line for line in lines)


def test_without_its_package_a_text_is_missing_and_says_so(monkeypatch):
    def absent(name):
        raise samples.PackageNotFoundError(name)

    monkeypatch.setattr(samples, "distribution", absent)
    russian = installed_samples()[2]
    assert russian.documents == ()
    assert "pip install" in russian.source
