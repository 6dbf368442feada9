"""Recipes and stages, as the program's parameter table has them."""
from __future__ import annotations

import json
from typing import Any

from firstlight import _native


def recipes() -> dict[str, str]:
    """The built-in recipes: name and what each is for."""
    return _native.list_recipes()


def stage_list() -> list[dict[str, Any]]:
    """Every stage with its parameters: name, unit, meaning, range, choices, default."""
    return _native.list_stages()


def schema() -> dict[str, Any]:
    """A JSON Schema (2020-12) of recipes, as `firstlight schema` prints it."""
    return json.loads(_native.schema_json())
