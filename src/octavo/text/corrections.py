"""What is put right by hand in the archive's texts, and what is left out.

Rules that hold for a whole edition are in `cleaning.py`. This is the rest:
each line with its reason, so that it can be audited and argued with.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Correction:
    """One place in one file: what stands there, and what should."""

    file: str
    found: str  # stands in the file exactly once
    put: str
    why: str


CORRECTIONS = (
    Correction(
        file="rape_of_lucrece_gut",
        found="                THE RAPE OF LUCRECE\n",
        put="",
        why="the title, a second time",
    ),
    Correction(
        file="troilus_and_cressida_gut",
        found="PROLOGUE\n\nTROILUS AND CRESSIDA\n",
        put="PROLOGUE\n",
        why="the title, a second time",
    ),
    Correction(
        file="romeo_and_juliet_gut",
        found="how doth she/ and what says",
        put="how doth she? and what says",
        why="a misprint",
    ),
    Correction(
        file="twelfth_night_gut",
        found="Or I am mad/ or else",
        put="Or I am mad, or else",
        why="a misprint",
    ),
    Correction(
        file="winters_tale_gut",
        found="_tremor cordis_",
        put="tremor cordis",
        why="marks of italics, here only",
    ),
    Correction(
        file="loves_labour_lost_gut_f",
        found="honorificabilitu%dinitatibus",
        put="honorificabilitudinitatibus",
        why="a misprint",
    ),
    Correction(
        file="poetical_works_gut",
        found="[The Latin text follows.]\n",
        put="",
        why="the transcriber's words",
    ),
    Correction(
        file="poetical_works_gut",
        found="Note: This subject the Author",
        put="This subject the Author",
        why="a note of Milton's own, not the editor's",
    ),
    Correction(
        file="poetical_works_gut",
        found="c[r]own'd",
        put="crown'd",
        why="an editor's bracket",
    ),
    Correction(
        file="poetical_works_gut",
        found="""\
The four following sonnets were not published until 1694, and
then in a mangled form by Phillips, in his Life of Milton; they
are here printed from the Cambridge MS., where that to Fairfax
is in Milton's autograph.
""",
        put="",
        why="the editor's words",
    ),
    Correction(
        file="poetical_works_gut",
        found="lsis and Orus",
        put="Isis and Orus",
        why="a misprint",
    ),
    Correction(
        file="poetical_works_gut",
        found="I call; 4 O make rejoyce",
        put="I call; O make rejoyce",
        why="a verse number within a line",
    ),
)

# Files of the archive that are not used, and why. Every file that is not
# here is used; a test compares this list with the archive.
EXCLUDED = {
    "comus_gut": "a school edition, four fifths of it commentary; Comus "
    "is taken from the Poetical Works",
    "lallegro_il_penseroso_comus_and_lycidas_gut": "the same poems are in "
    "the Poetical Works, as first printed",
    "poemata_gut": "Latin poems in another poet's translation, with his "
    "notes between the lines",
}

# Parts of used files that are left out, by file, and why.
LEFT_OUT = {
    "poetical_works_gut": "left out of Milton's Poetical Works: the "
    "editor's preface, facsimiles of title pages, two letters about "
    "Comus, a list of fragments from the prose, the appendix",
    "henry_iv_part_2_gut_f": "henry-iv-part-2: the epilogue is left out, "
    "for in the archive its line ends are cut off",
}
