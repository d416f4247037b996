"""Take the README's pictures from a running demonstration into `docs/images/`, small enough to keep in the repository.

Run by hand after `make run`: `.venv/bin/python scripts/screenshots.py [http://127.0.0.1:8000]` (needs a Chromium).
Each picture is drawn at three quarters of its size and saved with a palette of 256 colours. All that it shows is
invented. Together they stay under 300 kB, or the run ends with an error.
"""

import os
import shutil
import struct
import sys
import zlib
from collections import Counter
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

SITE = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
TARGET = Path(__file__).resolve().parent.parent / "docs" / "images"
MOST = 300_000  # bytes, all pictures together
NEAR = 120  # squared distance under which two colours count as one
NAMES = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")


def main() -> None:
    """Take every picture, then say how large they are."""
    chromium = next((found for name in NAMES if name and (found := shutil.which(name))), None)
    if chromium is None:
        sys.exit("No Chromium found. Install one, or name it in CHROMIUM.")
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (person, height, show) in PICTURES.items():
            page = sign_in(browser, person, height)
            show(page)
            page.evaluate("document.activeElement.blur(), scrollTo(0, 0)")
            page.mouse.move(1, 1)
            (TARGET / f"{name}.png").write_bytes(in_256_colours(page.screenshot()))
        browser.close()
    sizes = {name: (TARGET / f"{name}.png").stat().st_size for name in PICTURES}
    for name, size in sizes.items():
        print(f"docs/images/{name}.png  {size / 1000:.0f} kB")
    if sum(sizes.values()) > MOST:
        sys.exit(f"Together {sum(sizes.values()) / 1000:.0f} kB: more than {MOST / 1000:.0f} kB.")


def sign_in(browser: Browser, person: str, height: int) -> Page:
    """A window of its own, signed in as a person of the demonstration."""
    context = browser.new_context(viewport={"width": 1280, "height": height}, device_scale_factor=0.75)
    page = context.new_page()
    page.goto(f"{SITE}/accounts/login/")
    page.locator(f'form:has(input[value="{person}"]) button').first.click()
    page.wait_for_url(f"{SITE}/")
    return page


def show_decision(page: Page) -> None:
    """A decision that is being minuted, within the place board's authority, with something still missing."""
    page.locator("#minutes ~ ul a, section[aria-labelledby=minutes] a").filter(has_text="place board").first.click()
    page.wait_for_load_state()
    drafts = [link.get_attribute("href") for link in page.locator(".app-agenda td a[href^='/decisions/']").all()]
    for address in drafts:
        page.goto(f"{SITE}{address}edit/")
        if page.locator(".app-auth--yes").count() and page.locator("#missing ~ ul a").count():
            return
    sys.exit("No decision of a place board waits to be agreed: has the demonstration been worked through?")


def show_region(page: Page) -> None:
    """A region's cases by stage, closest clocks, signals, and the first of its trusts."""
    if not page.locator(".app-heat .app-c").count():
        sys.exit("No profiles yet: run `manage.py score` first.")


def show_case(page: Page) -> None:
    """A case in facilitated resolution, with facts from both sides and a clock that was paused."""
    page.goto(f"{SITE}/cases/")
    page.get_by_role("link", name="Discharge actions agreed at place are not carried out").first.click()
    page.wait_for_load_state()


PICTURES = {
    "case": ("icb.officer@demo.test", 1320, show_case),
    "decision": ("icb.officer@demo.test", 1760, show_decision),
    "region": ("region.lead@demo.test", 1760, show_region),
}

# --- A PNG of Chromium with a palette ------------------------------------------------------------------------------


def in_256_colours(png: bytes) -> bytes:
    """The picture with 256 frequent colours that differ well; every other pixel takes the nearest of them."""
    width, height, rows = pixels(png)
    counts = Counter(row[i : i + 3] for row in rows for i in range(0, len(row), 3))
    palette: list[bytes] = []
    for colour, _ in counts.most_common():
        if len(palette) < 256 and all(distance(colour, chosen) > NEAR for chosen in palette):
            palette.append(colour)
    place = {colour: number for number, colour in enumerate(palette)}
    for colour in counts:
        if colour not in place:
            place[colour] = min(range(len(palette)), key=lambda n: distance(palette[n], colour))
    lines = b"".join(b"\0" + bytes(place[row[i : i + 3]] for i in range(0, len(row), 3)) for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", header), (b"PLTE", b"".join(palette)), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, data) for name, data in parts)


def distance(one: bytes, other: bytes) -> int:
    """How far two colours are apart."""
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def chunk(name: bytes, data: bytes) -> bytes:
    """A PNG's chunk."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def pixels(png: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height and rows of red, green and blue of an 8-bit PNG without interlacing."""
    width, height, _, kind = struct.unpack(">IIBB", png[16:26])
    step = {2: 3, 6: 4}[kind]
    data, at = b"", 8
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        data += png[at + 8 : at + 8 + size] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += size + 12
    raw, stride, rows = zlib.decompress(data), width * step, []
    above = bytes(stride)
    for number in range(height):
        begin = number * (stride + 1)
        above = unfiltered(raw[begin], bytearray(raw[begin + 1 : begin + 1 + stride]), above, step)
        rows.append(above if step == 3 else b"".join(above[i : i + 3] for i in range(0, stride, 4)))
    return width, height, rows


def unfiltered(kind: int, row: bytearray, above: bytes, step: int) -> bytes:
    """A row as it was before PNG's filter."""
    for i in range(len(row)):
        left = row[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        row[i] = (row[i] + (0, left, above[i], (left + above[i]) // 2, paeth(left, above[i], corner))[kind]) & 255
    return bytes(row)


def paeth(left: int, above: int, corner: int) -> int:
    """The neighbour nearest to left + above - corner."""
    guess = left + above - corner
    return min((left, above, corner), key=lambda each: abs(guess - each))


if __name__ == "__main__":
    main()
