"""The version history is the changelog's."""

from octavo.book.history import Release, read_history


def test_the_history_is_read_from_the_changelog(tmp_path):
    changelog = tmp_path / "CHANGELOG.md"
    changelog.write_text(
        "# Changelog\n\nThe form.\n\n"
        "## [Unreleased]\n\n### Added\n\n- A thing.\n\n"
        "## [0.2.0] - 2026-12-01\n\nChapters 1\nto 6.\n\n### Added\n- x\n\n"
        "## [0.1.0] - 2026-11-20\n"
    )
    assert read_history(changelog, "0.3.0") == [
        Release("0.3.0", "", ""),
        Release("0.2.0", "2026-12-01", "Chapters 1 to 6."),
        Release("0.1.0", "2026-11-20", ""),
    ]
    assert read_history(tmp_path / "none.md", "0.3.0") == []
