// The application: who is signed in decides what there is, the address decides what is shown of it.

import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { Empty, Notice } from "./components/Card.tsx";
import { Questions } from "./components/Dialog.tsx";
import { Link } from "./components/Link.tsx";
import { Page } from "./components/Page.tsx";
import { Toasts } from "./components/Toasts.tsx";
import { t } from "./i18n/index.ts";
import { isLive, link } from "./live/index.ts";
import { SignInPage } from "./pages/SignInPage.tsx";
import { go, here, match } from "./router.ts";
import { homeOf, type PageProps, type Route, routes } from "./routes.ts";
import { me } from "./session.ts";
import { LinkBanner, UnreachableBanner } from "./shell/Banners.tsx";
import { Bar } from "./shell/Bar.tsx";
import { Password } from "./shell/Password.tsx";
import { ShortcutMap } from "./shell/ShortcutMap.tsx";

export function App() {
  const user = me.value;
  if (user === undefined) return <UnreachableBanner />;
  if (user === null) return <SignInPage />;
  return <Inside />;
}

function Inside() {
  const user = me.value;
  const { path } = here.value;
  useEffect(() => {
    if (user && path === "/") go(homeOf(user), { replace: true });
  }, [user, path]);
  if (!user || path === "/") return null;
  const found = routes
    .map((route) => ({ route, params: match(route.pattern, path) }))
    .find((one): one is { route: Route; params: Record<string, string> } => one.params !== null);
  const stale = !isLive.value && link.value !== "idle" && link.value !== "connecting";
  return (
    <div class={`application ${stale ? "stale" : ""}`}>
      {!found?.route.bare && <Bar />}
      <LinkBanner />
      {found === undefined ? (
        <Nowhere />
      ) : found.route.mayOpen(user) ? (
        <Loaded key={found.route.load} route={found.route} params={found.params} />
      ) : (
        <NotForYou />
      )}
      <Toasts />
      <Questions />
      <ShortcutMap />
      <Password />
    </div>
  );
}

const loaded = new Map<Route["load"], ComponentType<PageProps>>();

/** The route's page, fetched first where this is the first time. */
function Loaded({ route, params }: { readonly route: Route; readonly params: Readonly<Record<string, string>> }) {
  const state = useSignal<"there" | "coming" | "failed">(loaded.has(route.load) ? "there" : "coming");
  useEffect(() => {
    if (state.value !== "coming") return;
    route.load().then(
      (module) => {
        loaded.set(route.load, module.default);
        state.value = "there";
      },
      () => {
        state.value = "failed"; // a new version was installed and its old files are gone, or the server is away
      },
    );
  }, []);
  if (state.value === "failed") {
    return (
      <main class="page" id="main">
        <Notice tone="bad" say>
          {t("page.not_loaded")} <a href={location.href}>{t("page.reload")}</a>
        </Notice>
      </main>
    );
  }
  const PageComponent = loaded.get(route.load);
  return PageComponent ? <PageComponent params={params} /> : <main class="page" id="main" aria-busy="true" />;
}

const Nowhere = () => (
  <Page title={t("page.nowhere")}>
    <Empty title={t("page.nowhere_hint")}>
      <Link to="/">{t("page.home")}</Link>
    </Empty>
  </Page>
);

const NotForYou = () => (
  <Page title={t("page.not_for_you")}>
    <Empty title={t("page.not_for_you_hint")}>
      <Link to="/">{t("page.home")}</Link>
    </Empty>
  </Page>
);
