"""The settings of the product, with the connectors of the benchmarks beside ours.

For the processes a benchmark starts: DJANGO_SETTINGS_MODULE=tests.benchmarks.settings.
"""

from __future__ import annotations

from importlib import import_module

from tests.benchmarks.till import add_connectors

globals().update(
    {
        name: value
        for name, value in vars(import_module("clarity.settings")).items()
        if name.isupper()
    }
)
add_connectors()
