// What the staff's API answers, as far as the pages need it.

import type { DeviceStatus } from "../../types.ts";

export interface Version {
  readonly number: number;
  readonly author: string;
  readonly at_ms: number;
  readonly message: string;
  readonly changed: readonly string[];
}

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly queue_groups: readonly string[];
  readonly device: string | null;
  readonly skills: Readonly<Record<string, number>>;
  readonly queues: Readonly<Record<string, number>>;
  readonly password_set: boolean;
}

export interface Staff {
  readonly version: Version;
  readonly people: readonly Person[];
  readonly roles: readonly string[];
  readonly queue_groups: readonly string[];
  readonly queues: readonly string[];
  readonly skills: readonly string[];
}

export interface Devices {
  readonly devices: readonly { device: string; agent: string; status: DeviceStatus | null }[];
}

export interface StaffList {
  readonly values: readonly string[];
  readonly used_by: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>;
  readonly rules_version: number;
}

export type Fields = Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>;

export interface Imported {
  readonly dry_run: boolean;
  readonly based_on: number;
  readonly version: Version | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly rows: readonly { row: number; id: string; what: string; fields: Fields }[];
  readonly mistakes: readonly { row: number; column: string | null; what: string; remedy: string }[];
  readonly mistakes_left_off: number;
}

/** A value of a field as people read it. */
export function plain(value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  if (Array.isArray(value)) return value.length > 0 ? value.join(", ") : "–";
  if (typeof value === "object") {
    const pairs = Object.entries(value).map(([name, level]) => `${name} ${String(level)}`);
    return pairs.length > 0 ? pairs.join(", ") : "–";
  }
  return String(value);
}
