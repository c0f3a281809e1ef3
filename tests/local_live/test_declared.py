import pytest

from kiosk.core.spoken.identifiers import Shape
from kiosk.local_live.declared import read_tools


@pytest.mark.parametrize(
    ("schema", "shape"),
    [
        ({"pattern": r"^ORD-\d{5}$"}, Shape("ORD", "-", 5)),
        ({"pattern": r"^[0-9]{8}$"}, Shape("", "", 8)),
        ({"pattern": r"^[A-Z]{2}\d{6}$"}, Shape(mixed=True)),
        ({"examples": ["PK-773"]}, Shape("PK", "-", 3)),
        ({"example": "1Z999AA1"}, Shape(mixed=True)),
        ({"description": "ORD- and five digits, e.g. ORD-88421"}, Shape("ORD", "-", 5)),
        ({"description": "ORD- and five digits"}, Shape("ORD", "-", 5)),
        ({"description": "The 8-digit number on your card"}, Shape("", "", 8)),
        ({"description": "your number"}, Shape()),
    ],
)
def test_the_shape_of_a_number_is_read_out_of_its_declaration(
    schema: dict[str, object], shape: Shape
) -> None:
    properties = {"thing_id": {"type": "string", **schema}}
    (tool,) = read_tools([{"name": "t", "parameters": {"properties": properties}}])

    assert tool.parameters[0].shape == shape
