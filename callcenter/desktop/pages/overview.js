// The overview: queues, agents and waiting contacts, live.
//
// The one idea: each message is the whole picture; rows are reused, so nothing jumps while it is being read.

import {
  byId, callerWords, deviceWords, duration, fillRows, Live, make, nowMs, post, queueStateWords, reasonWords, runTimers, show,
  showLink, stateWords, words, write,
} from "./live.js";
import { commandsCell, commandsHeader, follow, queueStateCell } from "./supervise.js";

let supervises = false;

const TILES = [
  ["waiting", "Waiting"], ["longest", "Longest wait"], ["connected", "Talking"], ["ready", "Ready"], ["reserved", "Reserved"],
  ["wrap_up", "Wrap-up"], ["not_ready", "Not ready"], ["logged_out", "Logged out"],
];

const tiles = new Map(TILES.map(([name, label]) => {
  const value = make("span", "tile-value", "0");
  const tile = make("div", "tile", value, make("span", "label", label));
  tile.dataset.tile = name;
  byId("tiles").append(tile);
  return [name, { tile, value }];
}));

function draw(picture) {
  show(byId("floor"), true);
  drawTiles(picture);
  const lost = picture.pbxs.filter((pbx) => !pbx.up).map((pbx) => pbx.name);
  write(byId("pbx-warning"), `The PBX ${lost.join(", ")} is not connected. Callers hear music; nothing can be offered until it is back.`);
  show(byId("pbx-warning"), lost.length > 0);
  const stoppedBy = picture.offering_stopped_by;
  write(byId("drained"), `No offers are made, ${stoppedBy} has asked for it. Callers wait on, in their places; conversations end as they end.`);
  show(byId("drained"), stoppedBy !== null);
  drawQueues(picture.queues);
  drawAgents(picture.agents);
  drawWaiting(picture);
}

function drawTiles({ queues, agents }) {
  const sum = (key) => queues.reduce((total, queue) => total + queue[key], 0);
  const inState = (state) => agents.filter((agent) => agent.state === state).length;
  const oldest = Math.min(...queues.map((queue) => queue.oldest_ms ?? Infinity));
  const values = {
    waiting: sum("waiting"), connected: sum("connected"), ready: inState("ready"), reserved: inState("reserved"), wrap_up: inState("wrap_up"),
    not_ready: inState("not_ready"), logged_out: inState("logged_out"),
  };
  for (const [name, { tile, value }] of tiles) {
    if (name === "longest") {
      if (oldest === Infinity) {
        delete value.dataset.since;
        write(value, "–");
      } else {
        value.dataset.since = oldest;
        write(value, duration(nowMs() - oldest));
      }
      tile.dataset.some = String(oldest !== Infinity);
    } else {
      write(value, String(values[name]));
      tile.dataset.some = String(values[name] > 0);
    }
  }
}

const QUEUE_TONES = { open: "soft", drained: "fair", closed: "poor" };

function drawQueues(queues) {
  fillRows(byId("queues"), queues, (queue) => queue.name, (queue) => [
    { text: words(queue.name), className: "strong" },
    supervises ? queueStateCell(queue) : { text: queueStateWords(queue.state), className: QUEUE_TONES[queue.state] ?? "" },
    { text: String(queue.waiting), className: queue.waiting ? "number strong" : "number soft" },
    queue.oldest_ms === null ? { text: "–", className: "number soft" } : { since: queue.oldest_ms, className: "number" },
    { text: String(queue.connected), className: queue.connected ? "number" : "number soft" },
    { text: String(queue.agents_ready), className: queue.agents_ready ? "number good" : "number soft" },
    { text: String(queue.agents_serving), className: "number" },
  ]);
}

function drawAgents(agents) {
  const sorted = [...agents].sort((one, other) =>
    (one.state === "logged_out") - (other.state === "logged_out") || one.name.localeCompare(other.name));
  fillRows(byId("agents"), sorted, (agent) => agent.id, (agent) => [
    { text: agent.name, className: agent.state === "logged_out" ? "soft" : "strong" },
    { text: stateWords(agent.state), inner: "state-chip", state: agent.state },
    { text: reasonOf(agent), className: "soft" },
    agent.state === "logged_out" ? { text: "–", className: "number soft" } : { since: agent.since_ms, className: "number" },
    agent.tier ? { tier: agent.tier } : { text: "–", className: "soft" },
    { text: deviceWords(agent.device), className: agent.device === "unreachable" ? "poor" : "soft" },
  ]);
}

function reasonOf(agent) {
  if (agent.pending) return `then ${reasonWords(agent.pending).toLowerCase()}`;
  return agent.reason ? reasonWords(agent.reason) : "";
}

function drawWaiting({ contacts, agents }) {
  const names = new Map(agents.map((agent) => [agent.id, agent.name]));
  show(byId("nobody-waits"), !contacts.length);
  show(byId("waiting-table"), contacts.length > 0);
  fillRows(byId("waiting"), contacts, (contact) => contact.id, (contact) => [
    callerCell(contact, names),
    { tier: contact.tier },
    contact.queue ? words(contact.queue) : "–",
    { text: contact.priority === null ? "–" : String(contact.priority), className: "number" },
    { since: contact.arrived_ms, className: "number" },
    ...(supervises ? [commandsCell(contact)] : []),
  ]);
}

/** The caller, and under it whom the contact is kept for and how far it has been widened. */
function callerCell(contact, names) {
  const notes = [];
  if (contact.in_fallback) notes.push("In the PBX's own queue, asked back");
  if (contact.held_for) notes.push(`Kept for ${names.get(contact.held_for) ?? contact.held_for}`);
  if (contact.relaxed) notes.push(`Widened by ${contact.relaxed} ${contact.relaxed === 1 ? "step" : "steps"}`);
  return {
    build: () => make("div", "caller", make("span"), make("span", "row-note")),
    update: (cell) => {
      write(cell.firstElementChild, callerWords(contact.caller));
      write(cell.lastElementChild, notes.join(" · "));
      show(cell.lastElementChild, notes.length > 0);
    },
  };
}

async function begin() {
  const response = await fetch("/api/me").catch(() => null);
  if (response?.status === 401) {
    show(byId("signed-out"), true);
    return;
  }
  if (!response?.ok) {
    showLink("off", 3);
    setTimeout(begin, 3_000);
    return;
  }
  const me = await response.json();
  write(byId("who"), me.agent.name);
  show(byId("agent-link"), me.takes_contacts); // an agent signs out there, where the contact is seen
  show(byId("sign-out"), !me.takes_contacts);
  supervises = me.roles.includes("supervisor");
  if (supervises) {
    document.body.classList.add("supervises");
    byId("waiting-head").append(commandsHeader());
  }
  new Live("/api/overview", (message) => {
    if (message.type === "picture") draw(message);
    follow(message);
  }, (kind, secondsLeft) => {
    if (kind === "signed-out") location.assign("/?next=overview");
    else showLink(kind, secondsLeft);
  });
  setInterval(runTimers, 250);
}

byId("sign-out").addEventListener("click", () => post("/api/sign-out").then(() => location.assign("/"), () => {}));

begin();
