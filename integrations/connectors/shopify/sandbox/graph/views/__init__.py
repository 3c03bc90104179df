"""Records as GraphQL shows them: dictionaries by field name. A function as a value is called with
the request and the field's arguments, so that links and costly fields are made only when asked."""

from __future__ import annotations
