"""Who is signed in, what they get to see, and their own password."""

from playwright.async_api import expect

from tests.browsing import NEEDS_BROWSER
from tests.desktop import web_scenes
from tests.desktop.serving import until
from tests.desktop.web_pages import showing
from tests.helpers import run_async

pytestmark = NEEDS_BROWSER


@run_async
async def test_each_gets_the_pages_of_their_role_and_a_word_at_the_others() -> None:
    async with showing("ready") as (page, fake):
        await expect(page).to_have_url(f"{fake.url}/agent")
        await expect(page.get_by_role("navigation").get_by_role("link")).to_have_text(["My desk", "My figures"])
        await page.goto(f"{fake.url}/floor")
        await expect(page.get_by_role("heading", name="This page is not for you")).to_be_visible()
        await page.get_by_role("link", name="Back to the start page").click()
        await expect(page.get_by_role("region", name="Your state")).to_be_visible()
        fake.me = web_scenes.susan()
        await page.goto(fake.url)
        await expect(page).to_have_url(f"{fake.url}/floor")
        await expect(page.get_by_role("navigation").get_by_role("link")).to_have_text(
            ["Floor", "Contacts", "Reports", "Administration"]
        )
        fake.me = {**fake.me, "permissions": ["see_floor"]}
        await page.reload()
        await expect(page.get_by_role("heading", name="Floor")).to_be_visible()
        await expect(page.get_by_role("navigation")).to_be_hidden()  # one page needs none


@run_async
async def test_who_signs_in_comes_to_the_address_that_was_asked_for() -> None:
    async with showing("ready", "/agent", signed_in=False) as (page, fake):
        fake.refusals["sign-in"] = (429, "Too many attempts to sign in.", "Wait 30 s, then try again.")
        await page.get_by_label("User name").fill("anna")
        await page.get_by_label("Password").fill("secret")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("Wait 30 s, then try again.")
        fake.refusals.clear()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("region", name="Your state")).to_be_visible()
        await expect(page).to_have_url(f"{fake.url}/agent")
        assert fake.orders[-1] == ("sign-in", {"agent": "anna", "password": "secret"})


@run_async
async def test_a_server_that_does_not_answer_is_asked_again() -> None:
    async with showing("ready") as (page, fake):
        fake.refusals["me"] = (503, "The daemon stands by.", "Ask the other one.")
        await page.reload()
        await expect(page.get_by_role("alert")).to_contain_text("does not answer")
        fake.refusals.clear()
        await expect(page.get_by_role("region", name="Your state")).to_be_visible()


@run_async
async def test_the_own_password_is_changed_with_the_old_one() -> None:
    async with showing("ready") as (page, fake):
        menu = page.get_by_role("button", name="Menu of Anna Lindqvist")
        await menu.click()
        await page.get_by_role("button", name="Change password").click()
        dialog = page.get_by_role("dialog", name="Change password")
        await expect(dialog.get_by_label("Present password")).to_be_focused()
        await page.keyboard.type("old one")
        await dialog.get_by_label("New password", exact=True).fill("right horse")
        await dialog.get_by_label("New password, once more").fill("left horse")
        await dialog.get_by_role("button", name="Change the password").click()
        await expect(dialog.get_by_label("New password, once more")).to_have_attribute("aria-invalid", "true")
        assert fake.orders == []
        await dialog.get_by_label("New password, once more").fill("right horse")
        fake.refusals["me/password"] = (422, "The old password is wrong.", "Type it again.")
        await page.keyboard.press("Enter")
        await expect(dialog.get_by_role("alert")).to_contain_text("The old password is wrong.")
        fake.refusals.clear()
        await page.keyboard.press("Enter")
        await expect(dialog).to_be_hidden()
        await until(lambda: len(fake.orders) == 2)
        assert fake.orders[-1] == ("me/password", {"old_password": "old one", "new_password": "right horse"})
        await expect(menu).to_be_focused()
        await expect(page.get_by_text("Your password is changed")).to_be_visible()
