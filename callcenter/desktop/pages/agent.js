// The agent's page: sign in, state, screen pop, wrap-up.
//
// The one idea: the page decides nothing. It keeps the last state and the last pop that the server sent, draws them,
// and posts what the agent clicks; what came of a click is seen when the next state arrives.

import {
  byId, callerWords, deviceWords, duration, factRows, facts, fillRows, Live, make, nowMs, post, reasonWords, redraw, runTimers,
  setClock, show, showLink, stateWords, tierBadge, words, write,
} from "./live.js";

let me = null;
let live = null;
let state = null;
let pop = null;
let recent = null;
let floor = null;
let connected = false;
let waitShown = null; // the offer whose wait is known: a page loaded in mid-wrap-up has not seen when it ended
let wrapUpShown = null; // the contact whose wrap-up form is on the page

// ---- signing in and out

async function begin() {
  const response = await fetch("/api/me").catch(() => null);
  if (response?.ok) return enter(await response.json());
  if (response?.status === 401) return leave();
  showLink("off", 3);
  setTimeout(begin, 3_000);
}

function enter(answer) {
  if (new URLSearchParams(location.search).get("next") === "overview" || !answer.takes_contacts) {
    location.assign("/overview");
    return;
  }
  me = answer;
  setClock(me.now_ms);
  state = me.state;
  show(byId("sign-in"), false);
  show(byId("desk"), true);
  show(byId("sign-out"), true);
  write(byId("who"), me.agent.name);
  makeReasons();
  makeDispositions();
  live?.stop();
  live = new Live("/api/agent", hear, link);
  draw();
}

function leave(note) {
  live?.stop();
  [live, me, state, pop, recent, floor] = [null, null, null, null, null, null];
  connected = false;
  for (const id of ["desk", "sign-out", "link", "offline", "floor-warning"]) show(byId(id), false);
  document.body.classList.remove("stale");
  document.title = "callcenter";
  write(byId("who"), "");
  show(byId("sign-in"), true);
  if (note) write(byId("sign-in-words"), note);
  byId("agent").focus();
}

byId("sign-in-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter ?? byId("sign-in-form").querySelector("button");
  button.disabled = true;
  write(byId("sign-in-error"), "");
  try {
    const answer = await post("/api/sign-in", { agent: byId("agent").value.trim(), password: byId("password").value });
    byId("password").value = "";
    enter(answer);
  } catch (failure) {
    write(byId("sign-in-error"), `${failure.error} ${failure.remedy}`);
    byId("password").select();
  } finally {
    button.disabled = false;
  }
});

/** The engine has signed the agent out (at a contact's end, or from another window): let the session go too. */
function signedOutElsewhere() {
  post("/api/sign-out").then((answer) => leave(answer.words), () => {});
}

byId("sign-out").addEventListener("click", () => act(byId("sign-out"), "/api/sign-out", {}, (answer) => {
  if (answer.signed_out) leave(answer.words);
}));

// ---- what the agent does

async function act(button, path, body, done) {
  if (button.dataset.busy) return;
  button.dataset.busy = "yes";
  button.setAttribute("aria-busy", "true");
  show(byId("failure"), false);
  try {
    const answer = await post(path, body);
    done?.(answer);
  } catch (failure) {
    if (failure.status === 401) leave("Your session has ended. Sign in again.");
    else {
      write(byId("failure"), `${failure.error} ${failure.remedy}`);
      show(byId("failure"), true);
    }
  } finally {
    delete button.dataset.busy;
    button.removeAttribute("aria-busy");
  }
}

byId("ready").addEventListener("click", () => act(byId("ready"), "/api/ready"));

function makeReasons() {
  byId("reasons").replaceChildren(...me.not_ready_reasons.map((reason) => {
    const button = make("button", "reason", reasonWords(reason));
    button.type = "button";
    button.dataset.reason = reason;
    button.addEventListener("click", () => act(button, "/api/not-ready", { reason }));
    return button;
  }));
}

function makeDispositions() {
  byId("dispositions").replaceChildren(...me.dispositions.map((name, index) => {
    const input = make("input");
    input.type = "radio";
    input.name = "disposition";
    input.value = name;
    input.id = `disposition-${index}`;
    const label = make("label", "", words(name));
    label.htmlFor = input.id;
    return make("span", "chip", input, label);
  }));
}

const chosenDisposition = () => byId("wrap-up-form").elements.disposition?.value || null;

byId("wrap-up-form").addEventListener("change", () => drawWrapUp());
byId("wrap-up-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (state?.contact) act(byId("end-wrap-up"), "/api/wrap-up", { contact: state.contact, disposition: chosenDisposition() });
});

// ---- what the server says

function hear(message) {
  switch (message.type) {
    case "present":
      [state, pop, recent] = [message.state, message.pop, message.recent];
      if (state.state === "logged_out") signedOutElsewhere();
      break;
    case "state":
      state = message.state;
      if (state.state === "logged_out") signedOutElsewhere();
      break;
    case "pop":
      if (pop?.offer !== message.pop.offer) announce(message.pop);
      if (pop?.offer !== message.pop.offer || pop.customers.length !== message.pop.customers.length) recent = null;
      pop = message.pop;
      break;
    case "clear":
      if (pop?.offer === message.offer) [pop, recent] = [null, null];
      break;
    case "recent":
      if (pop?.offer === message.recent.offer) recent = message.recent;
      break;
    case "floor":
      floor = message;
      break;
  }
  draw();
}

function link(kind, secondsLeft) {
  connected = kind === "on";
  if (kind === "signed-out") leave("Your session has ended. Sign in again.");
  else {
    showLink(kind, secondsLeft);
    drawControls();
  }
}

function announce(next) {
  const tier = next.tier ? `${words(next.tier)} caller` : "Caller";
  write(byId("announce"), `${tier}: ${title(next)}. Queue ${next.queue}. ${next.because}`);
}

// ---- drawing

function draw() {
  if (!me || !state) return;
  drawState();
  drawControls();
  drawFloor();
  drawPop();
  drawWrapUp();
  drawTimes();
}

const STATE_WORDS = {
  not_ready: "You get no contacts.",
  ready: "The next contact is yours.",
  reserved: "Your phone is ringing.",
  talking: "You are talking with a customer.",
  wrap_up: "Finish your notes, then end the wrap-up.",
};

function drawState() {
  byId("state-card").dataset.state = state.state;
  write(byId("state-name"), stateWords(state.state));
  let text = STATE_WORDS[state.state] ?? "";
  if (state.state === "not_ready" && state.reason) text = `${reasonWords(state.reason)}. ${text}`;
  if (state.reason === "rona") text = "Your phone rang and was not answered. Press Ready when you are back.";
  write(byId("state-words"), text);
  show(byId("pending"), Boolean(state.pending));
  write(byId("pending"), state.pending === "logged_out"
    ? "You are signed out after this contact."
    : `Not ready (${reasonWords(state.pending)}) after this contact.`);
}

const BUSY = new Set(["reserved", "talking", "wrap_up"]);

/** What is pressed is what the agent is, or becomes at the end of the contact in hand. */
function drawControls() {
  if (!state) return;
  const busy = BUSY.has(state.state);
  const ready = byId("ready");
  ready.disabled = !connected;
  ready.setAttribute("aria-pressed", String(busy ? !state.pending : state.state === "ready"));
  write(ready, busy ? "Ready afterwards" : "Ready");
  write(byId("not-ready-title"), busy ? "Not ready afterwards" : "Not ready");
  const chosen = busy ? state.pending : state.state === "not_ready" ? state.reason : null;
  for (const button of byId("reasons").children) {
    button.disabled = !connected;
    button.setAttribute("aria-pressed", String(button.dataset.reason === chosen));
  }
  byId("end-wrap-up").disabled = !connected;
  byId("sign-out").disabled = !connected;
}

function drawFloor() {
  if (!floor) return;
  const device = byId("device");
  device.dataset.device = floor.device;
  write(device, deviceWords(floor.device));
  const lost = floor.pbxs.filter((pbx) => !pbx.up).map((pbx) => pbx.name);
  let warning = "";
  if (lost.length) warning = `The PBX ${lost.join(", ")} is not connected: callers hear music, nothing can be offered until it is back.`;
  else if (floor.device === "unreachable") warning = "Your phone is unreachable, so you get no contacts. Look whether it is on and registered.";
  write(byId("floor-warning"), warning);
  show(byId("floor-warning"), Boolean(warning));
  fillRows(byId("queues"), floor.queues, (queue) => queue.name, (queue) => [
    words(queue.name),
    { text: String(queue.waiting), className: queue.waiting ? "number strong" : "number" },
    queue.oldest_ms === null ? { text: "–", className: "number soft" } : { since: queue.oldest_ms, className: "number" },
  ]);
}

function title(of) {
  if (of.customers.length === 1) return of.customers[0].name;
  if (of.caller_name) return of.caller_name;
  return of.caller ? "Unknown caller" : "Withheld number";
}

const PHASES = { reserved: "Ringing", talking: "Talking", wrap_up: "Wrap-up" };

function drawPop() {
  show(byId("pop"), Boolean(pop));
  show(byId("empty"), !pop && state.state !== "wrap_up");
  write(byId("empty-words"), state.state === "ready"
    ? "When a call comes, who calls and why shows here before your phone rings."
    : "You are not ready, so no call comes to you.");
  const name = pop ? title(pop) : "";
  document.title = pop && state.state === "reserved" ? `☎ ${name}` : `${stateWords(state.state)} · callcenter`;
  if (!pop) return;
  byId("pop").dataset.state = state.state;
  tierBadge(byId("pop-tier"), pop.tier);
  write(byId("pop-phase"), PHASES[state.state] ?? "Ringing");
  write(byId("pop-name"), name);
  const parts = [callerWords(pop.caller)];
  if (pop.caller_name && pop.caller_name !== name) parts.push(`calls as “${pop.caller_name}”`);
  write(byId("pop-number"), parts.filter((part) => part !== name).join(" · "));
  drawCustomers();
  drawWhy();
  drawRecent();
}

function drawCustomers() {
  let note = "";
  if (!pop.identified) note = "The record is still being looked up.";
  else if (pop.customers.length > 1) note = `${pop.customers.length} customers share this number: ask who is calling.`;
  else if (!pop.customers.length) note = pop.caller ? "Unknown caller: no customer has this number." : "The caller's number is withheld.";
  write(byId("customer-note"), note);
  show(byId("customer-note"), Boolean(note));
  byId("customer-note").dataset.busy = String(!pop.identified);
  redraw(byId("customers"), pop.customers, (customers) => customers.map((customer) => {
    const badge = make("span");
    tierBadge(badge, customer.tier);
    return make("article", "customer",
      make("div", "row", make("strong", "", customer.name), make("span", "grow"), badge),
      facts([["Account", customer.account], ["Language", customer.language], ["Notes", customer.notes]]));
  }));
}

function drawWhy() {
  write(byId("because"), pop.because);
  write(byId("told"), pop.text);
  byId("told").hidden = !pop.text;
  const skills = pop.skills.map((skill) => `${words(skill.name)} ≥ ${skill.level}`).join(", ") || "None";
  redraw(byId("why"), [
    ["Queue", words(pop.queue)], ["Rule", pop.rule], ["Priority", String(pop.priority)], ["Skills required", skills],
    ["Widened", pop.relaxed.join("\n")], ["Tags", pop.tags.map(words).join(", ")], ["Dialled", pop.dialled], ["Intent", pop.intent], ["Language", pop.language],
  ], factRows);
}

const WHEN = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

function drawRecent() {
  const rows = recent?.contacts ?? [];
  let note = "";
  if (!recent) note = "Looking them up…";
  else if (recent.error) note = recent.error;
  else if (!rows.length) note = "None on record.";
  write(byId("recent-note"), note);
  show(byId("recent-note"), Boolean(note));
  show(byId("recent-table"), rows.length > 0);
  fillRows(byId("recent"), rows.map((row, index) => ({ ...row, index })), (row) => String(row.index), (row) => [
    WHEN.format(new Date(row.arrived_ms)),
    row.queue ? words(row.queue) : "–",
    row.agent ?? "–",
    words(row.outcome),
    row.disposition ? words(row.disposition) : "–",
    { text: row.talked_ms ? duration(row.talked_ms) : "–", className: "number" },
  ]);
}

function drawWrapUp() {
  const on = state?.state === "wrap_up";
  show(byId("wrap-up"), on);
  if (!on) {
    wrapUpShown = null;
    return;
  }
  if (wrapUpShown !== state.contact) {
    wrapUpShown = state.contact;
    byId("wrap-up-form").reset();
  }
  write(byId("end-wrap-up"), chosenDisposition() || !me.dispositions.length ? "End wrap-up" : "End wrap-up without a disposition");
}

function drawTimes() {
  if (!state) return;
  const now = nowMs();
  write(byId("state-timer"), duration(now - state.since_ms));
  const left = state.deadline_ms === null ? null : state.deadline_ms - now;
  if (state.state === "wrap_up") {
    write(byId("wrap-up-left"), left === null ? "" : `${duration(left + 999)} left`);
    const whole = state.deadline_ms === null ? 1 : Math.max(1, state.deadline_ms - state.since_ms);
    byId("wrap-up-meter").style.width = `${Math.max(0, Math.min(100, (100 * (left ?? 0)) / whole))}%`;
    byId("wrap-up").classList.toggle("soon", left !== null && left < 10_000);
  }
  if (!pop) return;
  const talking = state.state === "talking";
  const ringing = state.state === "reserved";
  write(byId("pop-wait-label"), ringing ? "Waiting for" : "Waited");
  if (state.state !== "wrap_up") {
    waitShown = pop.offer;
    write(byId("pop-wait"), duration((talking ? state.since_ms : now) - pop.arrived_ms));
  }
  show(byId("pop-wait-box"), waitShown === pop.offer);
  show(byId("pop-left-box"), talking || (ringing && left !== null));
  write(byId("pop-left-label"), talking ? "Talking for" : "Answer within");
  write(byId("pop-left"), talking ? duration(now - state.since_ms) : duration((left ?? 0) + 999));
}

setInterval(() => {
  drawTimes();
  runTimers();
}, 250);

begin();
