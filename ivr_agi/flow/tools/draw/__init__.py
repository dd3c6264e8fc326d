"""Drawings of a flow: as Mermaid, and as SVG with a layout of its own."""
