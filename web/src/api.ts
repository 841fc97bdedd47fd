// Asking the server over HTTP.
//
// The one idea: an answer is data, and a refusal is a `Refusal` with two sentences, what was wrong and what would be
// right. Whoever gave the order catches it (components/Action.tsx does) and shows it where the order was given.

import { t } from "./i18n/index.ts";

const BASE = "/api/v1/";
const LIMIT_MS = 15_000;
const REPORT_LIMIT_MS = 75_000; // the server gives up before

export class Refusal extends Error {
  readonly status: number;
  readonly remedy: string;
  /** Further keys of the answer. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(status: number, error: string, remedy: string, details: Readonly<Record<string, unknown>> = {}) {
    super(error);
    this.status = status;
    this.remedy = remedy;
    this.details = details;
  }
}

/** The session is over. The sign-in page says so; where the order was given nothing needs to be shown. */
export class SignedOut extends Refusal {}

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

interface Asked {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly body?: unknown;
  readonly query?: Query | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The answer is a file, of whatever type. */
  readonly file?: boolean;
}

let whenSignedOut: () => void = () => undefined;

/** What to do when the server says that this session is over (session.ts sets it). */
export function onSignedOut(act: () => void): void {
  whenSignedOut = act;
}

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
    ask<T>(path, { method: "GET", query, signal }),
  file: (path: string, query?: Query): Promise<Blob> => ask<Blob>(path, { method: "GET", query, file: true }),
  post: <T = unknown>(path: string, body: unknown = {}): Promise<T> => ask<T>(path, { method: "POST", body }),
  put: <T = unknown>(path: string, body: unknown, query?: Query): Promise<T> =>
    ask<T>(path, { method: "PUT", body, query }),
  patch: <T = unknown>(path: string, body: unknown): Promise<T> => ask<T>(path, { method: "PATCH", body }),
  delete: <T = unknown>(path: string): Promise<T> => ask<T>(path, { method: "DELETE" }),
};

/** An address of the API from parts; each is escaped: at("contacts", id, "move"). */
export const at = (...parts: readonly string[]): string => parts.map(encodeURIComponent).join("/");

/** Where the server has it, for a link. */
export const addressAt = (path: string, query?: Query): string => BASE + path + search(query);

async function ask<T>(path: string, asked: Asked): Promise<T> {
  const response = await sent(path, asked);
  if (response.ok && asked.file) return (await blobOf(response)) as T;
  const type = response.headers.get("content-type") ?? "";
  const answer: unknown = type.includes("json") ? await response.json().catch(() => null) : await response.text();
  if (response.ok) return answer as T;
  const said = typeof answer === "object" && answer !== null ? (answer as Record<string, unknown>) : {};
  const over = response.status === 401 && path !== "sign-in";
  if (over) whenSignedOut();
  throw new (over ? SignedOut : Refusal)(
    response.status,
    textOr(said["error"], t("error.answered", { status: String(response.status) })),
    textOr(said["remedy"], t("error.try_again")),
    said,
  );
}

async function blobOf(response: Response): Promise<Blob> {
  try {
    return await response.blob();
  } catch {
    throw new Refusal(0, t("error.no_answer"), t("error.look_at_network")); // it broke off half-way
  }
}

const textOr = (value: unknown, otherwise: string): string => (typeof value === "string" && value ? value : otherwise);

async function sent(path: string, { method, body, query, signal }: Asked): Promise<Response> {
  const limit = AbortSignal.timeout(path.startsWith("reports/") ? REPORT_LIMIT_MS : LIMIT_MS);
  const init: RequestInit = { method, signal: signal ? AbortSignal.any([signal, limit]) : limit };
  // A text is sent as it is, such as a CSV file; anything else as JSON.
  if (body !== undefined) {
    init.headers = { "Content-Type": typeof body === "string" ? "text/csv; charset=utf-8" : "application/json" };
    init.body = typeof body === "string" ? body : JSON.stringify(body);
  }
  try {
    return await fetch(addressAt(path, query), init);
  } catch (failure) {
    if (signal?.aborted) throw failure;
    throw new Refusal(0, t("error.no_answer"), t("error.look_at_network"));
  }
}

function search(query: Query = {}): string {
  const wanted = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") wanted.set(name, String(value));
  }
  const text = wanted.toString();
  return text ? `?${text}` : "";
}
