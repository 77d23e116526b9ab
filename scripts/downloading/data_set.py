"""Brings one data set into its folder: fetches, verifies, unpacks."""

import errno
import fcntl
import hashlib
import os

from downloading.archive import install
from downloading.request import MIRROR, Failure
from downloading.resumable import fetch


def is_there(folder, files):
    """Returns whether the data set is there; refuses a folder that holds anything else."""
    lacking = [file for file in files if not (folder / file).exists()]
    if lacking and folder.exists() and not (folder.is_dir() and not os.listdir(folder)):
        raise Failure(f"the data set is not there, but something else is ({folder} lacks {', '.join(lacking)})",
                      "remove it, or name another folder")
    return not lacking


def download(name, row, folder, url):
    """Fetches into a .part file beside the folder, which holds what has arrived from one call to the next."""
    part = folder.with_name(row["url"].rpartition("/")[2] + ".part")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with open(part, "a+b") as archive:
            lock(archive, part)
            fill(archive, part, name, row, folder, url)
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = f"free {2 * row['bytes'] / 1e6:.0f} MB" if is_full else "check the folder and its permissions"
        raise Failure(f"{'the disk is full' if is_full else 'cannot write'}: {error.strerror} ({error.filename or part})",
                      f"{hint}, then run the same command again: what has arrived is kept") from error


def lock(archive, part):
    """Keeps a second process from writing the same file."""
    try:
        fcntl.flock(archive, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Failure(f"another process is downloading this file ({part})", "wait until it has ended") from error
    except OSError:
        pass  # the file system has no locks


def fill(archive, part, name, row, folder, url):
    """Fetches, verifies and unpacks with the .part file locked; removes it once it is of no more use."""
    version = part.with_name(part.name + ".version")
    print(f"{name}: {url}, {archive.tell() / 1e6:.1f} of {row['bytes'] / 1e6:.1f} MB have arrived", flush=True)
    fetch(archive, version, url, row["bytes"], name)
    archive.seek(0)
    found = hashlib.file_digest(archive, "sha256").hexdigest()
    archive.seek(0)
    if found == row["sha256"]:
        install(archive, row["inside"], folder)
    part.unlink()
    version.unlink(missing_ok=True)
    if found != row["sha256"]:
        raise Failure(f"wrong checksum: SHA-256 {found} instead of {row['sha256']} ({part}, from {url})",
                      f"the file was removed: run the same command again to start anew, or {MIRROR}")
