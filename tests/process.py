# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs, run together with whatever they leave behind."""
import ctypes
import multiprocessing
import os
import signal
import subprocess
import time

PR_SET_CHILD_SUBREAPER = 36


def adopt():
    """From now on orphans of our programs become our children."""
    os.setpgid(0, 0)        # out of reach of the terminal's Ctrl-C
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children():
    """Those that live, orphans included."""
    path = f"/proc/{os.getpid()}/task/{os.getpid()}/children"
    with open(path, encoding="ascii") as file:
        return [int(pid) for pid in file.read().split()]


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def command_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return "?"


def end_leftovers():
    """Kills what a job left behind (after a moment of grace); its names."""
    until = time.monotonic() + 2
    reap()
    while children() and time.monotonic() < until:
        time.sleep(0.02)
        reap()
    left = []
    while children():       # a killed parent hands us its own children
        for pid in children():
            left.append(f"{pid} {command_of(pid)}")
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
        reap()
    return left


class Copy(multiprocessing.Process):
    """A copy of this process that calls a function, where subprocess.Popen
    starts a program; all else is as there."""

    def __init__(self, function, words, cwd, env, log):
        super().__init__()
        self.function, self.words = function, words
        self.cwd, self.env, self.log = cwd, env, log
        self.start()

    def run(self):
        os.setsid()
        os.chdir(self.cwd)
        os.environ.clear()
        os.environ.update(self.env)
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        for number in 1, 2:
            os.dup2(self.log.fileno(), number)
        raise SystemExit(self.function(self.words))

    def wait(self, seconds=None):
        self.join(seconds)
        if self.exitcode is None:
            raise subprocess.TimeoutExpired(self.words, seconds)
        return self.exitcode


def start(command, folder, environment, log):
    """A function of ours and its words, or the words of a program."""
    if callable(command[0]):
        return Copy(command[0], command[1:], folder, environment, log)
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
        stdout=log, stderr=subprocess.STDOUT, start_new_session=True)


def execute(command, folder, seconds, environment, log):
    """Exit status (None: time is up, ended) with all output in log."""
    process = start(command, folder, environment, log)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        end_group(process)
        return None
    except KeyboardInterrupt:
        end_group(process)
        end_leftovers()
        raise


def end_group(process):
    """SIGINT lets pytest tear down what its fixtures made."""
    for number, patience in ((signal.SIGINT, 15), (signal.SIGKILL, 5)):
        try:
            os.killpg(process.pid, number)
            process.wait(patience)
            break
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
