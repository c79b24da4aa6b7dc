"""The drawing of a driver's places."""

from dataclasses import dataclass

from races.charts import form_line


@dataclass
class Start:
    position: int


def test_form_line_goes_from_left_to_right_with_the_first_place_on_top():
    line = form_line([Start(1), Start(22)])

    assert line.points == "25,6 75,94"


def test_form_line_keeps_places_behind_the_last_one_in_the_box():
    assert form_line([Start(30)]).points == form_line([Start(22)]).points


def test_form_line_of_nobody_is_empty():
    assert form_line([]).points == ""
