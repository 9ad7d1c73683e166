"""Simulated STM scans of Si(100): single ones, whose every condition is specified, and labelled sets of sessions.

See `evenhand.modalities.scanlines.simulator` for the physics: `surface` (lattice, steps, what a tip resolves),
`scanner` (drift, creep, hysteresis, feedback, noise), `session` (what scans of one day have in common) and
`raters`.
"""

from evenhand.modalities.scanlines.simulator.raters import BOXES
from evenhand.modalities.scanlines.simulator.scan_files import write_scan
from evenhand.modalities.scanlines.simulator.scanner import Scanner
from evenhand.modalities.scanlines.simulator.simulate import Scan, Setting, TipFrom, flattened, picture, simulate
from evenhand.modalities.scanlines.simulator.surface import Feature, Step, Surface, Tip
from evenhand.modalities.scanlines.simulator.write_scans import LabelledScan, labelled_scans, write_scans

__all__ = [
    "BOXES",
    "Feature",
    "LabelledScan",
    "Scan",
    "Scanner",
    "Setting",
    "Step",
    "Surface",
    "Tip",
    "TipFrom",
    "flattened",
    "labelled_scans",
    "picture",
    "simulate",
    "write_scan",
    "write_scans",
]
