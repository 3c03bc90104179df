"""The attributes a shop has from the start, and the options of those that are chosen from a list."""

from __future__ import annotations

from integrations.connectors.magento.sandbox.records import Attribute, AttributeOption

# Id, code, label, kind, whether one value holds for all stores, whether the merchant made it.
_STANDARD = (
    (73, "name", "Product Name", "text", False, False),
    (74, "sku", "SKU", "text", True, False),
    (75, "description", "Description", "textarea", False, False),
    (76, "short_description", "Short Description", "textarea", False, False),
    (77, "price", "Price", "price", True, False),
    (78, "special_price", "Special Price", "price", True, False),
    (79, "special_from_date", "Special Price From Date", "date", True, False),
    (80, "special_to_date", "Special Price To Date", "date", True, False),
    (81, "cost", "Cost", "price", True, False),
    (82, "weight", "Weight", "weight", True, False),
    (83, "manufacturer", "Manufacturer", "select", True, False),
    (84, "meta_title", "Meta Title", "text", False, False),
    (85, "meta_keyword", "Meta Keywords", "textarea", False, False),
    (86, "meta_description", "Meta Description", "textarea", False, False),
    (87, "image", "Base", "media_image", False, False),
    (88, "small_image", "Small", "media_image", False, False),
    (89, "thumbnail", "Thumbnail", "media_image", False, False),
    (93, "color", "Color", "select", True, True),
    (97, "status", "Enable Product", "select", False, False),
    (99, "visibility", "Visibility", "select", False, False),
    (104, "category_ids", "Categories", "text", True, False),
    (106, "options_container", "Display Product Options In", "select", False, False),
    (113, "required_options", "Has Required Options", "text", True, False),
    (114, "has_options", "Has Options", "text", True, False),
    (119, "url_key", "URL Key", "text", False, False),
    (133, "tax_class_id", "Tax Class", "select", False, False),
    (142, "size", "Size", "select", True, True),
    (143, "barcode", "Barcode", "text", True, True),
)
_COLOURS = ("Black", "Grey", "Red", "Navy", "Olive")
_SIZES = ("S", "M", "L", "XL")


def standard() -> list[Attribute]:
    """New ones, with the colours and sizes of the shared catalogue."""
    made = [
        Attribute(number, code, label, kind, is_global=is_global, is_own=is_own)
        for number, code, label, kind, is_global, is_own in _STANDARD
    ]
    for attribute in made:
        if attribute.code == "color":
            attribute.options = _options(49, _COLOURS)
        elif attribute.code == "size":
            attribute.options = _options(166, _SIZES)
        elif attribute.code == "tax_class_id":
            attribute.options = [AttributeOption(0, "None"), AttributeOption(2, "Taxable Goods")]
        elif attribute.code == "status":
            attribute.options = [AttributeOption(1, "Enabled"), AttributeOption(2, "Disabled")]
    return made


def _options(first: int, labels: tuple[str, ...]) -> list[AttributeOption]:
    return [AttributeOption(first + place, label, place) for place, label in enumerate(labels)]


def option_of(attribute: Attribute, label: str) -> int:
    """The id of the option with this label. Raises LookupError."""
    for option in attribute.options:
        if option.label == label:
            return option.id
    raise LookupError(f"{attribute.code} has no option {label}")
