// The bar at the top: where one can go, whether the page is live, and the user's own menu.

import { Button } from "../components/Button.tsx";
import { Segments } from "../components/Card.tsx";
import { Checkbox, Select } from "../components/Field.tsx";
import { Link } from "../components/Link.tsx";
import { Menu } from "../components/Menu.tsx";
import { languageName, languages, locale, t } from "../i18n/index.ts";
import { link } from "../live/index.ts";
import { language, singleKeys, theme } from "../prefs.ts";
import { here } from "../router.ts";
import { homeOf, routes } from "../routes.ts";
import { me } from "../session.ts";
import { showPassword } from "./Password.tsx";
import { showShortcuts } from "./ShortcutMap.tsx";
import { SignOut } from "./SignOut.tsx";

export function Bar() {
  const user = me.value;
  if (!user) return null;
  const pages = routes.filter((route) => route.label !== undefined && route.mayOpen(user));
  return (
    <header class="bar">
      <a class="skip" href="#main">
        {t("nav.skip")}
      </a>
      <Link to={homeOf(user)} class="brand">
        <img src="/icon.svg" alt="" width={24} height={24} />
        <span class="brand-name">callcenter</span>
      </Link>
      {pages.length > 1 && (
        <nav aria-label={t("nav.label")}>
          {pages.map(
            ({ pattern, label }) =>
              label && (
                <Link key={pattern} to={pattern} current={here.value.path.startsWith(pattern)}>
                  {t(label)}
                </Link>
              ),
          )}
        </nav>
      )}
      <span class="grow" />
      <LiveMark />
      <Menu
        button={{
          kind: "quiet",
          icon: "menu",
          children: <span class="user-name">{user.name}</span>,
          label: t("menu.label", { name: user.name }),
        }}
      >
        {(close) => (
          <>
            <Appearance />
            <div class="menu-foot">
              <Button
                kind="quiet"
                icon="keyboard"
                onClick={() => {
                  close();
                  showShortcuts();
                }}
              >
                {t("shortcuts.title")}
              </Button>
              <Button
                kind="quiet"
                icon="note"
                onClick={() => {
                  close();
                  showPassword();
                }}
              >
                {t("password.title")}
              </Button>
              <SignOut />
            </div>
          </>
        )}
      </Menu>
    </header>
  );
}

function LiveMark() {
  const state = link.value;
  if (state === "idle") return null;
  const live = state === "live";
  return (
    <span class="dot live-mark" data-tone={live ? "good" : state === "connecting" ? "logged_out" : "bad"}>
      <span class="live-words">
        {live ? t("link.live") : state === "connecting" ? t("link.connecting") : t("link.not_live_short")}
      </span>
    </span>
  );
}

/** Language, colours and keys: this browser's own. */
export function Appearance() {
  return (
    <div class="stack">
      <Select
        label={t("menu.language")}
        value={language.value || locale.value}
        options={languages.map((tag) => ({ value: tag, label: languageName(tag) }))}
        onChange={(tag) => {
          language.value = tag;
        }}
      />
      <div class="field">
        <span class="field-label">{t("menu.theme")}</span>
        <Segments
          label={t("menu.theme")}
          value={theme.value}
          choices={[
            { value: "system", label: t("menu.theme_system") },
            { value: "light", label: t("menu.theme_light") },
            { value: "dark", label: t("menu.theme_dark") },
          ]}
          onChoose={(value) => {
            theme.value = value;
          }}
        />
      </div>
      <Checkbox
        label={t("menu.single_keys")}
        checked={singleKeys.value}
        onChange={(on) => {
          singleKeys.value = on;
        }}
      />
    </div>
  );
}
