"""A figure as a PNG with a palette: a third of the bytes of full colour, and no slower.

A plan page has a few hundred colours and their blends along edges. The 255 most frequent ones (to
five bits a channel) and paper are kept exactly; each of the others becomes the nearest of them.
"""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import KDTree

from quarterhour.maps.canvas import DPI

# A text column is 156 mm wide: a third of 300 to the inch leaves some 270 to the inch there.
_SMALLER = 3
_SMALL_COLOURS = 128
_CODES = 1 << 15
_PAPER = 0xFFFFFFFF


def write_pixels(pixels: NDArray[np.uint8], path: Path) -> None:
    """Write opaque pixels (rows, columns, 4) as PNG."""
    index, palette = to_palette(pixels)
    height, width = index.shape
    picture = Image.frombytes("P", (width, height), index.tobytes())
    picture.putpalette(palette.tobytes())
    picture.save(path, format="png", compress_level=3, dpi=(DPI, DPI))


def write_small(pixels: NDArray[np.uint8], path: Path) -> None:
    """Write opaque pixels (rows, columns, 4) as a PNG of a third of the size, in few colours."""
    height, width, _ = pixels.shape
    picture = Image.frombuffer("RGBX", (width, height), pixels, "raw", "RGBX", 0, 1)
    small = picture.reduce(_SMALLER).convert("RGB")
    few = small.quantize(_SMALL_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(path, format="png")


def drawn_pixels(figure: Figure) -> NDArray[np.uint8]:
    """Draw a figure and return its pixels (rows, columns, 4)."""
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba(), np.uint8)


def to_palette(
    rgba: NDArray[np.uint8],
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return an opaque picture as indices (rows, columns) and at most 256 colours (n, 3).

    Paper is colour 0 and is set aside first: most of a page is paper.
    """
    height, width, _ = rgba.shape
    colour = np.ascontiguousarray(rgba).view("<u4").reshape(-1)
    inked = np.flatnonzero(colour != _PAPER)
    colour = colour[inked]
    code = ((colour >> 3 & 31) | (colour >> 6 & 992) | (colour >> 9 & 31744)).astype(np.uint16)
    count = np.bincount(code, minlength=_CODES)
    example = np.zeros(_CODES, np.uint32)
    example[code] = colour
    present = np.flatnonzero(count)
    kept = present[np.argsort(-count[present], kind="stable")[:255]]
    rgb = np.column_stack([example & 255, example >> 8 & 255, example >> 16 & 255])
    palette = np.vstack([[255, 255, 255], rgb[kept]])
    table = np.zeros(_CODES, np.uint8)
    if len(present):
        table[present] = KDTree(palette).query(rgb[present])[1]
    index = np.zeros(height * width, np.uint8)
    index[inked] = table[code]
    return index.reshape(height, width), palette.astype(np.uint8)
