"""A drawing as a small SVG by ezdxf's drawing add-on, or by its strokes where that is too much.

The add-on knows dashed lines, widths, filled arrows and the outlines of letters. It needs fonts, and minutes for a
large drawing: our own strokes show those.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ezdxf.addons.drawing import layout
from ezdxf.addons.drawing.config import (
    BackgroundPolicy,
    ColorPolicy,
    Configuration,
    HatchPolicy,
    ImagePolicy,
    LineweightPolicy,
    ProxyGraphicPolicy,
    TextPolicy,
)
from ezdxf.addons.drawing.frontend import Frontend
from ezdxf.addons.drawing.properties import RenderContext
from ezdxf.addons.drawing.svg import SVGBackend
from ezdxf.math import BoundingBox2d

from evenhand.base.errors import DataError
from evenhand.modalities.drawings.picture import INK, PAPER, picture, width_of
from evenhand.modalities.drawings.reading.encode import layout_of, read_curves, without_collection
from evenhand.modalities.drawings.reading.letters import wide_font
from evenhand.modalities.drawings.reading.primitives import Box, primitives, unit_box
from evenhand.modalities.drawings.reading.surroundings import surroundings

MOST_PRIMITIVES = 1500
"""Of a larger drawing, strokes are shown, and of these so many, the longest."""
MOST_BYTES = 120_000
"""A report has dozens of pictures."""
_SPACE = 4000
_CONFIGURATION = Configuration(
    hatch_policy=HatchPolicy.SHOW_OUTLINE,  # dense patterns take half a minute each
    text_policy=TextPolicy.FILLING,  # outlines of letters: no words that could be markup
    image_policy=ImagePolicy.IGNORE,  # no files are opened, whatever the drawing names
    proxy_graphic_policy=ProxyGraphicPolicy.SHOW,
    color_policy=ColorPolicy.CUSTOM,
    custom_fg_color=INK,
    background_policy=BackgroundPolicy.CUSTOM,
    custom_bg_color=PAPER,
    lineweight_policy=LineweightPolicy.RELATIVE_FIXED,
    hatching_timeout=1.0,
)


def draw_file(source: str, target: str, side: int) -> None:
    """Write an SVG of the drawing in one file into another; called in an isolated process.

    Raises
    ------
    DataError
        If there is nothing to draw.
    """
    with without_collection():
        svg = draw(Path(source).read_bytes(), side)
    Path(target).write_text(svg, encoding="utf-8")


def draw(raw: bytes, side: int) -> str:
    """Return an SVG of `side` px of a drawing, dark on light."""
    opened, exploded, _ = read_curves(raw, 20 * MOST_PRIMITIVES)
    found = primitives(exploded.curves)
    if not len(found):
        raise DataError("holds nothing that can be drawn")
    scaled, box = unit_box(found)
    if len(found) <= MOST_PRIMITIVES and not exploded.cut:
        try:
            svg = _by_ezdxf(opened.document, box, side)
            if len(svg) <= MOST_BYTES:
                return svg
        except MemoryError:
            raise
        except Exception:  # whatever the add-on does not foresee: the strokes are there
            pass
    if len(scaled) > MOST_PRIMITIVES:
        scaled = scaled.take((-scaled.lengths).argsort(kind="stable")[:MOST_PRIMITIVES])
    return picture(scaled.strokes, side)


def _by_ezdxf(document: Any, box: Box, side: int) -> str:
    backend = SVGBackend()
    context = RenderContext(document)
    entities, _ = layout_of(document)
    face = wide_font(surroundings(document, entities).texts)
    if face is not None:  # it has Latin letters too
        context.fonts.update(dict.fromkeys(context.fonts, face))
    frontend = Frontend(context, backend, _CONFIGURATION)
    frontend.set_background(PAPER)
    frontend.draw_entities(entities)
    page = layout.Page(100, 100, layout.Units.mm, layout.Margins.all(4))
    settings = layout.Settings(output_coordinate_space=_SPACE, crop_at_margins=box.far > 0)
    # Letters reach beyond the strokes that a model reads: the box is the add-on's where nothing is far away.
    view = _corners(box) if box.far > 0 else None
    root = backend.get_xml_root_element(page, settings=settings, render_box=view)
    root.set("width", str(side))
    root.set("height", str(side))
    # Lines of one width on the screen, however large the drawing and the picture are.
    style = ElementTree.SubElement(root, "style")
    style.text = f"*{{vector-effect: non-scaling-stroke; stroke-width: {width_of(side)}px !important}}"
    return ElementTree.tostring(root, encoding="unicode")


def _corners(box: Box) -> BoundingBox2d:
    (x, y), half = box.centre, 0.5 * box.extent
    return BoundingBox2d([(x - half, y - half), (x + half, y + half)])
