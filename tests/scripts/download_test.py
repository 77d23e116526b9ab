"""Runs scripts/download with a table of its own against a server on loopback."""

import hashlib
import io
import os
import pathlib
import pty
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import unittest

from file_server import FileServer

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))
from downloading.progress import Progress, format_duration  # noqa: E402

FILES = {"set-bin/a.bin": bytes(range(256)) * 400, "set-bin/deeper/b.txt": b"text\n", "set-bin/noise.bin": os.urandom(300_000)}
HOLD = 1_000  # less than any buffer, so that what waits in one would be missed


def tar(files, **attributes):
    """Returns a tar.gz of the files; `attributes` are those of the last member."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            if name == list(files)[-1]:
                for attribute, value in attributes.items():
                    setattr(member, attribute, value)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


class DownloadTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()
        self.work = self.root / "work"
        self.work.mkdir()
        shutil.copytree(SCRIPTS / "downloading", self.root / "scripts" / "downloading", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(SCRIPTS / "download", self.root / "scripts")
        self.archive = tar(FILES)
        self.server = FileServer(self.archive)
        self.addCleanup(self.server.stop)
        self.folder, self.part = self.work / "data" / "set-bin", self.work / "data" / "set.tar.gz.part"
        self.write_table(self.archive)

    def write_table(self, archive):
        self.table(bytes=len(archive), sha256=hashlib.sha256(archive).hexdigest())

    def table(self, **values):
        row = {"title": "A set", "url": self.server.url, "inside": "set-bin", "folder": "data/set-bin", "variable": "ASSAY_A_SET",
               "files": ["a.bin"], "use": "data=a_set"} | values
        lines = "".join(f"{key} = {value!r}\n" for key, value in row.items())
        text = f"[a_set]\n{lines}\n[another_set]\n{lines}"
        (self.root / "scripts" / "downloading" / "data_sets.toml").write_text(text)

    def command(self, *arguments, **environment):
        inherited = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        return {"args": [sys.executable, "-B", self.root / "scripts" / "download", *arguments], "cwd": self.work,
                "env": inherited | {"PYTHONWARNINGS": "error"} | environment}

    def run_download(self, *arguments, preexec_fn=None, **environment):
        command = self.command(*(arguments or ["a_set"]), **environment)
        return subprocess.run(**command, preexec_fn=preexec_fn, text=True, capture_output=True)

    def start_until_held(self):
        """Starts a download and returns it when the first HOLD bytes are in the .part file; the server holds back the rest."""
        self.server.hold_after = HOLD
        process = subprocess.Popen(**self.command("a_set"), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        while not (self.part.exists() and self.part.stat().st_size == HOLD):
            self.assertIsNone(process.poll(), "the download ended early")
            time.sleep(0.01)
        return process

    def let_go(self):
        self.server.go_on.set()
        self.server.hold_after = None

    def leave_part(self, content, version='"1"'):
        self.part.parent.mkdir(exist_ok=True)
        self.part.write_bytes(content)
        if version:
            self.part.with_name("set.tar.gz.part.version").write_text(version)

    def assert_unpacked(self, done, folder=None):
        self.assertEqual((done.returncode, done.stderr.count("error")), (0, 0), done.stderr)
        folder = folder or self.folder
        found = {f"set-bin/{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        self.assertEqual(found, FILES)
        self.assertEqual([path.name for path in folder.parent.iterdir()], [folder.name], "something is left beside the folder")

    def assert_failed(self, done, *words, code=3):
        self.assertEqual(done.returncode, code, done.stderr)
        for word in ("error: ", "\n  hint: ", *words):
            self.assertIn(word, done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        self.assertFalse(self.folder.exists(), "something is there under the final name")
        self.assertFalse(self.folder.with_name(".set-bin.unpacking").exists(), "the temporary folder is left")


class PlaceTest(DownloadTest):
    def test_unpacks_where_the_program_looks(self):
        done = self.run_download()
        self.assert_unpacked(done)
        self.assertIn("use it with data=a_set\n", done.stdout)
        self.assertNotIn("data.folder", done.stdout)

    def test_takes_the_folder_from_the_environment(self):
        self.assert_unpacked(self.run_download(ASSAY_A_SET=str(self.root / "elsewhere" / "set")), self.root / "elsewhere" / "set")

    def test_takes_a_given_folder_before_the_environment(self):
        done = self.run_download("a_set", "given/set", ASSAY_A_SET="/nowhere")
        self.assert_unpacked(done, self.work / "given" / "set")
        self.assertIn("data.folder=given/set", done.stdout)

    def test_follows_a_link_to_a_folder(self):
        self.folder.parent.mkdir()
        (self.root / "disk").mkdir()
        self.folder.symlink_to(self.root / "disk" / "set")
        self.assert_unpacked(self.run_download(), self.root / "disk" / "set")

    def test_says_that_it_is_already_there(self):
        self.run_download()
        done = self.run_download()
        self.assertEqual((done.returncode, len(self.server.requests)), (0, 1))
        self.assertIn("a_set is already in data/set-bin; use it with data=a_set", done.stdout)

    def test_fills_an_empty_folder(self):
        self.folder.mkdir(parents=True)
        self.assert_unpacked(self.run_download())

    def test_leaves_a_folder_of_something_else_alone(self):
        self.folder.mkdir(parents=True)
        (self.folder / "mine.txt").write_text("mine")
        done = self.run_download()
        self.assertEqual(done.returncode, 3)
        self.assertIn("lacks a.bin", done.stderr)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["mine.txt"])
        self.assertEqual(self.server.requests, [])


class UsageTest(DownloadTest):
    def test_suggests_the_nearest_name_and_lists_all(self):
        self.assert_failed(self.run_download("a_st"), "`a_st`", "did you mean `a_set`?", "a_set, another_set", code=2)

    def test_lists_the_names_when_none_is_near(self):
        done = self.run_download("zzz")
        self.assert_failed(done, "There are a_set, another_set", code=2)
        self.assertNotIn("did you mean", done.stderr)

    def test_wants_a_name(self):
        done = subprocess.run(**self.command(), text=True, capture_output=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("NAME", done.stderr)

    def test_help_lists_the_sets(self):
        done = self.run_download("--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("another_set", done.stdout)

    def test_refuses_what_is_no_address(self):
        for url in ("set.tar.gz", "ftp://host/set.tar.gz", "https://user:secret@host/set.tar.gz"):
            done = self.run_download("a_set", "--url", url)
            self.assert_failed(done, "--url", code=2)
            self.assertNotIn("secret", done.stderr + done.stdout)

    def test_the_shipped_table_is_whole(self):
        rows = tomllib.loads((SCRIPTS / "downloading" / "data_sets.toml").read_text())
        self.assertLessEqual({"cifar10", "cifar100"}, set(rows))
        for name, row in rows.items():
            with self.subTest(name):
                self.assertRegex(row["sha256"], r"^[0-9a-f]{64}$")
                self.assertRegex(row["url"], r"^https://.*\.(tar\.gz|tgz)$")
                self.assertGreater(row["bytes"], 0)
                self.assertTrue(row["files"] and row["title"] and row["inside"] and row["folder"] and row["use"])

    def test_the_shipped_folders_are_those_of_the_program(self):
        rows = tomllib.loads((SCRIPTS / "downloading" / "data_sets.toml").read_text())
        for name in ("cifar10", "cifar100"):
            source = (SCRIPTS.parent / "src" / "data" / f"{name}.cpp").read_text()
            self.assertIn(f'"{rows[name]["variable"]}", "{rows[name]["folder"]}"', source)


class MirrorTest(DownloadTest):
    def test_takes_a_mirror(self):
        self.table(bytes=len(self.archive), sha256=hashlib.sha256(self.archive).hexdigest(), url="http://127.0.0.1:1/set.tar.gz")
        self.assert_unpacked(self.run_download("a_set", "--url", self.server.url))

    def test_takes_a_file(self):
        (self.root / "copy.tar.gz").write_bytes(self.archive)
        self.assert_unpacked(self.run_download("a_set", "--url", (self.root / "copy.tar.gz").as_uri()))

    def test_starts_anew_from_a_file(self):
        (self.root / "copy.tar.gz").write_bytes(self.archive)
        self.leave_part(b"0123")
        self.assert_unpacked(self.run_download("a_set", "--url", (self.root / "copy.tar.gz").as_uri()))


class ResumeTest(DownloadTest):
    def test_goes_on_after_the_connection_broke_off(self):
        self.server.break_after, self.server.breaks = HOLD, 1
        self.assert_unpacked(self.run_download())
        self.assertEqual(self.server.ranges(), [None, f"bytes={HOLD}-"])

    def test_keeps_what_arrived_when_it_breaks_off_again_and_again(self):
        self.server.break_after, self.server.breaks = HOLD, 2
        self.assert_failed(self.run_download(), f"broke off after {HOLD} of {len(self.archive)} bytes", "run the same command again")
        self.assertEqual(self.part.read_bytes(), self.archive[:HOLD])
        self.assert_unpacked(self.run_download())
        self.assertEqual(self.server.ranges()[2:], [f"bytes={HOLD}-"])
        self.assertEqual(self.server.requests[-1]["If-Range"], '"1"')

    def test_goes_on_after_a_kill(self):
        process = self.start_until_held()
        process.kill()
        process.wait()
        self.let_go()
        self.assert_unpacked(self.run_download())
        self.assertEqual(self.server.ranges(), [None, f"bytes={HOLD}-"])

    def test_goes_on_after_an_interrupt(self):
        process = self.start_until_held()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
        self.assertEqual(process.returncode, 130)
        self.assertIn("run the same command again", errors)
        self.assertNotIn("Traceback", errors)
        self.let_go()
        self.assert_unpacked(self.run_download())
        self.assertEqual(self.server.ranges(), [None, f"bytes={HOLD}-"])

    def test_refuses_a_second_process(self):
        process = self.start_until_held()
        self.assert_failed(self.run_download(), "another process is downloading", str(self.part))
        self.assertEqual(len(self.server.requests), 1)
        self.let_go()
        process.communicate()

    def test_starts_anew_when_the_server_ignores_ranges(self):
        self.leave_part(self.archive[:HOLD])
        self.server.serves_ranges = False
        self.assert_unpacked(self.run_download())
        self.assertEqual(len(self.server.requests), 1)

    def test_starts_anew_when_the_file_has_changed(self):
        self.leave_part(b"x" * HOLD, version='"0"')
        done = self.run_download()
        self.assert_unpacked(done)
        self.assertIn("starting anew", done.stderr)
        self.assertEqual(len(self.server.requests), 1)

    def test_starts_anew_when_the_server_continues_a_changed_file(self):
        self.leave_part(b"x" * HOLD, version='"0"')
        self.server.obeys_if_range = False
        self.assert_unpacked(self.run_download())
        self.assertEqual(self.server.ranges(), [f"bytes={HOLD}-", None])

    def test_starts_anew_when_the_server_continues_elsewhere(self):
        self.leave_part(self.archive[:HOLD])
        self.server.misses_by = 1
        self.assert_unpacked(self.run_download())
        self.assertEqual(self.server.ranges(), [f"bytes={HOLD}-", None])

    def test_compares_dates_where_the_tag_is_weak(self):
        self.server.tag, self.server.modified = 'W/"1"', "Wed, 21 Oct 2015 07:28:00 GMT"
        self.server.break_after, self.server.breaks = HOLD, 1
        self.assert_unpacked(self.run_download())
        self.assertEqual(self.server.requests[-1]["If-Range"], self.server.modified)
        self.assertEqual(self.server.ranges(), [None, f"bytes={HOLD}-"])

    def test_goes_on_where_the_server_tells_no_version(self):
        self.server.tag = None
        self.leave_part(self.archive[:HOLD], version=None)
        self.assert_unpacked(self.run_download())
        self.assertEqual(self.server.ranges(), [f"bytes={HOLD}-"])
        self.assertNotIn("If-Range", self.server.requests[0])

    def test_starts_anew_when_more_is_there_than_the_file_has(self):
        self.leave_part(self.archive + b"more")
        self.assert_unpacked(self.run_download())
        self.assertEqual(self.server.ranges(), [f"bytes={len(self.archive) + 4}-", None])

    def test_asks_nobody_when_all_has_arrived(self):
        self.leave_part(self.archive)
        self.assert_unpacked(self.run_download())
        self.assertEqual(self.server.requests, [])


class WrongFileTest(DownloadTest):
    def test_removes_a_file_with_a_wrong_checksum(self):
        self.server.content = bytes(len(self.archive))
        expected, found = hashlib.sha256(self.archive).hexdigest(), hashlib.sha256(self.server.content).hexdigest()
        done = self.run_download()
        self.assert_failed(done, "wrong checksum", expected, found, str(self.part), self.server.url, "removed", "--url")
        self.assertEqual(list(self.folder.parent.iterdir()), [])
        self.server.content = self.archive
        self.assert_unpacked(self.run_download())
        self.assertEqual(self.server.ranges(), [None, None])

    def test_does_not_fetch_a_file_of_another_size(self):
        self.server.content = b"<html>We moved</html>"
        self.leave_part(self.archive[:HOLD])
        self.server.tag = '"2"'
        self.assert_failed(self.run_download(), f"21 bytes instead of {len(self.archive)}", "--url")
        self.assertEqual(self.part.read_bytes(), self.archive[:HOLD], "what had arrived is gone")

    def test_does_not_take_a_local_file_of_another_size(self):
        (self.root / "copy.tar.gz").write_bytes(self.archive[:HOLD])
        done = self.run_download("a_set", "--url", (self.root / "copy.tar.gz").as_uri())
        self.assert_failed(done, f"{HOLD} bytes instead of {len(self.archive)}")
        self.assertEqual(self.part.stat().st_size, 0)

    def test_stops_a_server_that_sends_too_much(self):
        self.server.content, self.server.tells_length = self.archive + bytes(1_000_000), False
        self.assert_failed(self.run_download(), f"more than the {len(self.archive)} bytes")
        self.assertEqual(self.part.stat().st_size, 0)

    def test_fetches_without_a_length(self):
        self.server.tells_length = False
        self.assert_unpacked(self.run_download())


class UnpackTest(DownloadTest):
    def refuse(self, archive, name):
        self.server.content = archive
        self.write_table(archive)
        before = sorted(self.root.rglob("evil*"))
        self.assert_failed(self.run_download(), "the archive is refused", f"`{name}`", str(self.part))
        self.assertEqual(sorted(self.root.rglob("evil*")), before)

    def test_refuses_members_that_lead_out(self):
        for name in ("../evil.txt", "set-bin/../../evil.txt", f"{self.root}/evil.txt"):
            with self.subTest(name):
                self.refuse(tar(FILES | {name: b"evil"}), name)
                self.part.unlink()

    def test_refuses_links_and_devices(self):
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            with self.subTest(kind):
                self.refuse(tar(FILES | {"set-bin/evil": b""}, type=kind, linkname="/etc"), "set-bin/evil")
                self.part.unlink()

    def test_gives_the_files_the_rights_of_new_files(self):
        archive = tar(FILES, mode=0o4777, uid=12345)
        self.server.content = archive
        self.write_table(archive)
        self.assert_unpacked(self.run_download(preexec_fn=lambda: os.umask(0o022)))
        status = (self.folder / "noise.bin").stat()
        self.assertEqual((status.st_mode & 0o7777, status.st_uid), (0o644, os.getuid()))

    def test_clears_what_a_killed_process_left(self):
        temporary = self.folder.with_name(".set-bin.unpacking")
        (temporary / "set-bin").mkdir(parents=True)
        (temporary / "set-bin" / "half.bin").write_text("half")
        self.assert_unpacked(self.run_download())


class DiskTest(DownloadTest):
    def test_says_that_the_disk_is_full(self):
        self.part.parent.mkdir()
        self.part.symlink_to("/dev/full")
        self.assert_failed(self.run_download(), "the disk is full", str(self.part), "free 1 MB", "run the same command again")

    def test_leaves_no_half_of_a_folder(self):
        archive = tar({"set-bin/a.bin": bytes(1_000_000)})
        self.server.content = archive
        self.write_table(archive)
        limit = 100_000
        self.assertLess(len(archive), limit)
        done = self.run_download(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        self.assert_failed(done, "cannot write", "File too large", "what has arrived is kept")
        self.assertEqual(self.part.read_bytes(), archive)
        self.assertEqual(self.run_download().returncode, 0)
        self.assertEqual(len(self.server.requests), 1)

    def test_says_where_a_folder_cannot_be_made(self):
        (self.work / "file").write_text("")
        done = self.run_download("a_set", "file/deeper/set")
        self.assert_failed(done, "cannot write", str(self.work / "file"))


class ServerTest(DownloadTest):
    def test_says_that_the_server_cannot_be_reached(self):
        with socket.socket() as listener:  # bound, but not listening: connections are refused
            listener.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/set.tar.gz"
            self.leave_part(self.archive[:HOLD])
            self.assert_failed(self.run_download("a_set", "--url", url), "cannot reach the server: Connection refused", url, "network")
        self.assertEqual(self.part.read_bytes(), self.archive[:HOLD])

    def test_says_what_the_server_answers(self):
        self.server.status = 404
        self.assert_failed(self.run_download(), "the server answers 404 Not Found", self.server.url, "--url")

    def test_keeps_what_arrived_when_the_server_is_out_of_order(self):
        self.leave_part(self.archive[:HOLD])
        self.server.status = 503
        self.assert_failed(self.run_download(), "503")
        self.server.status = 200
        self.assert_unpacked(self.run_download())
        self.assertEqual(self.server.ranges(), [f"bytes={HOLD}-"] * 2)


class Screen(io.StringIO):
    def __init__(self, is_terminal):
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self):
        return self.is_terminal


class ProgressTest(unittest.TestCase):
    def show(self, is_terminal):
        """Reports 10 MB each second from 20 to 200 of 400 MB."""
        screen, now = Screen(is_terminal), [0]
        with Progress("set", 20_000_000, 400_000_000, screen, lambda: now[0]) as progress:
            for now[0] in range(1, 19):
                progress.update((2 + now[0]) * 10_000_000)
        return screen.getvalue()

    def test_writes_a_line_every_ten_seconds_into_a_file(self):
        self.assertEqual(self.show(False), "set: 30 % of 400.0 MB, 10.0 MB/s, 28 s left\n")

    def test_redraws_a_line_on_a_terminal(self):
        text = self.show(True)
        self.assertEqual(text.count("\r\x1b[Kset: "), 18)
        self.assertIn("\r\x1b[Kset: 50 % of 400.0 MB, 10.0 MB/s, 20 s left", text)
        self.assertTrue(text.endswith("\r\x1b[K"))
        self.assertNotIn("\n", text)

    def test_formats_long_waits(self):
        for seconds, text in ((59.4, "59 s"), (61, "1 min 01 s"), (3599, "59 min 59 s"), (7260, "2 h 01 min")):
            self.assertEqual(format_duration(seconds), text)


class TerminalTest(DownloadTest):
    def test_shows_progress_on_a_terminal(self):
        ours, theirs = pty.openpty()
        with os.fdopen(ours, "rb", buffering=0) as screen:
            done = subprocess.run(**self.command("a_set"), stdout=subprocess.PIPE, stderr=theirs)
            os.close(theirs)
            self.assertEqual(done.returncode, 0)
            self.assertIn(b"\r\x1b[Ka_set: ", screen.read(4096))

    def test_writes_no_control_characters_into_a_file(self):
        done = self.run_download()
        self.assertEqual(done.stderr, "")
        self.assertNotIn("\x1b", done.stdout)


if __name__ == "__main__":
    unittest.main()
