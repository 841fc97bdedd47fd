from tests.desktop.fake_desk import ANNA, SUSAN, FakeDesk
from tests.desktop.serving import calling, sign_in
from tests.helpers import run_async

PATH = "/api/v1/rules/in-force/files"


@run_async
async def test_the_rules_in_force_are_read_with_version_and_author() -> None:
    desk = FakeDesk()
    desk.rules.files = {"traffic-day.yaml": "t", "cases.yaml": "c", "20-queues.yaml": "q: 1\n# why\n", "10-a.yaml": "a"}
    async with calling(desk) as client:
        await sign_in(client, SUSAN)
        told = (await client.get(PATH)).json()
        assert (told["version"]["number"], told["version"]["author"]) == (1, "(file)")
        assert [(it["name"], it["kind"]) for it in told["files"]] == [
            ("10-a.yaml", "rules"),
            ("20-queues.yaml", "rules"),
            ("cases.yaml", "cases"),
            ("traffic-day.yaml", "traffic"),
        ]
        assert told["files"][1]["text"] == "q: 1\n# why\n"
        desk.rules.files = None
        assert (await client.get(PATH)).status_code == 409
        await sign_in(client, ANNA)
        assert (await client.get(PATH)).status_code == 403
