"""Bring the NHS.UK design system's compiled files into `static/nhsuk/`, rewritten for a neutral identity.

Run by hand when the pinned version changes: `python scripts/vendor_nhsuk.py` (needs npm; nothing else here does).
The result is committed, so no Node is needed to install or run the site. What is changed, and why:

- both `@font-face` blocks go and Frutiger becomes Arial: the font is licensed to the NHS and is fetched from its host;
- image addresses become relative, so that they work under any static prefix and hashed names;
- the script becomes a classic one that leaves `NHSUKFrontend` on the window: `static/app.js` starts it, and again on
  each fragment that htmx puts into the page; an ES module's import would bypass the hashed name;
- logo, favicons and social image are not taken.
"""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VERSION = "10.6.1"  # pinned together with nhsuk-frontend-jinja in pyproject.toml; a test holds the two together
DIGEST = "sha512-PZorqQZjZx/A26yJoskCL9z0ib6AtkAyF0o4K/RHr8zRrJyXrUOCnMbjy0VNXsGO4tfTNMwqlkwATKs4a0xayw=="
TARGET = Path(__file__).resolve().parent.parent / "static" / "nhsuk"
BANNER = (
    f"/* nhsuk-frontend {VERSION}, MIT licence, (c) NHS England: see LICENSE. Made by scripts/vendor_nhsuk.py. */\n"
)
LICENCE = """The MIT License (MIT)

Copyright (c) NHS England

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


class Unexpected(Exception):
    """The package is not what this script was written for."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        dist = unpack(fetch(Path(folder)), Path(folder)) / "dist" / "nhsuk"
        css = stylesheet((dist / "nhsuk-frontend.min.css").read_text())
        script = classic_script((dist / "nhsuk-frontend.min.js").read_text())
        images = sorted(set(re.findall(r"url\(images/([\w-]+\.svg)\)", css)))
        shutil.rmtree(TARGET, ignore_errors=True)
        (TARGET / "images").mkdir(parents=True)
        for name in images:
            shutil.copyfile(dist / "assets" / "images" / name, TARGET / "images" / name)
    (TARGET / "nhsuk.min.css").write_text(BANNER + css)
    (TARGET / "nhsuk.min.js").write_text(BANNER + script)
    (TARGET / "LICENSE").write_text(LICENCE)
    print(f"{TARGET}: stylesheet {len(css) // 1000} kB, script {len(script) // 1000} kB, {len(images)} images")


def fetch(folder: Path) -> Path:
    """The package's archive, by npm, with the digest this script was written against."""
    packed = subprocess.run(
        ["npm", "pack", f"nhsuk-frontend@{VERSION}", "--json"], cwd=folder, capture_output=True, text=True, check=True
    )
    archive = folder / json.loads(packed.stdout)[0]["filename"]
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != DIGEST:
        raise Unexpected(f"nhsuk-frontend {VERSION} has the digest {found}, expected {DIGEST}")
    return archive


def unpack(archive: Path, folder: Path) -> Path:
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / "package"


def stylesheet(css: str) -> str:
    css, fonts = re.subn(r"@font-face\{[^}]*\}", "", css)
    css, names = re.subn(r'"?Frutiger W01"?,\s*arial', "Arial", css)
    css = re.sub(r"""url\(["']?/assets/images/([\w-]+\.svg)["']?\)""", r"url(images/\1)", css)
    css = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", css).strip() + "\n"
    if (fonts, names) != (2, 1):
        raise Unexpected(f"expected 2 font blocks and 1 font name, found {fonts} and {names}")
    return without_hosts(css, "stylesheet")


def classic_script(module: str) -> str:
    """The ES module as a function that runs at once and leaves its exports on the window."""
    module = re.sub(r"//# sourceMappingURL=.*", "", module).strip()
    body, exports, names = module.rpartition("export{")
    if not exports or not re.fullmatch(r"[\w,]+\};?", names):
        raise Unexpected("the script does not end with its list of exports")
    listed = names.rstrip(";").rstrip("}")
    return without_hosts(f"(()=>{{'use strict';{body}window.NHSUKFrontend={{{listed}}}}})();\n", "script")


def without_hosts(text: str, what: str) -> str:
    if "https://" in text or "http://" in text or "url(/" in text:
        raise Unexpected(f"the {what} still names another host or an absolute path")
    return text


if __name__ == "__main__":
    try:
        main()
    except (Unexpected, subprocess.CalledProcessError, FileNotFoundError) as error:
        sys.exit(f"Not vendored: {error}")
