# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs pptpalg-replay of the build folders that PPTPALG_BUILD names."""
import glob
import json
import os
import subprocess

import pytest
from scapy.utils import wrpcap

import calls
import failures

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
PROGRAMS = [os.path.join(TOP, folder, "pptpalg-replay") for folder in
            os.environ.get("PPTPALG_BUILD", "build").split(":")]

SCENES = {name[6:].replace("_", "-"): make
          for module in (calls, failures)
          for name, make in vars(module).items()
          if name.startswith("scene_")}


class Replay:
    """The program in each build, and where captures are."""
    def __init__(self, folder, programs=tuple(PROGRAMS)):
        self.folder, self.programs, self.made = folder, programs, {}

    def builds(self):
        """Each build's alone."""
        return [Replay(self.folder, (program,)) for program in self.programs]

    def run(self, *words, data=None, status=(0,)):
        """stdout and stderr of all builds, which say the same."""
        first, *others = [self.run_one(program, words, data, status)
                          for program in self.programs]
        for other in others:
            assert other == first
        return first

    def run_one(self, program, words, data, status):
        """No sanitizer may have spoken."""
        done = subprocess.run([program, *map(str, words)], input=data,
                              capture_output=True, timeout=300, check=False)
        out, err = done.stdout.decode("ascii"), done.stderr.decode()
        assert done.returncode in status, f"{done.returncode}: {err}"
        assert "Sanitizer" not in err and "runtime error" not in err, err
        return out, err

    def text(self, *words):
        return self.run(*words)[0]

    def json(self, *words):
        return json.loads(self.run("--json", *words)[0])

    def capture(self, name):
        """The file of a real capture, or of a scene (made when asked)."""
        path = os.path.join(HERE, "captures", name + ".pcap")
        if os.path.exists(path):
            return path
        if name not in self.made:
            self.made[name] = os.path.join(self.folder, name + ".pcap")
            wrpcap(self.made[name], SCENES[name](), linktype=1)
        return self.made[name]


def captures():
    real = glob.glob(os.path.join(HERE, "captures", "*.pcap"))
    return sorted(os.path.basename(path)[:-5] for path in real) + \
        sorted(SCENES)


@pytest.fixture(scope="session")
def replay(tmp_path_factory):
    return Replay(str(tmp_path_factory.mktemp("replay")))


def pytest_generate_tests(metafunc):
    if "capture" in metafunc.fixturenames:
        metafunc.parametrize("capture", captures())


@pytest.fixture(autouse=True)
def leaks(request, monkeypatch):
    """To look for them is half of such a run's time: the golden files, which
    have every capture, do."""
    if request.path.name != "test_golden.py":
        monkeypatch.setenv("ASAN_OPTIONS", os.environ.get(
            "ASAN_OPTIONS", "") + ":detect_leaks=0")
