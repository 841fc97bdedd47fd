// Where it begins: the language first, then who is signed in.

import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/components.css";
import "./styles/shell.css";
import "./styles/agent.css";
import "./styles/floor.css";
import "./styles/wall.css";
import "./styles/admin.css";
import "./styles/reports.css";
import "./styles/figures.css";
import { render } from "preact";
import { App } from "./app.tsx";
import { ready } from "./i18n/index.ts";
import { forgetKept, startRouter } from "./router.ts";
import { begin, me } from "./session.ts";
import { startShortcuts } from "./shortcuts.ts";

startRouter();
startShortcuts();
me.subscribe((user) => {
  if (user === null) forgetKept();
});

const root = document.getElementById("app");
if (root === null) throw new Error("index.html has no element #app");
await Promise.all([ready, begin()]);
render(<App />, root);
