"""An admin at the administration and in the contact log, in a real browser, on a server that records every order."""

import asyncio

from playwright.async_api import Route, expect

from tests.browsing import NEEDS_BROWSER
from tests.desktop.test_web_access import violations
from tests.desktop.web_admin_scenes import administrator, letter
from tests.desktop.web_pages import showing
from tests.helpers import run_async

pytestmark = NEEDS_BROWSER


@run_async
async def test_a_person_is_changed_from_the_version_that_was_looked_at() -> None:
    async with showing("admin", "/admin") as (page, fake):
        people = page.get_by_role("table", name="People")
        await page.get_by_label("Find somebody").fill("boris")
        await expect(people.locator("tbody tr")).to_have_count(1)
        await page.get_by_role("button", name="Change Boris Novak").click()
        panel = page.get_by_role("dialog", name="Change Boris Novak")
        await panel.get_by_label("Skills").fill("german")
        await expect(panel.get_by_text("Write a name and a level")).to_be_visible()
        await expect(panel.get_by_role("button", name="Save")).to_be_disabled()
        await panel.get_by_label("Skills").fill("german 7, sales 3")
        await panel.get_by_label("Supervisor").check()
        await panel.get_by_label("Billing", exact=True).uncheck()
        await panel.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Saved, and in force now.")).to_be_visible()
    changed = {
        "name": "Boris Novak",
        "roles": ["agent", "supervisor"],
        "queue_groups": [],
        "device": "PJSIP/boris",
        "skills": {"german": 7, "sales": 3},
        "queues": {"sales": 1},
        "password": None,
        "based_on": 12,
    }
    assert fake.orders == [("staff/people/boris", changed)]


@run_async
async def test_a_refused_change_is_explained_and_what_was_typed_stays() -> None:
    refusals = {"staff/people/gina": (409, "susan has changed gina meanwhile.", "Look at what is there now.")}
    async with showing("admin", "/admin", refusals=refusals) as (page, _):
        await page.get_by_role("button", name="Add somebody").click()
        panel = page.get_by_role("dialog", name="Add somebody")
        await panel.get_by_label("Id").fill("gina")
        await panel.get_by_label("Name", exact=True).fill("Gina Rossi")
        await panel.get_by_role("button", name="Save").click()
        await expect(panel.get_by_role("alert")).to_contain_text("susan has changed gina meanwhile.")
        await expect(panel.get_by_label("Name", exact=True)).to_have_value("Gina Rossi")


@run_async
async def test_a_table_is_tried_before_it_is_imported() -> None:
    async with showing("admin", "/admin/import") as (page, fake):
        table = {"name": "agents.csv", "mimeType": "text/csv", "buffer": b"id,name\nanna,Anna\n"}
        await page.get_by_label("CSV file").set_input_files(table)  # type: ignore[arg-type]
        await expect(page.get_by_role("main").get_by_role("status")).to_contain_text(
            "Would add 1, change 1 and remove 0."
        )
        rows = page.get_by_role("table", name="Changes").locator("tbody tr")
        await expect(rows.first).to_contain_text("skills sales 7 →")
        await page.get_by_label("Remove whoever is not in the table").check()
        await page.get_by_role("button", name="Import", exact=True).click()
        await page.wait_for_function("() => !document.querySelector('[aria-busy]')")
    paths = [path for path, _ in fake.orders]
    assert paths == ["staff/import"] * 3
    assert fake.queries == [
        {"dry_run": "true", "prune": "false"},
        {"dry_run": "true", "prune": "true"},
        {"dry_run": "false", "prune": "true", "based_on": "12"},
    ]
    assert fake.orders[0][1] == "id,name\nanna,Anna\n"


@run_async
async def test_a_value_in_use_cannot_be_removed_and_one_is_added() -> None:
    async with showing("admin", "/admin/lists") as (page, fake):
        skills = page.get_by_role("region", name="Skills")
        await expect(skills.get_by_role("button", name="Remove german")).to_be_disabled()
        await expect(skills).to_contain_text("used by")
        await skills.get_by_role("button", name="Remove retention").click()
        await expect(page.get_by_text("Saved, and in force now.").first).to_be_visible()
        await skills.get_by_label("Another one").fill("dutch")
        await skills.get_by_role("button", name="Add", exact=True).click()
        await expect(skills.get_by_label("Another one")).to_have_value("")
    assert fake.orders == [
        ("staff/lists/skills", {"values": ["german", "sales"], "based_on": 4}),
        ("staff/lists/skills", {"values": ["german", "sales", "retention", "dutch"], "based_on": 4}),
    ]


@run_async
async def test_the_rules_in_force_are_read_with_version_author_and_line_numbers() -> None:
    async with showing("admin", "/admin/rules") as (page, _):
        rules = page.get_by_role("region", name="Rules in force")
        for words in ("12", "susan", "two new starters", "when: customer.tier == 'platinum'"):
            await expect(rules).to_contain_text(words)
        await rules.get_by_role("tab", name="cases.yaml").click()
        await expect(rules.get_by_role("list", name="Text of the file")).to_have_text("cases: []")
        await expect(page.get_by_role("region", name="Versions")).to_contain_text("holiday hours")


@run_async
async def test_a_token_is_shown_once_and_revoked_after_a_question() -> None:
    async with showing("admin", "/admin/tokens") as (page, fake):
        fake.answers["tokens"] = {**fake.answers["tokens"], "secret": "cc_once"}
        await page.get_by_label("Name").fill("reports")
        await page.get_by_label("See contacts").check()
        await page.get_by_role("button", name="Make the token").click()
        await expect(page.get_by_text("cc_once")).to_be_visible()
        await page.get_by_role("button", name="Revoke").click()
        await page.get_by_role("dialog", name="Revoke wallboard?").get_by_role("button", name="Revoke").click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.wait_for_function("() => !document.querySelector('[aria-busy]')")
    assert fake.orders == [
        ("tokens", {"name": "reports", "scopes": ["see_contacts"], "expires_in_days": 90}),
        ("tokens/0a1b", None),
    ]


@run_async
async def test_a_webhook_is_made_changed_and_removed_after_a_question_by_keyboard_alone() -> None:
    async with showing("admin", "/admin/webhooks") as (page, fake):
        fake.answers["webhooks"] = {**fake.answers["webhooks"], "secret": "whs_once"}
        make = page.get_by_role("button", name="Make the webhook")
        await expect(make).to_be_disabled()
        await page.get_by_label("Address").focus()
        await page.keyboard.type("https://new.example.org/hook")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Space")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("whs_once")).to_be_visible()
        await expect(page.get_by_label("Address")).to_have_value("")
        row = page.get_by_role("table", name="Webhooks").locator("tbody tr").first
        await row.get_by_role("button", name="Change").press("Enter")
        panel = page.get_by_role("dialog", name="Change https://crm.example.org/callcenter")
        await expect(panel.get_by_label("Address")).to_be_focused()
        await panel.get_by_label("Contact ended").press("Space")
        await panel.get_by_label("Queue opened or closed").press("Space")
        await panel.get_by_label("Address").press("Enter")
        await expect(panel).to_have_count(0)
        await expect(row.get_by_role("button", name="Change")).to_be_focused()
        await row.get_by_role("button", name="Remove").press("Enter")
        question = page.get_by_role("dialog", name="Remove https://crm.example.org/callcenter?")
        await question.get_by_role("button", name="Remove").press("Enter")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.wait_for_function("() => !document.querySelector('[aria-busy]')")
    assert fake.orders == [
        ("webhooks", {"url": "https://new.example.org/hook", "events": ["contact.arrived"]}),
        ("webhooks/5f0c", {"url": "https://crm.example.org/callcenter", "events": ["contact.arrived", "queue.state"]}),
        ("webhooks/5f0c", None),
    ]


@run_async
async def test_how_it_goes_with_a_webhook_and_what_it_did_not_take() -> None:
    async with showing("admin", "/admin/webhooks") as (page, fake):
        well, broken = (page.get_by_role("table", name="Webhooks").locator("tbody tr").nth(n) for n in (0, 1))
        for words in ("Contact arrived, Contact ended", "1,204 delivered", "0 waiting", "adam"):
            await expect(well).to_contain_text(words)
        for words in ("41 waiting", "17 failed attempts", "2 given up", "it answered with 503"):
            await expect(broken).to_contain_text(words)
        await broken.get_by_role("button", name="Not delivered").click()
        panel = page.get_by_role("dialog", name="Not delivered to https://warehouse")
        letters = panel.get_by_role("list", name="Not delivered").get_by_role("listitem")
        await expect(letters).to_have_count(2)
        await expect(letters.first).to_contain_text("8 attempts: it answered with 503")
        await letters.first.get_by_text("What was sent").click()
        await expect(letters.first).to_contain_text('"contact": "main-147"')
        assert [one for one in await violations(page) if "(serious)" in one or "(critical)" in one] == []
        fake.answers["webhooks/77aa/dead-letters"] = {"letters": [letter(7)], "next": None}
        await panel.get_by_role("button", name="Show older ones").click()
        await expect(letters).to_have_count(3)
        await page.keyboard.press("Escape")
        await well.get_by_role("button", name="Not delivered").click()
        await expect(page.get_by_text("It has taken everything")).to_be_visible()
    assert ("webhooks/77aa/dead-letters", {"cursor": "8"}) in fake.asked


@run_async
async def test_a_test_is_sent_and_what_came_of_it_is_said_at_its_webhook() -> None:
    async with showing("admin", "/admin/webhooks") as (page, fake):
        fake.answers["webhooks/5f0c/test"] = {"taken": True, "error": None}
        fake.answers["webhooks/77aa/test"] = {"taken": False, "error": "it answered with 503"}
        well, broken = (page.get_by_role("table", name="Webhooks").locator("tbody tr").nth(n) for n in (0, 1))
        await expect(well.get_by_role("status")).to_have_text("")
        await well.get_by_role("button", name="Send a test").press("Enter")
        await expect(well.get_by_role("status")).to_have_text("The test was delivered.")
        await expect(broken.get_by_role("status")).to_have_text("")
        await broken.get_by_role("button", name="Send a test").press("Enter")
        await expect(broken.get_by_role("status")).to_have_text("The test was not delivered: it answered with 503")
        await expect(broken.get_by_role("button", name="Send a test")).to_be_focused()
        fake.refusals["webhooks/5f0c/test"] = (503, "That could not be taken now.", "Try again in a few seconds.")
        await well.get_by_role("button", name="Send a test").press("Enter")
        await expect(well.get_by_role("alert").first).to_contain_text("That could not be taken now.")
        await expect(well.get_by_role("status")).to_have_text("")
    assert [path for path, _ in fake.orders] == ["webhooks/5f0c/test", "webhooks/77aa/test", "webhooks/5f0c/test"]


@run_async
async def test_dead_letters_are_sent_again_one_by_one_by_keyboard() -> None:
    async with showing("admin", "/admin/webhooks") as (page, fake):
        address = "webhooks/77aa/dead-letters"
        fake.answers[address] = {"letters": [letter(9), letter(8)], "next": None}
        fake.answers[f"{address}/9/send"] = {"taken": False, "error": "it answered with 500"}
        fake.refusals[f"{address}/8/send"] = (404, "There is no dead letter 8 of this webhook.", "GET lists them.")
        await page.get_by_role("button", name="Not delivered").nth(1).press("Enter")
        panel = page.get_by_role("dialog", name="Not delivered to https://warehouse")
        letters = panel.get_by_role("list", name="Not delivered").get_by_role("listitem")
        again = panel.get_by_role("button", name="Send again")
        await again.first.press("Enter")
        await expect(panel.get_by_role("status")).to_have_text("Not delivered: it answered with 500")
        await expect(letters.first).to_contain_text("9 attempts: it answered with 500")
        await expect(again.first).to_be_focused()
        await again.nth(1).press("Enter")  # another admin has sent it meanwhile
        await expect(letters).to_have_count(1)
        await expect(panel.get_by_role("status")).to_have_text("0 delivered.")
        await expect(again).to_be_focused()
        fake.answers[f"{address}/9/send"] = {"taken": True, "error": None}
        await page.keyboard.press("Enter")
        await expect(panel.get_by_role("status")).to_have_text("1 delivered.")
        await expect(panel.get_by_role("status")).to_be_focused()
        await expect(panel.get_by_text("It has taken everything")).to_be_visible()
        looked = len([path for path, _ in fake.asked if path == "webhooks"])
        await page.keyboard.press("Escape")
        await expect(panel).to_have_count(0)
        await page.wait_for_load_state("networkidle")
    assert [path for path, _ in fake.orders] == [f"{address}/{number}/send" for number in (9, 8, 9)]
    assert len([path for path, _ in fake.asked if path == "webhooks"]) == looked + 1, "what was sent is counted"


@run_async
async def test_all_dead_letters_are_sent_again_the_oldest_first_until_one_is_not_taken() -> None:
    async with showing("admin", "/admin/webhooks") as (page, fake):
        address = "webhooks/77aa/dead-letters"
        sent = {f"{address}/{number}/send": {"taken": True, "error": None} for number in (6, 7, 8, 9)}
        fake.answers |= {**sent, f"{address}/8/send": {"taken": False, "error": "it answered with 503"}}
        await page.get_by_role("button", name="Not delivered").nth(1).press("Enter")
        panel = page.get_by_role("dialog", name="Not delivered to https://warehouse")
        letters = panel.get_by_role("list", name="Not delivered").get_by_role("listitem")
        every = panel.get_by_role("button", name="Send all again")
        await expect(letters).to_have_count(2)
        fake.answers[address] = {"letters": [letter(7), letter(6)], "next": None}  # the older ones
        await every.press("Enter")
        await expect(panel.get_by_role("status")).to_have_text("2 delivered. Not delivered: it answered with 503")
        await expect(letters).to_have_count(2)
        await expect(letters.last).to_contain_text("9 attempts")
        await expect(letters.first).to_contain_text("8 attempts")
        await expect(every).to_be_focused()
        assert [one for one in await violations(page) if "(serious)" in one or "(critical)" in one] == []
        fake.answers |= sent
        await page.keyboard.press("Enter")
        await expect(panel.get_by_role("status")).to_have_text("2 delivered.")
        await expect(panel.get_by_role("status")).to_be_focused()
    assert [path for path, _ in fake.orders] == [f"{address}/{number}/send" for number in (6, 7, 8, 8, 9)]


@run_async
async def test_who_closes_the_panel_stops_sending() -> None:
    async with showing("admin", "/admin/webhooks") as (page, fake):
        fake.answers["webhooks/77aa/dead-letters"] = {"letters": [letter(9), letter(8)], "next": None}
        held: asyncio.Future[Route] = asyncio.get_running_loop().create_future()

        async def hold(route: Route) -> None:
            held.set_result(route)

        await page.route("**/dead-letters/8/send", hold)
        await page.get_by_role("button", name="Not delivered").nth(1).click()
        await page.get_by_role("button", name="Send all again").click()
        first = await held
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await first.fulfill(json={"taken": True, "error": None})
        await page.wait_for_load_state("networkidle")  # longer than the pause between two
    assert fake.orders == []


@run_async
async def test_a_refused_webhook_is_explained_and_what_was_typed_stays() -> None:
    words = "This URL cannot be told: 10.0.0.1 is not public."
    refusals = {"webhooks/77aa": (422, words, "Use one that may be.")}
    async with showing("admin", "/admin/webhooks", refusals=refusals) as (page, _):
        await page.get_by_role("button", name="Change").nth(1).click()
        panel = page.get_by_role("dialog")
        await panel.get_by_label("Address").fill("https://10.0.0.1/")
        await panel.get_by_role("button", name="Save").click()
        await expect(panel.get_by_role("alert")).to_contain_text(words)
        await expect(panel.get_by_label("Address")).to_have_value("https://10.0.0.1/")


@run_async
async def test_who_may_not_manage_webhooks_has_no_such_room() -> None:
    me = administrator()
    me["permissions"].remove("manage_webhooks")
    async with showing("admin", "/admin/webhooks", me=me) as (page, fake):
        await expect(page.get_by_role("table", name="People")).to_be_visible()
        await expect(page.get_by_role("link", name="Webhooks")).to_have_count(0)
    assert not [path for path, _ in fake.asked if path.startswith("webhooks")]


@run_async
async def test_the_audit_log_tells_who_what_before_and_after() -> None:
    async with showing("admin", "/admin/audit") as (page, _):
        row = page.get_by_role("table", name="Audit log").locator("tbody tr")
        await expect(row).to_contain_text("set_queue_state")
        await row.get_by_text("Before and after").click()
        await expect(row).to_contain_text('"state": "closed"')
        await page.get_by_role("button", name="Show older ones").click()
        await expect(row).to_have_count(2)


@run_async
async def test_who_may_not_administer_is_told_so() -> None:
    async with showing("ready", "/admin") as (page, _):
        await expect(page.get_by_role("heading", name="This page is not for you")).to_be_visible()


@run_async
async def test_a_contacts_story_is_read_in_order_and_a_note_is_written() -> None:
    async with showing("floor", "/contacts") as (page, fake):
        await page.get_by_label("Queue").fill("sales")
        await page.get_by_label("Outcome").select_option("answered")
        await page.get_by_role("button", name="Look", exact=True).click()
        await page.get_by_role("link", name="+12025550147").click()
        line = page.get_by_role("region", name="What happened").get_by_role("listitem")
        order = ["Routed", "Waited", "Priority set", "Offered", "Offered", "Talked", "Wrap-up", "Note by anna"]
        for number, words in enumerate(order):
            await expect(line.nth(number)).to_contain_text(words)
        await expect(line.nth(3)).to_contain_text("not answered in time")
        await page.get_by_role("textbox", name="Note").fill("Called back.")
        await page.get_by_role("button", name="Keep the note").click()
        await expect(page.get_by_role("textbox", name="Note")).to_have_value("")
        await page.get_by_role("button", name="Back").click()
        await expect(page.get_by_label("Queue")).to_have_value("sales")
    assert fake.orders == [("contacts/main-147/notes", {"text": "Called back."})]
    asked = [query for path, query in fake.asked if path == "contacts"]
    assert {"queue": "sales", "outcome": "answered", "limit": "50"} in asked
