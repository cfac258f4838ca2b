"""Make the offline bundle: a zip from which a computer without internet installs quarterhour.

    python tools/bundle.py                          # both targets, for CPython 3.12
    python tools/bundle.py --target linux_x86_64 --python 3.11 --out DIR

A *target* is a kind of computer; a bundle holds the wheels of one target and one Python (three
Pythons in one bundle would weigh three times as much), an installer, hashes and licences. pip
judges markers such as ``sys_platform == 'win32'`` by the computer it runs on, which is not the
target's: so the needs of every wheel are judged here again, until nothing is lacking, and what
only this computer needs is left out.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from functools import cached_property
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).parents[1]
TEXTS = Path(__file__).parent / "offline"
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
# Wheels built for any C library up to this one run on the long-lived systems of offices.
_NEWEST_GLIBC = 28
# Packages that publish no wheel. Theirs is built here, which is right only where it is pure Python.
_WITHOUT_WHEEL = ("fontmeta",)


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of computer.

    Attributes
    ----------
    name
        As it stands in the bundle's name.
    tags
        Platform tags of the wheels that run there.
    markers
        What the markers of requirements ask about, besides the Python's version.
    installer, words
        The installer's file, and what the texts say about this target.
    """

    name: str
    tags: tuple[str, ...]
    markers: Mapping[str, str]
    installer: str
    words: Mapping[str, Mapping[str, str]]


WINDOWS = Target(
    "win_amd64",
    ("win_amd64",),
    {"os_name": "nt", "sys_platform": "win32", "platform_system": "Windows",
     "platform_machine": "AMD64", "platform_release": "10", "platform_version": "10.0"},
    "install.bat",
    {
        "README.txt": {
            "SYSTEM": "Windows", "FOLDER": r"D:\quarterhour", "RUN": "quarterhour.bat",
            "PYTHON_HINT": '\n   In its installer tick "Add python.exe to PATH".',
            "START": "Start install.bat in that folder with a double click, and wait.",
        },
        "README.zh.txt": {
            "SYSTEM": "Windows", "FOLDER": r"D:\quarterhour", "RUN": "quarterhour.bat",
            "PYTHON_HINT": "\n   安装时请勾选“Add python.exe to PATH”。",
            "START": "在该文件夹中双击 install.bat，等待安装完成。",
        },
    },
)  # fmt: skip
LINUX = Target(
    "linux_x86_64",
    (
        *(f"manylinux_2_{minor}_x86_64" for minor in range(_NEWEST_GLIBC, 4, -1)),
        "manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64",
    ),
    {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux",
     "platform_machine": "x86_64", "platform_release": "", "platform_version": ""},
    "install.sh",
    {
        "README.txt": {
            "SYSTEM": "Linux", "FOLDER": "~/quarterhour", "RUN": "./quarterhour",
            "PYTHON_HINT": " On Debian and its kin its venv module is a package of its own.",
            "START": "In that folder: sh install.sh",
        },
        "README.zh.txt": {
            "SYSTEM": "Linux", "FOLDER": "~/quarterhour", "RUN": "./quarterhour",
            "PYTHON_HINT": "Debian 系统的 venv 模块是单独的软件包。",
            "START": "在该文件夹中运行：sh install.sh",
        },
    },
)  # fmt: skip
TARGETS = {target.name: target for target in (WINDOWS, LINUX)}


@dataclass(frozen=True)
class Wheel:
    """One wheel file and what its metadata say."""

    path: Path

    @cached_property
    def metadata(self) -> Message:
        """The head of its METADATA."""
        with zipfile.ZipFile(self.path) as archive:
            name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
            return BytesHeaderParser().parsebytes(archive.read(name))

    @property
    def name(self) -> str:
        """Its package's name, as compared."""
        return parse_wheel_filename(self.path.name)[0]

    @property
    def version(self) -> str:
        """Its version."""
        return str(parse_wheel_filename(self.path.name)[1])

    @property
    def licence(self) -> str:
        """What its metadata say about the licence, in one line."""
        head = self.metadata
        classes = [
            c.rpartition(" :: ")[2]
            for c in head.get_all("Classifier", [])
            if c.startswith("License ::")
        ]
        said = head["License-Expression"] or ", ".join(classes) or head["License"] or ""
        return next((line.strip() for line in said.splitlines() if line.strip()), "see the wheel")

    def needs(self, environment: Mapping[str, str], extras: Iterable[str]) -> list[Requirement]:
        """Return what it needs in an environment, for the extras that are asked of it."""
        wanted = [Requirement(line) for line in self.metadata.get_all("Requires-Dist", [])]
        return [
            need
            for need in wanted
            if need.marker is None
            or any(need.marker.evaluate({**environment, "extra": e}) for e in ("", *extras))
        ]


def environment_of(target: Target, python: str) -> dict[str, str]:
    """Return what markers ask about, for a target and a Python such as ``3.12``."""
    return {
        **target.markers,
        "python_version": python, "python_full_version": f"{python}.0",
        "implementation_name": "cpython", "implementation_version": f"{python}.0",
        "platform_python_implementation": "CPython",
    }  # fmt: skip


def walk_needs(
    wheels: Mapping[str, Wheel], start: str, environment: Mapping[str, str]
) -> tuple[set[str], list[Requirement]]:
    """Return which wheels a package needs in an environment, and which needs no wheel meets."""
    reached: set[str] = set()
    lacking: list[Requirement] = []
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = [(start, frozenset[str]())]
    while todo:
        name, extras = entry = todo.pop()
        if entry in seen:
            continue
        seen.add(entry)
        reached.add(name)
        for need in wheels[name].needs(environment, extras):
            other = canonicalize_name(need.name)
            held = wheels.get(other)
            if held is None or not need.specifier.contains(held.version, prereleases=True):
                lacking.append(need)
            else:
                todo.append((other, frozenset(need.extras)))
    return reached, lacking


def build_own_wheel(folder: Path) -> Wheel:
    """Build our own wheel into a folder."""
    _pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    return Wheel(next(folder.glob("quarterhour-*.whl")))


def build_pure_wheels(folder: Path) -> None:
    """Build the wheels that nobody publishes into a folder, and refuse one that is not pure."""
    _pip("wheel", "--no-deps", "--wheel-dir", str(folder), *_WITHOUT_WHEEL)
    for path in folder.glob("*.whl"):
        if not path.stem.endswith("-none-any"):
            raise SystemExit(f"{path.name} runs on this kind of computer only")


def gather_wheels(own: Wheel, target: Target, python: str, folder: Path) -> list[Wheel]:
    """Download the wheels of a target into a folder, and return those it needs, by name.

    Wheels that lie in the folder already are taken first.
    """
    environment = environment_of(target, python)
    wanted = [f"{n.name}{n.specifier}" for n in own.needs(environment, ())]
    for round_ in range(10):
        into = folder / f"{target.name}-{round_}"
        tags = [part for tag in target.tags for part in ("--platform", tag)]
        _pip(
            "download", "--only-binary=:all:", "--implementation", "cp", "--python-version", python,
            *tags, "--find-links", str(folder), "--dest", str(into), *wanted,
        )  # fmt: skip
        wheels = {w.name: w for w in map(Wheel, [own.path, *sorted(into.glob("*.whl"))])}
        reached, lacking = walk_needs(wheels, own.name, environment)
        if not lacking:
            return [wheels[name] for name in sorted(reached)]
        wanted += [f"{n.name}{n.specifier}" for n in lacking]
    raise SystemExit(f"{target.name}: nothing meets {', '.join(map(str, lacking))}")


def texts_of(target: Target, python: str, wheels: Sequence[Wheel], version: str) -> dict[str, str]:
    """Return the files of a bundle that are text, by name."""
    major, _, minor = python.partition(".")
    common = {"PYTHON": python, "MAJOR": major, "MINOR": minor, "VERSION": version}
    texts = {target.installer: _filled(target.installer, common)}
    for name, words in target.words.items():
        texts[name] = _filled(name, {**common, **words})
    texts["requirements.txt"] = "".join(
        f"{w.name}=={w.version} --hash=sha256:{_digest(w.path.read_bytes())}\n" for w in wheels
    )
    texts["LICENSES.txt"] = "".join(f"{w.name} {w.version}: {w.licence}\n" for w in wheels)
    return texts


def write_bundle(path: Path, target: Target, texts: Mapping[str, str], wheels: list[Wheel]) -> None:
    """Write a bundle; the same texts and wheels give the same bytes."""
    members = {name: _encoded(name, text, target) for name, text in texts.items()}
    members |= {f"wheels/{w.path.name}": w.path.read_bytes() for w in wheels}
    sums = "".join(f"{_digest(members[name])}  {name}\n" for name in sorted(members))
    members["SHA256SUMS"] = sums.encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with zipfile.ZipFile(part, "w") as archive:
        for name in sorted(members):
            info = zipfile.ZipInfo(f"{path.stem}/{name}", _ZIP_DATE)
            info.create_system = 3
            info.external_attr = (0o755 if name.endswith(".sh") else 0o644) << 16
            # Wheels are packed already.
            packed = zipfile.ZIP_STORED if name.endswith(".whl") else zipfile.ZIP_DEFLATED
            archive.writestr(info, members[name], packed)
    part.replace(path)


def make_bundles(targets: Iterable[Target], python: str, out: Path) -> Iterator[Path]:
    """Make the bundles of some targets in a folder; yield each when it is written."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        build_pure_wheels(folder)
        own = build_own_wheel(folder)
        for target in targets:
            wheels = gather_wheels(own, target, python, folder)
            path = out / f"quarterhour-{own.version}-offline-{target.name}.zip"
            write_bundle(path, target, texts_of(target, python, wheels, own.version), wheels)
            yield path


def _pip(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"],
        check=True,
    )


def _filled(name: str, words: Mapping[str, str]) -> str:
    text = (TEXTS / name).read_text(encoding="utf-8")
    for key, word in words.items():
        text = text.replace(f"@{key}@", word)
    return text


def _encoded(name: str, text: str, target: Target) -> bytes:
    """Return a text as its readers want it: Notepad needs a mark before Chinese, cmd wants CRLF."""
    encoding = "utf-8-sig" if name == "README.zh.txt" and target is WINDOWS else "utf-8"
    if target is WINDOWS:
        text = text.replace("\n", "\r\n")
    return text.encode("ascii" if name == target.installer else encoding)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main() -> None:
    """Read the command line and make the bundles."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", choices=sorted(TARGETS), action="append", help="default: all")
    parser.add_argument("--python", default="3.12", help="version of CPython; default 3.12")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder; default dist/")
    args = parser.parse_args()
    names = args.target or sorted(TARGETS)
    for path in make_bundles([TARGETS[n] for n in names], args.python, args.out):
        print(f"{path} ({path.stat().st_size / 1e6:.0f} MB)")


if __name__ == "__main__":
    main()
