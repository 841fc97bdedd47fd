// What the server says: the entries of the live protocol and the answers of the HTTP API. snake_case, as on the wire.

export type AgentState = "logged_out" | "not_ready" | "ready" | "reserved" | "talking" | "wrap_up";
export type DeviceStatus = "free" | "ringing" | "in_use" | "unreachable" | "unknown";
export type QueueState = "open" | "drained" | "closed";
export type ContactState = "identifying" | "waiting" | "offered" | "connected" | "ended";
export type AlertLevel = "warning" | "critical";

export type Target = { queue: string } | { agent: string } | { number: string };

// ---- entries of the view "self"

export interface StateEntry {
  readonly state: AgentState;
  readonly reason: string | null;
  readonly since_ms: number;
  readonly deadline_ms: number | null;
  readonly contact: string | null;
  readonly pending: string | null;
}

export interface Customer {
  readonly id: number;
  readonly account: string;
  readonly name: string;
  readonly tier: string;
  readonly language: string | null;
  readonly notes: string | null;
  readonly account_manager: string | null;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

export interface Note {
  readonly at_ms: number;
  readonly by: string;
  readonly text: string;
}

export interface Skill {
  readonly name: string;
  readonly level: number;
}

export interface PopEntry {
  readonly agent: string;
  readonly offer: string;
  readonly contact: string;
  readonly caller: string | null;
  readonly caller_name: string;
  readonly dialled: string;
  readonly intent: string | null;
  readonly language: string | null;
  readonly tier: string;
  readonly customers: readonly Customer[];
  readonly identified: boolean;
  readonly queue: string;
  readonly priority: number;
  readonly skills: readonly Skill[];
  readonly rule: string;
  readonly because: string;
  readonly arrived_ms: number;
  readonly relaxed: readonly string[];
  readonly tags: readonly string[];
  readonly text: string;
  /** The supervisor who has given it to this agent. */
  readonly given_by?: string | null;
  readonly crm_link?: string | null;
  readonly notes?: readonly Note[];
  readonly script?: Script | null;
  readonly accept?: boolean;
}

/** What the agent says, step by step; the first step begins, one without choices is an end. */
export interface Script {
  readonly name: string;
  readonly title: string;
  readonly steps: readonly ScriptStep[];
}

export interface ScriptStep {
  readonly name: string;
  readonly text: string;
  readonly choices: readonly { readonly label: string; readonly to: string }[];
}

export interface RecentContact {
  readonly arrived_ms: number;
  readonly queue: string | null;
  readonly agent: string | null;
  readonly outcome: string;
  readonly disposition: string | null;
  readonly talked_ms: number | null;
  readonly contact?: string | null;
  readonly notes?: readonly Note[];
  readonly follow_up_on?: string | null;
}

export interface RecentEntry {
  readonly offer: string;
  readonly contacts: readonly RecentContact[];
  readonly error: string | null;
}

export interface TalkEntry {
  readonly contact: string;
  readonly since_ms: number;
  readonly on_hold: boolean;
  readonly held_since_ms: number | null;
  readonly consult: Consult | null;
  readonly conference: boolean;
  readonly direction: "in" | "out";
  readonly number: string | null;
  /** An outbound call that has not been answered yet; `since_ms` is when it was begun. */
  readonly dialling?: boolean;
}

export interface Consult {
  readonly to: Target;
  readonly state: "ringing" | "talking" | "failed";
  readonly words: string | null;
  readonly since_ms: number;
}

export interface MissedOffer {
  readonly at_ms: number;
  readonly queue: string;
  readonly caller: string | null;
  readonly reason: string;
}

/** Today's figures up to `upto_ms`; since then the agent is in the state that `state` shows. */
export interface FiguresEntry {
  readonly upto_ms: number;
  readonly answered: number;
  readonly missed: number;
  readonly talk_ms: number;
  readonly wrap_up_ms: number;
  readonly ready_ms: number;
  readonly not_ready_ms: number;
  readonly occupancy: number | null;
  /** How long, and since which moment. */
  readonly signed_in_ms: number;
  readonly signed_in_since_ms?: number | null;
}

export interface Pbx {
  readonly name: string;
  readonly up: boolean;
}

export interface MessageEntry {
  readonly id: string;
  readonly at_ms: number;
  readonly by: string;
  readonly text: string;
  readonly urgent: boolean;
}

// ---- entries of both views, and of the view "floor"

export interface QueueEntry {
  readonly name: string;
  readonly label?: string | null;
  readonly state: QueueState;
  readonly waiting: number;
  readonly oldest_ms: number | null;
  readonly connected: number;
  readonly agents_serving: number;
  readonly agents_ready: number;
  // the rest is for supervisors
  readonly service_level?: {
    readonly formula: string;
    readonly threshold_ms: number;
    readonly now: number | null;
    readonly today: number | null;
  };
  readonly answered?: number;
  readonly abandoned?: number;
  readonly short_abandoned?: number;
  readonly overflowed?: number;
  readonly average_speed_of_answer_ms?: number | null;
  readonly talking?: number;
  readonly wrap_up?: number;
  readonly not_ready?: Readonly<Record<string, number>>;
  readonly alert?: AlertLevel | null;
}

/** `device` null: there is none, and the agent has to choose; `chosen`: by the agent, and not configured. */
export interface PhoneEntry {
  readonly device: string | null;
  readonly chosen: boolean;
}

export interface AgentEntry extends StateEntry {
  readonly id: string;
  readonly name: string;
  readonly device: DeviceStatus;
  readonly phone: PhoneEntry;
  readonly queues: readonly string[];
  readonly skills: Readonly<Record<string, number>>;
  readonly tier: string | null;
  readonly direction: "in" | "out" | null;
  readonly figures: {
    readonly answered: number;
    readonly missed: number;
    readonly handle_ms: number;
    readonly occupancy: number | null;
  };
  readonly on_hold: boolean;
}

export interface ContactEntry {
  readonly id: string;
  readonly caller: string | null;
  readonly caller_name: string;
  readonly tier: string;
  readonly queue: string | null;
  readonly priority: number | null;
  readonly state: ContactState;
  readonly arrived_ms: number;
  readonly held_for: string | null;
  readonly steps: number;
  readonly tags: readonly string[];
  readonly customer_name: string | null;
  readonly agent: string | null;
}

export interface CenterEntry {
  readonly offering_stopped_by: string | null;
  readonly pbxs: readonly Pbx[];
  readonly totals: {
    readonly waiting: number;
    readonly longest_wait_since_ms: number | null;
    readonly talking: number;
    readonly ready: number;
    readonly reserved: number;
    readonly wrap_up: number;
    readonly not_ready: number;
    readonly logged_out: number;
  };
}

export interface AlertEntry {
  readonly id: string;
  readonly level: AlertLevel;
  readonly queue: string | null;
  /** What is out of bounds: waiting, longest_wait or service_level. */
  readonly measure?: string;
  readonly words: string;
  readonly since_ms: number;
}

interface Single {
  readonly state: StateEntry;
  readonly pop: PopEntry | null;
  readonly recent: RecentEntry | null;
  readonly talk: TalkEntry | null;
  readonly missed: readonly MissedOffer[];
  readonly figures: FiguresEntry;
  readonly device: DeviceStatus;
  readonly phone: PhoneEntry;
  readonly pbxs: readonly Pbx[];
  readonly center: CenterEntry;
}

interface Many {
  readonly queue: QueueEntry;
  readonly agent: AgentEntry;
  readonly contact: ContactEntry;
  readonly message: MessageEntry;
  readonly alert: AlertEntry;
}

/** The kinds of keys that there are many of: "queue" for "queue/sales". */
export type Kind = keyof Many;
export type EntryKey = keyof Single | `${Kind}/${string}`;
export type EntryOf<K extends EntryKey> = K extends keyof Single
  ? Single[K]
  : K extends `${infer P extends Kind}/${string}`
    ? Many[P]
    : never;
export type KindEntry<P extends Kind> = Many[P];

// ---- answers of the HTTP API

export type Role = "agent" | "supervisor" | "admin" | "viewer";

export interface Me {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly permissions: readonly string[];
  readonly queue_groups: readonly string[];
  readonly takes_contacts: boolean;
  readonly dispositions: readonly string[];
  readonly not_ready_reasons: readonly string[];
  readonly now_ms: number;
}

export interface Phones {
  readonly devices: readonly {
    readonly device: string;
    readonly status: DeviceStatus;
    readonly used_by: { readonly id: string; readonly name: string } | null;
    /** The one that the configuration gives to who asks. */
    readonly own: boolean;
  }[];
}

export interface Targets {
  readonly queues: readonly { name: string; label: string | null; open: boolean; waiting: number }[];
  /** `free`: a call could be given to this agent now. */
  readonly agents: readonly { id: string; name: string; state: AgentState; free?: boolean }[];
  readonly numbers: readonly { label: string; number: string }[];
}

export interface Explanation {
  readonly contact: string;
  readonly state: ContactState;
  readonly queue: string | null;
  readonly priority: number | null;
  readonly rule: string | null;
  readonly because: string | null;
  readonly needs: readonly string[];
  readonly relaxed: readonly string[];
  readonly held_for: string | null;
  readonly place: number | null;
  readonly waiting: number;
  readonly agents: readonly { agent: string; name: string; reason: string; words: string }[];
}

export interface WhyAnswer {
  readonly explanation: Explanation;
  readonly agents_left_off: number;
}
