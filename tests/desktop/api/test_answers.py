from callcenter.desktop.api.answers import Refusal, json_body, responses


def test_a_refusal_may_say_more_than_two_sentences() -> None:
    told = Refusal.model_validate({"error": "No.", "remedy": "Yes.", "newer": [1]})
    assert told.model_dump() == {"error": "No.", "remedy": "Yes.", "newer": [1]}


def test_what_a_route_adds_to_its_schema() -> None:
    assert responses(404, 409) == {404: {"model": Refusal}, 409: {"model": Refusal}}
    body = json_body(Refusal)["requestBody"]
    assert body["required"] is True
    assert body["content"]["application/json"]["schema"]["title"] == "Refusal"
