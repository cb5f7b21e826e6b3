# Copyright (c) 2026 corosync.quorum contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every page of the collection has to be in a browser: it fits each screen, can be read, light and dark, and asks for nothing."""

import pathlib

PICTURES = pathlib.Path(__file__).resolve().parents[2] / ".cache/report"
WIDTHS = (1280, 760, 400, 320)
SCHEMES = ("light", "dark")

# Every text that is seen, with its contrast to what is behind it, as WCAG counts it: [text, contrast, size, bold]. What is behind a text in the
# chart is what of the chart is painted below its middle.
CONTRASTS = r"""
(() => {
  const channels = colour => colour.match(/[\d.]+/g).map(Number);
  const over = (top, below) => { const a = top.length > 3 ? top[3] : 1; return [0, 1, 2].map(i => top[i] * a + below[i] * (1 - a)); };
  const light = colour => { const [r, g, b] = colour.map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                            return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  const page = channels(getComputedStyle(document.body).backgroundColor);
  const behind = element => {
    const chain = [];
    for (let e = element; e; e = e.parentElement) chain.unshift(e);
    return chain.reduce((below, e) => e instanceof SVGElement ? below : over(channels(getComputedStyle(e).backgroundColor), below), page);
  };
  const inside = (shape, x, y) => {
    const matrix = shape.getScreenCTM().inverse(), point = new DOMPoint(x, y).matrixTransform(matrix);
    return shape.isPointInFill(point);
  };
  const painted = text => {
    const box = text.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2;
    let colour = behind(text);
    for (const shape of text.closest("svg").querySelectorAll("rect, circle, path.area, path.loss, text")) {
      if (shape === text) break;
      if (shape.tagName === "text" || !inside(shape, x, y)) continue;
      const style = getComputedStyle(shape), fill = channels(style.fill);
      colour = over([fill[0], fill[1], fill[2], (fill.length > 3 ? fill[3] : 1) * Number(style.fillOpacity)], colour);
    }
    return colour;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || !element.getClientRects().length || ["title", "desc", "style"].includes(element.tagName.toLowerCase())) continue;
    const style = getComputedStyle(element), svg = element instanceof SVGElement;
    const ink = over(channels(svg ? style.fill : style.color), svg ? painted(element) : behind(element));
    const ground = svg ? painted(element) : behind(element);
    found.push([node.textContent.trim().slice(0, 60), contrast(ink, ground), parseFloat(style.fontSize), style.fontWeight >= 600]);
  }
  return found;
})()
"""

# Elements that stick out of the window on the right
OUTSIDE = """
[...document.querySelectorAll("body *")].filter(e => e.getClientRects().length && e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
  .map(e => e.tagName + "." + (e.getAttribute("class") || ""))
"""


def as_files(folder, texts):
    """Pages as files, by name. texts: HTML by name."""
    files = {name: folder / (name + ".html") for name in texts}
    for name, path in files.items():
        path.write_text(texts[name], encoding="utf-8")
    PICTURES.mkdir(parents=True, exist_ok=True)
    return files


def readable_on_every_screen(browser, path, name):
    """Show the page on each screen and look at it; yields where it is shown, for further looks, before its picture is taken."""
    for width in WIDTHS:
        for scheme in SCHEMES:
            browser.show(path, width, scheme=scheme)
            where = f"{name}, {width} pixels, {scheme}"
            assert browser.ask("document.documentElement.scrollWidth") <= width, where
            assert browser.ask(OUTSIDE) == [], where
            pale = [text for text in browser.ask(CONTRASTS) if text[1] < (3 if text[2] >= 24 or text[2] >= 18.66 and text[3] else 4.5)]
            assert pale == [], where
            assert "<td" not in browser.ask("document.body.innerText"), where
            yield where
            if width in (1280, 400):
                browser.picture(PICTURES / f"{name}-{width}-{scheme}.png")


def requests(browser):
    """The addresses that the page shown has asked for, but for what it has in itself."""
    urls = [event["params"]["request"]["url"] for event in browser.events if event.get("method") == "Network.requestWillBeSent"]
    return [url for url in urls if not url.startswith("data:")]
