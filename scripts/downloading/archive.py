"""Unpacks a tar archive so that its folder appears at once and whole."""

import os
import pathlib
import shutil
import tarfile

from downloading.request import Failure


def unpack(archive, folder):
    """Writes the files of an open archive, owned by the user; refuses links, devices and names that lead out of the folder.

    tarfile's own filter for this is absent from Debian bookworm's Python.
    """
    with tarfile.open(fileobj=archive) as members:
        for member in members:
            path = pathlib.PurePosixPath(member.name)
            if path.is_absolute() or ".." in path.parts or not (member.isreg() or member.isdir()):
                why = f"`{member.name}` leads out of the folder, or is neither file nor folder"
                raise Failure(f"the archive is refused: {why} ({archive.name})", "nothing was unpacked; use another source of the data set")
            target = folder / path
            (target if member.isdir() else target.parent).mkdir(parents=True, exist_ok=True)
            if member.isreg():
                with open(target, "wb") as file:
                    shutil.copyfileobj(members.extractfile(member), file)


def install(archive, inside, folder):
    """Unpacks beside `folder`, then renames: the archive's folder `inside` becomes `folder`."""
    temporary = folder.with_name(f".{folder.name}.unpacking")
    shutil.rmtree(temporary, ignore_errors=True)  # left by a process that was killed
    try:
        unpack(archive, temporary)
        os.sync()
        os.rename(temporary / inside, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
