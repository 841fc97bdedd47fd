// What both pages need: a WebSocket that comes back by itself, the server's clock, and writing to the page.
//
// The one idea: whatever comes from outside is put on the page with textContent only, so that a caller's name is never
// anything but text.

const SILENCE_MS = 16_000; // the server says something every 5 s
const BACKOFF_MS = [500, 1_000, 2_000, 4_000, 8_000];
const SIGNED_OUT = 4401;
const ELSEWHERE = 4409;

let clockOffsetMs = 0;

export const byId = (id) => document.getElementById(id);

/** The server's present time, in milliseconds. */
export const nowMs = () => Date.now() + clockOffsetMs;

export const setClock = (serverMs) => { clockOffsetMs = serverMs - Date.now(); };

/** Set text and leave the page alone where nothing differs. */
export function write(node, text) {
  const value = text ?? "";
  if (node.textContent !== value) node.textContent = value;
}

export function show(node, shown) {
  if (node.hidden === shown) node.hidden = !shown;
}

/** A new element with a class and text or children. */
export function make(tag, className, ...content) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...content.filter((one) => one !== null && one !== undefined));
  return node;
}

/** 7 → 0:07, 3700 → 1:01:40. Never below zero. */
export function duration(ms) {
  const total = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const two = (value) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** "quality_check" → "Quality check" */
export function words(name) {
  const text = String(name ?? "").replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const STATES = {
  logged_out: "Logged out", not_ready: "Not ready", ready: "Ready", reserved: "Reserved", talking: "Talking", wrap_up: "Wrap-up",
};
const REASONS = { rona: "No answer", signed_in: "Just signed in", logged_out: "Signing out" };
const QUEUE_STATES = { open: "Open", drained: "Drained", closed: "Closed" };
const DEVICES = {
  free: "Free", ringing: "Ringing", in_use: "In use", unreachable: "Unreachable", unknown: "Not known yet",
};

export const stateWords = (state) => STATES[state] ?? words(state);
export const reasonWords = (reason) => REASONS[reason] ?? words(reason);
export const queueStateWords = (state) => QUEUE_STATES[state] ?? words(state);
export const deviceWords = (device) => DEVICES[device] ?? words(device);

/** A badge for a tier; the colour is the name's where we know the name. */
export function tierBadge(node, tier) {
  node.className = "tier";
  node.dataset.tier = tier ?? "";
  write(node, tier ? words(tier) : "");
}

/** Numbers are shown as they came; an absent one is withheld. */
export const callerWords = (caller) => caller || "Withheld number";

/** A list of labelled values; those without a value are left out. */
export const facts = (pairs) => make("dl", "facts", ...factRows(pairs));

export const factRows = (pairs) => pairs.filter(([, value]) => value)
  .map(([label, value]) => make("div", "", make("dt", "", label), make("dd", "", value)));

/** Draw anew only what differs: a reader's selection survives. */
export function redraw(node, items, build) {
  const now = JSON.stringify(items);
  if (node.drawn === now) return;
  node.drawn = now;
  node.replaceChildren(...build(items));
}

/**
 * Keep a table body equal to `items` and reuse rows by key: a reader's place, selection and focus survive an update.
 * `cells(item)` gives for each column a text, or {text, since, className, inner, state, tier}, or {build, update,
 * className}: build() makes the cell's element once, update(element) is called with it each time.
 */
export function fillRows(body, items, key, cells) {
  const kept = new Set(items.map(key));
  const rows = new Map([...body.rows].map((row) => [row.dataset.key, row]));
  for (const [name, row] of rows) if (!kept.has(name)) row.remove(); // first: a row that is moved loses the focus
  let place = body.firstElementChild;
  for (const item of items) {
    const name = key(item);
    let row = rows.get(name);
    if (!row) {
      row = document.createElement("tr");
      row.dataset.key = name;
    }
    fillCells(row, cells(item));
    if (row === place) place = row.nextElementSibling;
    else body.insertBefore(row, place);
  }
}

function fillCells(row, cells) {
  while (row.cells.length < cells.length) row.insertCell().append(document.createElement("span"));
  cells.forEach((cell, column) => {
    const { text = "", since = null, className = "", inner = "", tier, state, build, update } = typeof cell === "object" ? cell : { text: cell };
    const td = row.cells[column];
    if (td.className !== className) td.className = className;
    if (build) {
      if (!td.built) td.replaceChildren(build());
      td.built = true;
      update(td.firstElementChild);
      return;
    }
    const span = td.firstElementChild;
    if (tier !== undefined) tierBadge(span, tier);
    else {
      if (span.className !== inner) span.className = inner;
      if (state === undefined) delete span.dataset.state; else span.dataset.state = state;
      if (since === null) {
        delete span.dataset.since;
        write(span, text);
      } else {
        span.dataset.since = since;
        write(span, duration(nowMs() - since));
      }
    }
  });
}

/** Let every element with data-since run on. */
export function runTimers() {
  for (const node of document.querySelectorAll("[data-since]")) write(node, duration(nowMs() - Number(node.dataset.since)));
}

/** POST JSON; returns the answer, or throws {error, remedy, status}. */
export const post = (path, body) => request(path, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body ?? {}),
});

/** GET JSON; like `post`. */
export const get = (path) => request(path, {});

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, signal: AbortSignal.timeout(15_000) });
  } catch {
    throw { error: "The call center did not answer.", remedy: "Look at your network and try again.", status: 0 };
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw {
      error: answer.error ?? `The call center answered ${response.status}.`,
      remedy: answer.remedy ?? "Try again.",
      status: response.status,
    };
  }
  return answer;
}

/** A live connection: calls onMessage with each message, onLink("on" | "off" | "signed-out" | "elsewhere", secondsLeft). */
export class Live {
  constructor(path, onMessage, onLink) {
    this.path = path;
    this.onMessage = onMessage;
    this.onLink = onLink;
    this.failures = 0;
    this.socket = null;
    this.retryAt = null;
    this.heardAt = 0;
    this.timer = setInterval(() => this.#watch(), 500);
    addEventListener("online", () => { if (this.retryAt) this.#open(); });
    this.#open();
  }

  stop() {
    clearInterval(this.timer);
    this.retryAt = null;
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  #open() {
    this.retryAt = null;
    this.heardAt = performance.now();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${this.path}`);
    this.socket = socket;
    socket.onmessage = (event) => {
      if (socket !== this.socket) return;
      const message = JSON.parse(event.data);
      this.heardAt = performance.now();
      if (this.failures || message.type === "present" || message.type === "picture") this.onLink("on");
      this.failures = 0;
      setClock(message.now_ms);
      this.onMessage(message);
    };
    socket.onclose = (event) => { if (socket === this.socket) this.#lost(event.code); };
  }

  #lost(code) {
    this.socket = null;
    if (code === SIGNED_OUT || code === ELSEWHERE) {
      this.stop();
      this.onLink(code === SIGNED_OUT ? "signed-out" : "elsewhere");
      return;
    }
    const base = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)];
    this.failures += 1;
    this.retryAt = performance.now() + base * (0.75 + Math.random() / 2); // so that not all come back at once
    this.#watch();
  }

  #watch() {
    const now = performance.now();
    if (this.retryAt !== null) {
      if (now >= this.retryAt) this.#open();
      else this.onLink("off", Math.ceil((this.retryAt - now) / 1000));
    } else if (this.socket && now - this.heardAt > SILENCE_MS) {
      const silent = this.socket;
      this.#lost(0);
      silent.close();
    }
  }
}

/** The connection's state in the header, and the banner that says when there is none. */
export function showLink(state, secondsLeft) {
  const link = byId("link");
  const banner = byId("offline");
  show(link, true);
  link.dataset.on = String(state === "on");
  write(link, state === "on" ? "Connected" : "Not connected");
  document.body.classList.toggle("stale", state !== "on");
  show(banner, state === "off" || state === "elsewhere");
  if (state === "off") {
    write(banner, `Not connected to the call center: what you see may be out of date. Trying again in ${secondsLeft} s.`);
  } else if (state === "elsewhere") {
    write(banner, "This page is open in too many windows, so this one has stopped. Close the others and reload.");
  }
}
