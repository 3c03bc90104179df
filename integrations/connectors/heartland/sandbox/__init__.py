"""A Heartland that lives in one process: both API flavours over one state, with faults on demand."""

from __future__ import annotations
