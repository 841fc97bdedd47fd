"""What the agent's page makes of what the server says: offers, the call, the wrap-up, messages, missed offers."""

import asyncio
import re

import pytest
from playwright.async_api import Page, expect

from tests.browsing import NEEDS_BROWSER
from tests.desktop import web_scenes
from tests.desktop.serving import DEADLINE_S, until
from tests.desktop.test_web_access import overflow, violations
from tests.desktop.web_fake import WebFake, now_ms
from tests.desktop.web_pages import NARROW, Look, showing
from tests.helpers import run_async

pytestmark = NEEDS_BROWSER


async def order(fake: WebFake, path: str) -> object:
    """The body of the next order to this path."""
    await until(lambda: any(asked == path for asked, _ in fake.orders))
    index = next(index for index, (asked, _) in enumerate(fake.orders) if asked == path)
    return fake.orders.pop(index)[1]


async def becomes(page: Page, condition: str) -> None:
    """Wait until a condition holds in the page; its policy forbids Playwright's own way to evaluate one."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            if await page.evaluate(condition):
                return
            await asyncio.sleep(0.02)


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


@run_async
async def test_an_offer_is_accepted_from_the_page_where_the_phone_can() -> None:
    async with showing("offer") as (page, fake):
        await expect(page.get_by_role("button", name="Accept")).to_be_visible()
        times = page.locator(".contact-times")
        await expect(times).to_contain_text(re.compile(r"Waiting for\s*\d:\d\d\s*Rings for\s*0:\d\d"))
        fake.refusals["calls/accept"] = (409, "The offer has ended.", "Wait for the next one.")
        await page.keyboard.press("a")
        refused = page.locator(".contact-head").get_by_role("alert")
        await expect(refused).to_contain_text("The offer has ended. Wait for the next one.")
        assert await order(fake, "calls/accept") == {"offer": "offer-1"}
        fake.refusals.clear()
        await press(page, "Accept")
        await expect(refused).to_be_hidden()
        await fake.set({"pop": {**fake.entries["pop"], "accept": False}})
        await expect(page.get_by_text("Pick up your phone to answer.")).to_be_visible()
        await expect(page.get_by_role("button", name="Accept")).to_be_hidden()


@run_async
async def test_an_offer_is_announced_to_who_looks_elsewhere_and_rings() -> None:
    """What the browser is told is written down: a notification, and tones while the phone rings."""
    record = """
        window.told = []; window.tones = 0;
        document.hasFocus = () => false;
        window.Notification = class {
            static permission = "granted";
            constructor(title, options) { window.told.push([title, options.body]); }
            close() { window.told.push("closed"); }
        };
        const create = AudioContext.prototype.createOscillator;
        AudioContext.prototype.createOscillator = function () { window.tones += 1; return create.call(this); };
    """
    async with showing("ready") as (page, fake):
        await page.add_init_script(record)
        await page.reload()
        await page.get_by_role(
            "button", name="Mute the ring"
        ).click()  # the browser lets who has clicked hear something
        await page.get_by_role("button", name="Unmute the ring").click()
        await fake.set(web_scenes.offer(now_ms())["entries"])
        await becomes(page, "window.told.length === 1 && window.tones >= 4")
        [[title, body]] = await page.evaluate("window.told")
        assert title == "Dana Okafor"
        assert body.startswith("Gold caller: Dana Okafor. Queue Sales.")
        await fake.set(web_scenes.talking(now_ms())["entries"])
        await becomes(page, "window.told.at(-1) === 'closed'")
        await page.keyboard.press("m")
        await expect(page.get_by_role("slider", name="Volume of the ring")).to_be_disabled()
        await page.reload()
        await expect(page.get_by_role("slider", name="Volume of the ring")).to_be_disabled()


@run_async
async def test_hold_and_hang_up_follow_the_call() -> None:
    async with showing("talk") as (page, fake):
        await press(page, "Hold")
        assert await order(fake, "calls/hold") == {"contact": "contact-1", "hold": True}
        await fake.set({"talk": web_scenes.talk(now_ms(), on_hold=True, held_since_ms=now_ms() - 5_000)})
        await expect(page.locator(".contact-times")).to_contain_text("On hold for")
        await page.keyboard.press("h")
        assert await order(fake, "calls/hold") == {"contact": "contact-1", "hold": False}
        await page.keyboard.press("e")
        assert await order(fake, "calls/hang-up") == {"contact": "contact-1"}


@run_async
async def test_resume_may_be_asked_for_before_hold_is_answered() -> None:
    async with showing("talk") as (page, fake):
        fake.gate = asyncio.Event()
        await press(page, "Hold")
        assert await order(fake, "calls/hold") == {"contact": "contact-1", "hold": True}
        await page.keyboard.press("h")  # once more by mistake: it is the same
        await fake.set({"talk": web_scenes.talk(now_ms(), on_hold=True, held_since_ms=now_ms() - 5_000)})
        await press(page, "Back from hold")
        fake.gate.set()
        assert await order(fake, "calls/hold") == {"contact": "contact-1", "hold": False}
        await expect(page.get_by_role("button", name="Back from hold")).not_to_have_attribute("aria-busy", "true")
        assert fake.orders == []


@run_async
async def test_a_call_is_transferred_by_keyboard_with_the_notes_so_far() -> None:
    async with showing("talk") as (page, fake):
        await page.get_by_label("Your notes").fill("Wants 25 seats.")
        await page.keyboard.press("Alt+t")
        search = page.get_by_role("combobox", name="Transfer to")
        await expect(search).to_be_focused()
        await expect(page.get_by_role("option", name="Complaints")).to_have_attribute("aria-disabled", "true")
        await expect(page.get_by_role("option", name="陈丽")).to_have_attribute("aria-disabled", "true")
        await page.keyboard.type("bor")
        await expect(page.get_by_role("option")).to_have_count(1)
        await page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="Transfer")
        await expect(dialog.get_by_role("button", name="Transfer now")).to_be_focused()
        await expect(dialog.get_by_label("Notes for whom it goes to")).to_have_value("Wants 25 seats.")
        fake.refusals["calls/transfer"] = (409, "Boris Novak talks.", "Ask somebody else.")
        await page.keyboard.press("Enter")
        await expect(dialog.get_by_role("alert").filter(has_text="Boris Novak talks.")).to_be_visible()
        fake.refusals.clear()
        fake.orders.clear()
        await press(page, "Transfer now")
        body = await order(fake, "calls/transfer")
        assert body == {"contact": "contact-1", "to": {"agent": "boris"}, "notes": "Wants 25 seats."}
        await expect(dialog).to_be_hidden()


@run_async
async def test_a_queue_or_any_number_is_consulted_handed_over_or_joined() -> None:
    async with showing("talk") as (page, fake):
        await press(page, "Transfer")
        await page.get_by_role("combobox").fill("+49 30 123-45")
        await page.get_by_role("option", name="+493012345").last.click()
        await press(page, "Ask first")
        assert await order(fake, "calls/consult") == {"contact": "contact-1", "to": {"number": "+493012345"}}
        consult = {"to": {"agent": "boris"}, "state": "ringing", "words": None, "since_ms": now_ms()}
        held = web_scenes.talk(now_ms(), on_hold=True, held_since_ms=now_ms())
        await fake.set({"talk": {**held, "consult": consult}})
        await expect(page.get_by_text("Calling Boris Novak")).to_be_visible()
        await expect(page.get_by_role("button", name="Hand over")).to_be_hidden()
        await press(page, "Back to the caller")
        assert await order(fake, "calls/consult/cancel") == {"contact": "contact-1"}
        await fake.set({"talk": {**held, "consult": {**consult, "state": "talking"}}})
        await press(page, "Join all three")
        assert await order(fake, "calls/conference") == {"contact": "contact-1"}
        await press(page, "Hand over")
        assert await order(fake, "calls/consult/complete") == {"contact": "contact-1"}
        failed = {**consult, "state": "failed", "words": "The number is busy."}
        await fake.set({"talk": {**held, "consult": failed}})
        await expect(page.locator(".consult")).to_contain_text("Boris Novak could not be reached")
        await expect(page.locator(".consult")).to_contain_text("The number is busy.")
        await fake.set({"talk": {**held, "on_hold": False, "conference": True, "consult": consult}})
        await expect(page.get_by_text("Three-way with Boris Novak")).to_be_visible()


@run_async
async def test_a_number_is_called_for_a_queue() -> None:
    async with showing("ready") as (page, fake):
        await expect(page.get_by_role("button", name="Call a number")).to_be_enabled()
        await page.keyboard.press("d")
        await expect(page.get_by_role("textbox", name="Number")).to_be_focused()
        await page.keyboard.type("+44 20 7946 0123")
        await page.get_by_label("On behalf of").select_option("billing")
        await press(page, "Call")
        assert await order(fake, "calls/dial") == {"number": "+44 20 7946 0123", "queue": "billing"}
        out = web_scenes.talk(now_ms(), contact="out-1", direction="out", number="+442079460123", dialling=True)
        await fake.set({"talk": out, "state": web_scenes.state(now_ms(), "talking", 3, contact="out-1")})
        await expect(page.get_by_role("heading", name="+442079460123")).to_be_visible()
        await expect(page.locator(".contact-head")).to_contain_text("Calling")
        await expect(page.get_by_role("button", name="Hold")).to_be_hidden()
        await fake.set({"talk": {**out, "dialling": False}})
        await expect(page.get_by_role("button", name="Hold")).to_be_visible()


@run_async
async def test_the_script_leads_from_choice_to_choice_and_is_found_again_after_a_reload() -> None:
    async with showing("talk") as (page, _):
        script = page.get_by_role("region", name="Script: Renewal")
        await expect(script).to_contain_text("Am I speaking with Dana Okafor?")
        await script.get_by_role("button", name="Yes, that is me").click()
        await expect(script).to_contain_text("Your contract ends in March.")
        await page.reload()
        await expect(script).to_contain_text("Your contract ends in March.")
        await script.get_by_role("button", name="Yes").click()
        await expect(script).to_contain_text("The script ends here.")
        await script.get_by_role("button", name="Step back").click()
        await script.get_by_role("button", name="Start again").click()
        await expect(script).to_contain_text("Am I speaking with Dana Okafor?")


@run_async
async def test_notes_begun_in_the_talk_end_in_the_wrap_up_with_disposition_and_follow_up() -> None:
    async with showing("talk") as (page, fake):
        await page.get_by_label("Your notes").fill("Wants a quote.")
        await fake.set({**web_scenes.wrap_up(now_ms())["entries"], "talk": None})
        wrap_up = page.get_by_role("region", name="Wrap-up")
        await expect(wrap_up.get_by_label("Your notes")).to_have_value("Wants a quote.")
        await expect(wrap_up).to_contain_text("Then: not ready (Lunch).")
        await page.reload()
        await expect(wrap_up.get_by_label("Your notes")).to_have_value("Wants a quote.")
        await expect(wrap_up.get_by_role("button", name="End wrap-up without a disposition")).to_be_visible()
        await wrap_up.get_by_text("Call back").click()
        await press(page, "In a week")
        day = await wrap_up.get_by_label("Follow up on").input_value()
        await press(page, "End wrap-up")
        body = {"contact": "contact-1", "disposition": "call_back", "notes": "Wants a quote.", "follow_up_on": day}
        assert await order(fake, "wrap-up") == body
        await fake.set({**web_scenes.ready(now_ms())["entries"]})
        await expect(page.get_by_text("You are next")).to_be_visible()
        assert fake.orders == [], "what was handed over is not kept again"


@pytest.mark.parametrize("told", ["before", "after"])
@run_async
async def test_notes_are_kept_where_the_wrap_up_was_over_before_its_end_was_asked_for(told: str) -> None:
    async with showing("wrap_up") as (page, fake):
        fake.refusals["wrap-up"] = (409, "You are not in the wrap-up of contact-1.", "Add a note.")
        fake.gate = asyncio.Event()
        await page.get_by_label("Your notes").fill("Wants a quote.")
        await press(page, "End wrap-up without a disposition")
        await order(fake, "wrap-up")
        if told == "before":
            await fake.set(web_scenes.ready(now_ms())["entries"])
            await expect(page.get_by_text("You are next")).to_be_visible()
        fake.gate.set()
        await expect(page.get_by_text("You are not in the wrap-up of contact-1.")).to_be_visible()
        if told == "after":
            await fake.set(web_scenes.ready(now_ms())["entries"])
        assert await order(fake, "contacts/contact-1/notes") == {"text": "Wants a quote."}
        await expect(page.get_by_text("your notes were saved with the contact")).to_be_visible()


@run_async
async def test_notes_are_kept_when_the_time_of_the_wrap_up_runs_out() -> None:
    async with showing("wrap_up") as (page, fake):
        await page.get_by_label("Your notes").fill("Half a sente")
        await fake.set(web_scenes.ready(now_ms())["entries"])
        assert await order(fake, "contacts/contact-1/notes") == {"text": "Half a sente"}
        await expect(page.get_by_text("your notes were saved with the contact")).to_be_visible()


@run_async
async def test_messages_stay_until_they_are_acknowledged_and_missed_offers_say_why() -> None:
    async with showing("not_ready") as (page, fake):
        messages = page.get_by_role("log", name="Messages from supervisors")
        await expect(messages.get_by_role("alert")).to_contain_text("Fire drill at 11:00")
        await page.keyboard.press("k")
        await order(fake, "messages/m1/acknowledge")
        await fake.set(gone=("message/m1",))
        await expect(messages.get_by_text("Billing is overrun")).to_be_hidden()
        await messages.get_by_role("button", name="Got it").click()
        await order(fake, "messages/m2/acknowledge")
        missed = page.get_by_role("region", name="Missed offers").get_by_role("listitem")
        await expect(missed.first).to_contain_text("+12025550199")
        await expect(missed.first).to_contain_text("You did not answer in time")
        await expect(missed.last).to_contain_text("You declined it")
        await expect(page.get_by_text("Your phone rang and was not answered.")).to_be_visible()


@run_async
async def test_the_crm_is_opened_in_a_tab_that_knows_nothing_of_this_one() -> None:
    async with showing("talk") as (page, fake):
        link = page.get_by_role("link", name="Open in CRM")
        await expect(link).to_have_attribute("href", "https://crm.example.com/accounts/A-1007")
        await expect(link).to_have_attribute("target", "_blank")
        await expect(link).to_have_attribute("rel", "noopener noreferrer")
        await fake.set({"pop": {**fake.entries["pop"], "crm_link": "javascript:alert(1)"}})
        await expect(link).to_be_hidden()


@run_async
async def test_the_page_speaks_chinese_where_the_browser_does_and_remembers_another_wish() -> None:
    async with showing("wrap_up", look=Look("zh-CN")) as (page, _):
        await expect(page.get_by_role("region", name="话后处理")).to_contain_text("结果如何")
        await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        await page.get_by_role("button", name="Anna Lindqvist 的菜单").click()
        await page.get_by_label("语言", exact=True).select_option(label="English")
        await expect(page.get_by_role("region", name="Wrap-up")).to_contain_text("How did it end?")
        await page.get_by_role("button", name="Dark").click()
        await page.reload()
        await expect(page.get_by_role("region", name="Wrap-up")).to_be_visible()
        await expect(page.locator("html")).to_have_attribute("lang", "en")
        assert await page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(15, 20, 27)"


@run_async
async def test_a_phone_is_chosen_by_keyboard_and_who_has_none_is_told_so() -> None:
    async with showing("ready") as (page, fake):
        await expect(page.get_by_text("PJSIP/1001")).to_be_visible()
        await fake.set({"phone": {"device": None, "chosen": False}, "device": "unknown"})
        await expect(page.get_by_role("status").filter(has_text="You have no phone")).to_contain_text(
            "until you choose one"
        )
        await expect(page.get_by_role("button", name="Choose a phone")).to_be_visible()
        await page.keyboard.press("p")
        dialog = page.get_by_role("dialog", name="Choose a phone")
        await expect(dialog.get_by_role("option", name="PJSIP/1002")).to_contain_text("陈丽")
        await expect(dialog.get_by_role("option", name="PJSIP/1002")).to_have_attribute("aria-disabled", "true")
        await expect(dialog.get_by_role("option", name="PJSIP/1001")).to_contain_text("your own")
        await dialog.get_by_role("combobox").fill("1004")
        fake.refusals["device"] = (409, "Boris has the phone PJSIP/1004.", "Choose another one.")
        await page.keyboard.press("Enter")
        assert await order(fake, "device") == {"device": "PJSIP/1004"}
        await expect(dialog.get_by_role("alert")).to_contain_text("Boris has the phone PJSIP/1004. Choose another one.")
        fake.refusals.clear()
        await page.keyboard.press("Enter")
        assert await order(fake, "device") == {"device": "PJSIP/1004"}
        await expect(dialog).to_be_hidden()
        await fake.set({"phone": {"device": "PJSIP/1004", "chosen": True}, "device": "free"})
        await expect(page.get_by_text("PJSIP/1004 chosen")).to_be_visible()
        await fake.set(web_scenes.talking(now_ms())["entries"])
        await expect(page.get_by_role("button", name="Change phone")).to_be_disabled()


@pytest.mark.parametrize("look", [Look(), Look("zh-CN", NARROW, dark=True)], ids=["wide", "narrow, dark, Chinese"])
@run_async
async def test_axe_finds_nothing_in_the_choice_of_a_phone(look: Look) -> None:
    async with showing("ready", "/", look) as (page, fake):
        await fake.set({"phone": {"device": None, "chosen": False}, "device": "unknown"})
        await expect(page.locator(".notice")).to_be_visible()
        await page.keyboard.press("p")
        await expect(page.get_by_role("option").first).to_be_visible()
        assert await violations(page) == []
        assert await overflow(page) == 0
