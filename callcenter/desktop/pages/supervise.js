// What a supervisor does on the overview: opens and closes queues, and has one panel for one contact.
//
// The one idea: the panel keeps only which contact it is about. Each message redraws what differs, never what somebody
// is typing or choosing, and the reasons are asked for anew while the panel is open, and only then.

import {
  byId, callerWords, factRows, fillRows, get, make, post, queueStateWords, redraw, show, tierBadge, words, write,
} from "./live.js";

const ASK_AGAIN_MS = 2_000;
const QUEUE_STATES = ["open", "drained", "closed"];
const CONTACT_STATES = {
  identifying: "Being looked up", waiting: "Waiting", offered: "Ringing", connected: "Talking with an agent", ended: "Ended",
};

const MINE = new Set(["first", "rings"]); // reasons that are none against: the contact comes to this agent

let picture = { queues: [], agents: [], contacts: [] };
let contact = null; // the panel's, as it was last listed
let listed = false; // whether it still is
let explanation = null;
let asking = false;
let askedAt = -Infinity;

/** Take note of a message from the server, whichever it is: each is an occasion to look again. */
export function follow(message) {
  if (message.type === "picture") picture = message;
  if (!byId("panel").open) return;
  drawPanel();
  askWhy();
}

// ---- queues

/** The three states as buttons; the pressed one is the queue's. */
export function queueStateCell(queue) {
  return {
    build: () => {
      const group = make("div", "segments", ...QUEUE_STATES.map((state) => {
        const button = make("button", "", queueStateWords(state));
        button.type = "button";
        button.dataset.set = state;
        button.addEventListener("click", () => setQueueState(group.queue, state, button));
        return button;
      }));
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", `State of ${words(queue.name)}`);
      return group;
    },
    update: (group) => {
      group.queue = queue;
      for (const button of group.children) button.setAttribute("aria-pressed", String(button.dataset.set === queue.state));
    },
  };
}

async function setQueueState(queue, state, button) {
  if (queue.state === state) return;
  if (state === "closed" && queue.waiting && !await ask(
    `Close ${words(queue.name)}?`,
    `Who waits in it now (${queue.waiting}) goes on to the queue that its settings name, or hears that it is closed.`,
    "Close the queue",
  )) return;
  await act(button, byId("failure"), `/api/queues/${encodeURIComponent(queue.name)}/state`, { state });
}

// ---- the panel of one contact

export function commandsHeader() {
  const header = make("th", "", make("span", "unseen", "Commands"));
  header.scope = "col";
  return header;
}

/** The buttons at the end of a contact's row. */
export function commandsCell(of) {
  return {
    className: "row-commands",
    build: () => make("div", "", ...[["Why?", "panel-close"], ["Manage", "move-queue"]].map(([label, focus]) => {
      const button = make("button", "quiet", label);
      button.type = "button";
      button.addEventListener("click", () => openPanel(of.id, focus));
      return button;
    })),
    update: (cell) => {
      for (const button of cell.children) button.setAttribute("aria-label", `${button.textContent} ${callerWords(of.caller)}`);
    },
  };
}

function openPanel(id, focus) {
  contact = picture.contacts.find((one) => one.id === id);
  if (!contact) return;
  explanation = null;
  askedAt = -Infinity;
  say("");
  byId("move-queue").value = "";
  showPriority();
  write(byId("why-note"), "Asking…");
  drawPanel();
  drawWhy();
  byId("panel").showModal();
  byId("panel").scrollTop = 0;
  byId(focus).focus();
  askWhy();
}

byId("panel-close").addEventListener("click", () => byId("panel").close());
byId("panel").addEventListener("click", (event) => { if (event.target === byId("panel")) byId("panel").close(); }); // beside it

function drawPanel() {
  const now = picture.contacts.find((one) => one.id === contact.id);
  listed = now !== undefined;
  contact = now ?? contact;
  tierBadge(byId("panel-tier"), contact.tier);
  write(byId("panel-caller"), callerWords(contact.caller));
  const state = listed ? contact.state : explanation?.state === "connected" ? "connected" : "ended";
  write(byId("panel-phase"), CONTACT_STATES[state]);
  write(byId("panel-wait-label"), listed && contact.queue ? `In ${words(contact.queue)} · waits` : listed ? "Waits" : "");
  show(byId("panel-wait"), listed);
  byId("panel-wait").dataset.since = contact.arrived_ms;
  const inQueue = listed && contact.state !== "identifying";
  if (!inQueue && byId("panel-commands").contains(document.activeElement)) byId("panel-close").focus();
  show(byId("panel-commands"), inQueue);
  drawQueueChoice();
  const priority = byId("priority");
  if (document.activeElement !== priority && priority.value === priority.shown) showPriority();
}

/** Another list would close under the eyes of whoever is choosing from it, so it waits until the choice is made. */
function drawQueueChoice() {
  const choice = byId("move-queue");
  if (document.activeElement === choice && byId("panel").open) return;
  const chosen = choice.value;
  const queues = picture.queues.filter((queue) => queue.state === "open" && queue.name !== contact.queue);
  redraw(choice, queues.map((queue) => queue.name), (names) => [
    new Option(names.length ? "Choose a queue" : "No other queue is open", ""),
    ...names.map((name) => new Option(words(name), name)),
  ]);
  choice.value = queues.some((queue) => queue.name === chosen) ? chosen : "";
}

byId("move-queue").addEventListener("blur", () => drawQueueChoice());

function showPriority() {
  const input = byId("priority");
  input.shown = contact.priority === null ? "" : String(contact.priority);
  input.value = input.shown;
}

byId("move-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const queue = byId("move-queue").value;
  command(event.submitter, "move", { queue }, `Moved to ${words(queue)}.`);
});

byId("priority-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = byId("priority");
  const priority = input.valueAsNumber;
  command(event.submitter, "priority", { priority }, `The priority is ${priority} now.`).then((done) => {
    if (done) input.shown = input.value;
  });
});

byId("withdraw").addEventListener("click", async () => {
  const sure = await ask(
    "Withdraw this caller?", `${callerWords(contact.caller)} hears that nobody can answer, and the call ends.`, "Withdraw the caller",
  );
  if (sure) await command(byId("withdraw"), "withdraw", {}, "Withdrawn: the caller hears a message, then the call ends.");
});

async function command(button, what, body, words) {
  say("");
  const of = contact.id;
  const answer = await act(button, byId("panel-failure"), `/api/contacts/${encodeURIComponent(of)}/${what}`, body);
  if (!answer || contact.id !== of) return false;
  const late = what !== "withdraw" && !["waiting", "offered"].includes(answer.contact?.state);
  say(late ? "It came too late: the contact waits no more." : words);
  askedAt = -Infinity;
  askWhy();
  return !late;
}

function say(text) {
  write(byId("panel-done"), text);
  show(byId("panel-done"), Boolean(text));
  show(byId("panel-failure"), false);
}

// ---- why it stands where it stands

async function askWhy() {
  if (asking || performance.now() - askedAt < ASK_AGAIN_MS) return;
  asking = true;
  askedAt = performance.now();
  const of = contact.id;
  let answer = null;
  let failure = null;
  try {
    answer = await get(`/api/contacts/${encodeURIComponent(of)}/why`);
  } catch (thrown) {
    failure = thrown;
  }
  asking = false;
  if (contact.id !== of) { // another contact's panel was opened meanwhile
    askWhy();
    return;
  }
  explanation = answer?.explanation ?? (failure.status === 404 ? null : explanation);
  write(byId("why-note"), failure ? `${failure.error} ${failure.remedy}` : "");
  drawPanel();
  drawWhy(answer?.agents_left_off ?? 0);
}

function drawWhy(leftOff = 0) {
  const told = explanation;
  const agents = told?.agents ?? [];
  show(byId("why-note"), Boolean(byId("why-note").textContent));
  show(byId("reasons-section"), agents.length > 0);
  redraw(byId("why"), told ? [
    ["Place", told.place === null ? "" : `${told.place} of ${told.waiting} in ${words(told.queue)}`],
    ["Priority", told.priority === null ? "" : String(told.priority)],
    ["Rule", told.rule], ["Because", told.because],
    ["Needs", told.needs.join("\n")], ["Widened", told.relaxed.join("\n")], ["Kept for", told.held_for ? nameOf(told.held_for) : ""],
  ] : [], factRows);
  fillRows(byId("reasons"), agents, (one) => one.agent, (one) => [
    { text: one.name, className: "strong" }, { text: one.words, className: MINE.has(one.reason) ? "good" : "soft" },
  ]);
  write(byId("reasons-more"), `And ${leftOff} more.`);
  show(byId("reasons-more"), leftOff > 0);
}

const nameOf = (id) => picture.agents.find((agent) => agent.id === id)?.name ?? id;

// ---- asking the server, and asking back

/** Post once however often it is clicked; the answer, or null after saying in `place` why not. */
async function act(button, place, path, body) {
  if (button.dataset.busy) return null;
  button.dataset.busy = "yes";
  button.setAttribute("aria-busy", "true");
  show(place, false);
  try {
    return await post(path, body);
  } catch (failure) {
    if (failure.status === 401) location.assign("/?next=overview");
    write(place, `${failure.error} ${failure.remedy}`);
    show(place, true);
    return null;
  } finally {
    delete button.dataset.busy;
    button.removeAttribute("aria-busy");
  }
}

function ask(title, text, yes) {
  const dialog = byId("ask");
  write(byId("ask-title"), title);
  write(byId("ask-words"), text);
  write(byId("ask-yes"), yes);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
