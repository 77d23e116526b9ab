"""Fetches a file over HTTP and goes on where an earlier attempt ended."""

import http.client
import os
import sys

from downloading.progress import Progress
from downloading.request import MIRROR, Failure, ask


def version_of(answer):
    """Returns what tells a file from its next version, in a form that If-Range takes; empty if the server does not say."""
    tag = answer.headers.get("ETag", "")
    return tag if tag.startswith('"') else answer.headers.get("Last-Modified", "")


def open_at(archive, size, version_file, url, total):
    """Returns an answer that continues the archive after `size` bytes, or one with the whole file, for which it is emptied."""
    answer, version = None, version_file.read_text() if version_file.exists() else ""
    if size:
        answer = ask(url, {"Range": f"bytes={size}-"} | ({"If-Range": version} if version else {}))
        if answer and answer.status == 206 and answer.headers.get("Content-Range") == f"bytes {size}-{total - 1}/{total}":
            if version in (version_of(answer), "") or not version_of(answer):
                return answer
    if not answer or answer.status == 206:
        answer = ask(url, {})
    offered = answer.headers.get("Content-Length", str(total))
    if offered != str(total):
        raise Failure(f"the server offers {offered} bytes instead of {total} ({url})", MIRROR)
    if size:
        print("note: the server has another version of the file, or cannot continue it: starting anew", file=sys.stderr)
        archive.truncate(0)
    version_file.write_text(version_of(answer))
    return answer


def receive(answer, archive, total, progress):
    """Appends what arrives to the archive; returns why no more does."""
    while archive.tell() <= total:
        try:
            data = answer.read1(1 << 18)
        except (OSError, http.client.HTTPException) as error:
            return str(error)
        if not data:
            return "the server closed it"
        archive.write(data)
        archive.flush()
        progress.update(archive.tell())
    archive.truncate(0)
    raise Failure(f"the server sends more than the {total} bytes of this data set", MIRROR)


def fetch(archive, version_file, url, total, title):
    """Fills the open file up to `total` bytes; asks again as long as each answer brings more than the one before."""
    size, most, reason = archive.seek(0, os.SEEK_END), -1, ""
    while size != total:
        if size <= most:
            hint = "run the same command again, which goes on from there, or " + MIRROR
            raise Failure(f"the connection broke off after {size} of {total} bytes: {reason} ({url})", hint)
        most = size
        with open_at(archive, size, version_file, url, total) as answer:
            with Progress(title, archive.seek(0, os.SEEK_END), total) as progress:
                reason = receive(answer, archive, total, progress)
        size = archive.seek(0, os.SEEK_END)
