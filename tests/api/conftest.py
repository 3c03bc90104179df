"""Two shops, and a program of the first."""

from __future__ import annotations

import pytest

from tests.api.world import Program, World, make_world


@pytest.fixture
def world(db: None) -> World:
    return make_world("Harbour Goods")


@pytest.fixture
def program(world: World) -> Program:
    return Program(world.token)
