import pytest
from django.contrib.messages import get_messages
from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.views")]


def test_each_answer_has_a_request_id_of_its_own(client: Client) -> None:
    ids = {client.get("/health")["X-Request-ID"] for _ in range(3)}

    assert len(ids) == 3


@pytest.mark.parametrize(
    ("given", "kept"), [("a1b2c3d4", True), ("short", False), ("with space 1", False), ("x" * 65, False)]
)
def test_a_well_formed_request_id_is_kept(given: str, kept: bool, client: Client) -> None:
    response = client.get("/health", headers={"X-Request-ID": given})

    assert (response["X-Request-ID"] == given) is kept


def test_static_files_are_compressed_and_asked_for_again_by_their_date(client: Client) -> None:
    gzip, css = {"Accept-Encoding": "gzip"}, "/static/css/base.css"

    answer = client.get(css, headers=gzip)
    again = client.get(css, headers=gzip | {"If-Modified-Since": answer["Last-Modified"]})
    some = client.get(css, headers=gzip | {"Range": "bytes=0-9"})

    assert (answer["Content-Encoding"], "ETag" in answer) == ("gzip", False)
    assert (again.status_code, b"".join(again.streaming_content)) == (304, b"")
    assert (some.status_code, "Content-Encoding" in some, len(b"".join(some.streaming_content))) == (206, False, 10)


@pytest.mark.parametrize("path", ["/join/%00/", "/drivers/?search=a%00", "/admin/login/?%00=1", "/nothing/%00"])
def test_a_nul_character_in_an_address_is_refused(path: str, client: Client) -> None:
    page = client.get(path)
    answer = client.get(f"/api{path}")

    assert (page.status_code, page.templates[0].name) == (400, "400.html")
    assert "Content-Security-Policy" in page
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_a_nul_character_in_a_cookie_is_refused(client: Client) -> None:
    response = client.get("/", headers={"Cookie": r'sessionid="aaaaaaaa\000"'})

    assert response.status_code == 400


def test_a_percent_sign_before_two_zeros_is_none(client: Client) -> None:
    assert client.get("/health?q=%2500").status_code == 200


def test_a_refused_read_shows_the_error_page(client: Client) -> None:
    response = client.get("/pages/rule")

    assert response.status_code == 409
    assert response.templates[0].name == "error.html"
    assert "The grid is full." in response.content.decode()


def test_a_refused_htmx_request_shows_the_notice_alone(client: Client) -> None:
    response = client.post("/pages/not-allowed", headers={"HX-Request": "true"})

    assert response.status_code == 403
    assert [template.name for template in response.templates] == ["_notice.html"]
    assert "This is not yours." in response.content.decode()
    assert (response["HX-Retarget"], response["HX-Reswap"]) == ("#messages", "innerHTML")


def test_a_refused_form_goes_back_to_its_page_with_the_message(client: Client) -> None:
    response = client.post("/pages/rule", headers={"Referer": "http://testserver/leagues/"})

    assert (response.status_code, response["Location"]) == (302, "http://testserver/leagues/")
    assert [str(message) for message in get_messages(response.wsgi_request)] == ["The grid is full."]


def test_a_word_for_the_page_it_came_from_names_no_view(client: Client) -> None:
    response = client.post("/pages/rule", headers={"Referer": "1"})

    assert (response.status_code, response["Location"]) == (302, "1")


@pytest.mark.parametrize("referer", ["", "https://elsewhere.example/leagues/"])
def test_a_refused_form_from_elsewhere_shows_the_error_page(referer: str, client: Client) -> None:
    response = client.post("/pages/rule", headers={"Referer": referer})

    assert response.status_code == 409


@pytest.mark.parametrize("htmx", [{}, {"HX-Request": "true"}])
@pytest.mark.parametrize("path", ["/pages/too-often", "/api/errors/too-often"])
def test_who_asked_too_often_is_told_when_to_come_back(path: str, htmx: dict[str, str], client: Client) -> None:
    response = client.get(path, headers=htmx)

    assert (response.status_code, response["Retry-After"]) == (429, "40")
    assert "Try again in 40 seconds." in response.content.decode()


def test_an_address_that_does_not_take_the_method_has_a_page(client: Client) -> None:
    response = client.get("/accounts/logout/")

    assert (response.status_code, response["Allow"]) == (405, "POST, OPTIONS")
    assert "Wrong way" in response.content.decode()


def test_other_errors_are_not_hidden(client: Client) -> None:
    with pytest.raises(RuntimeError, match="a bug"):
        client.get("/pages/bug")
