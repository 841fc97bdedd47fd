"""What the benchmark sees in a real browser, on the real application with a desk of the tests' own."""

from benchmarks.desktop_browser import agent_page, drawn
from tests.browsing import NEEDS_BROWSER
from tests.desktop.fake_desk import ANNA, FakeDesk
from tests.desktop.serving import cookie_of, serving
from tests.helpers import run_async

pytestmark = NEEDS_BROWSER


@run_async
async def test_a_pop_is_seen_once_when_its_name_is_in_the_page() -> None:
    desk = FakeDesk()
    async with serving(desk) as server, agent_page(server.url, await cookie_of(server, ANNA)) as page:
        pop = desk.offer(ANNA)
        desk.tell(pop)
        await page.get_by_role("heading", name="Dana Okafor").wait_for()
        (one,) = await drawn(page)
    assert one.contact == pop.contact
    assert one.message_ms <= one.name_ms
