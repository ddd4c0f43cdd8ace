# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's stock kernel, ready to boot: its package, unpacked, and an initial
file system that finds this machine's files over 9p.

The package is the one that Debian's linux-image-amd64 depends on; it is
fetched once and kept in ~/.cache/pptpalg/kernel.
"""
import glob
import lzma
import os
import re
import shutil
import subprocess
import tempfile

CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or
                     os.path.expanduser("~/.cache"), "pptpalg", "kernel")
META = "linux-image-amd64"
PROGRAMS = {"qemu-system-x86_64": "qemu-system-x86", "busybox":
            "busybox-static", "cpio": "cpio", "depmod": "kmod",
            "apt-get": "apt", "dpkg-deb": "dpkg"}
# What the initial file system needs to mount the root.
MODULES = "virtio_pci", "9pnet_virtio", "9p"
INIT = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /root
while read -r module; do /bin/busybox insmod "/$module"; done </modules
/bin/busybox mount -t 9p -o ro,%s root /root
exec /bin/busybox switch_root /root "$@"
""" % "trans=virtio,version=9p2000.L,msize=262144,cache=loose"


class Lacking(Exception):
    """Why there can be no guest on this machine."""


def output(*words, folder=None):
    """What a program prints; it must succeed."""
    try:
        return subprocess.run(words, cwd=folder, check=True, text=True,
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE).stdout
    except subprocess.CalledProcessError as e:
        raise Lacking(f"{' '.join(words)}: {e.stderr.strip()}") from e


def check_machine():
    if os.geteuid() != 0:
        raise Lacking("needs root")
    if os.uname().machine != "x86_64":
        raise Lacking("a kernel for this kind of processor is not known")
    missing = sorted(package for program, package in PROGRAMS.items()
                     if not shutil.which(program))
    if missing:
        raise Lacking("missing packages: " + " ".join(missing))


def package_name():
    """Of the newest kernel that apt knows, or nothing."""
    found = re.search(r"Depends: (linux-image-\d\S*)",
                      output("apt-cache", "depends", META))
    return found and found[1]


def prepare():
    """The folder of an unpacked kernel, which is made if need be.  An older
    one serves when the newest cannot be had."""
    check_machine()
    older = sorted(glob.glob(os.path.join(CACHE, "linux-image-*")))
    try:
        name = package_name()
        if not name:
            output("apt-get", "-qq", "update")
            name = package_name()
        if not name:
            raise Lacking(f"apt knows no {META}")
        folder = os.path.join(CACHE, name)
        if not os.path.isdir(folder):
            fetch(name, folder)
        return folder
    except Lacking:
        if older:
            return older[-1]
        raise


def fetch(name, folder):
    """Appears whole or not at all: others may do the same now."""
    os.makedirs(CACHE, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="new.") as new:
        download(name, new)
        package, = glob.glob(os.path.join(new, "*.deb"))
        unpacked = os.path.join(new, "kernel")
        output("dpkg-deb", "-x", package, unpacked)
        output("depmod", "-b", unpacked, version(unpacked))
        try:
            os.rename(unpacked, folder)
        except OSError:
            if not os.path.isdir(folder):
                raise


def download(name, folder):
    """The lists of packages may be too old to find it."""
    words = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download",
             name]
    try:
        output(*words, folder=folder)
    except Lacking:
        output("apt-get", "-qq", "update")
        output(*words, folder=folder)


def version(folder):
    return os.listdir(os.path.join(folder, "lib", "modules"))[0]


def kernel(folder):
    return os.path.join(folder, "boot", "vmlinuz-" + version(folder))


def module_files(folder):
    """The files of MODULES and of all that they need, in order."""
    shown = "".join(output("modprobe", "-d", folder, "-S", version(folder),
                           "--show-depends", name) for name in MODULES)
    return list(dict.fromkeys(re.findall(r"^insmod (\S+)", shown, re.M)))


def write_initial_files(folder, path):
    """The initial file system as the kernel takes it (cpio)."""
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(os.path.join(root, "bin"))
        shutil.copy(shutil.which("busybox"), os.path.join(root, "bin"))
        names = []
        for number, file in enumerate(module_files(folder)):
            names.append(f"{number}.ko")
            opener = lzma.open if file.endswith(".xz") else open
            with opener(file, "rb") as packed, \
                    open(os.path.join(root, names[-1]), "wb") as plain:
                shutil.copyfileobj(packed, plain)
        for name, text in ("modules", "\n".join(names) + "\n"), ("init", INIT):
            with open(os.path.join(root, name), "w", encoding="ascii") as f:
                f.write(text)
        os.chmod(os.path.join(root, "init"), 0o755)
        listed = "\n".join(os.path.relpath(os.path.join(at, name), root)
                           for at, folders, files in os.walk(root)
                           for name in folders + files)
        with open(path, "wb") as archive:
            subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=root,
                           check=True, input=listed.encode(), stdout=archive)
