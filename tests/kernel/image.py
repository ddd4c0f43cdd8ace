# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's stock kernel, ready to boot: its package, unpacked, and an initial
file system that finds this machine's files over 9p.

The package is the one that Debian's linux-image-amd64 depends on; it is
fetched once and kept in ~/.cache/pptpalg/kernel.
"""
import glob
import lzma
import os
import pathlib
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
MODULES = "virtio_pci", "9pnet_virtio", "9p", "overlay"
# Each file that is opened over 9p costs this machine and the guest a message.
# So what tests start all the time is in the initial file system, which lies
# over this machine's; it stays in memory (switch_root would empty it).
OFTEN = """bash busybox cat chmod cp cut date dash env ethtool grep iperf3 ip
    iptables-legacy iptables-legacy-restore iptables-legacy-save iptables-nft
    iptables-nft-restore iptables-nft-save kill mkdir mkfifo mount nft nsenter
    ping pppd pptp pptpctrl pptpd python3 rm sed setpriv sh sleep ss sysctl tc
    unshare""".split()
PLUGINS = ("/lib64/ld-linux-x86-64.so.2", "/etc/ld.so.cache",
           "/usr/lib/x86_64-linux-gnu/xtables/*.so",
           "/usr/lib/x86_64-linux-gnu/libnss_*.so*", "/usr/lib/pppd/*/*.so")
INIT = """#!/initial/busybox sh
cd /initial
./busybox mkdir -p /proc cold root
while read -r module; do ./busybox insmod "$module"; done <modules
./busybox mount -t 9p -o ro,%s root cold
./busybox mount -t overlay -o ro,lowerdir=/:cold root root
cd root
/initial/busybox mount --move . /
exec /initial/busybox chroot . "$@"
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


def write_modules(folder, root):
    names = []
    for number, file in enumerate(module_files(folder)):
        names.append(f"{number}.ko")
        opener = lzma.open if file.endswith(".xz") else open
        with opener(file, "rb") as packed, \
                open(os.path.join(root, names[-1]), "wb") as plain:
            shutil.copyfileobj(packed, plain)
    with open(os.path.join(root, "modules"), "w", encoding="ascii") as file:
        file.write("\n".join(names) + "\n")


def libraries(program):
    """The paths of what it is linked with."""
    shown = subprocess.run(["ldd", program], check=False, text=True,
                           stdin=subprocess.DEVNULL, capture_output=True)
    return re.findall(r"(/\S+) \(0x", shown.stdout)


def chain(path):
    """A path, as a path of symbolic links and of the file they end at; all of
    it is named as it is below real folders."""
    while True:
        path = os.path.join(os.path.realpath(os.path.dirname(path)),
                            os.path.basename(path))
        yield path
        if not os.path.islink(path):
            return
        path = os.path.join(os.path.dirname(path), os.readlink(path))


def often_used(programs):
    """All paths of programs, of their libraries and of their plugins."""
    found = [path for path in map(shutil.which, OFTEN) if path]
    found += programs
    for program in list(found):
        found += libraries(program)
    for pattern in PLUGINS:
        found += glob.glob(pattern)
    links = [path for path in glob.glob("/*") if os.path.islink(path)]
    return links + sorted({link for path in found for link in chain(path)})


def archive(folder, paths, file):
    """Appends some of a folder's files, and the folders that they lie in, to
    what the kernel unpacks."""
    above = {str(parent) for path in paths
             for parent in pathlib.PurePath(path).parents} - {"."}
    listed = sorted(above) + sorted(set(paths) - above)
    subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=folder,
                   check=True, input="\n".join(listed).encode(), stdout=file)


def write_initial_files(folder, path, programs):
    """The initial file system as the kernel takes it (cpio), with programs
    of the caller's among those that are used often."""
    with tempfile.TemporaryDirectory() as root, open(path, "wb") as file:
        initial = os.path.join(root, "initial")
        os.makedirs(initial)
        shutil.copy(shutil.which("busybox"), initial)
        write_modules(folder, initial)
        with open(os.path.join(root, "init"), "w", encoding="ascii") as init:
            init.write(INIT)
        os.chmod(init.name, 0o755)
        archive(root, ["init"] + [os.path.join("initial", name)
                                  for name in os.listdir(initial)], file)
        archive("/", [name.lstrip("/") for name in often_used(programs)],
                file)
