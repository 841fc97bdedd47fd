// Every page of the application: its address, who gets it, and what it is called in the navigation.
//
// A page is a module in src/pages/ whose default export is its component; it is fetched when it is first gone to.

import type { ComponentType } from "preact";
import type { Key } from "./i18n/index.ts";
import type { Me } from "./types.ts";

export interface PageProps {
  /** The named parts of the address: {id} for /contacts/:id. */
  readonly params: Readonly<Record<string, string>>;
}

export interface Route {
  readonly pattern: string;
  readonly load: () => Promise<{ readonly default: ComponentType<PageProps> }>;
  readonly mayOpen: (me: Me) => boolean;
  /** In the navigation, under this name. */
  readonly label?: Key;
  /** The whole screen is the page's: no bar, no navigation. */
  readonly bare?: boolean;
}

const takesContacts = (me: Me): boolean => me.takes_contacts;
const holds =
  (...anyOf: readonly string[]) =>
  (me: Me): boolean =>
    anyOf.some((permission) => me.permissions.includes(permission));
const seesFloor = holds("see_floor");
const administers = holds("see_staff", "see_rules", "see_audit", "manage_tokens", "manage_webhooks");

const admin = () => import("./pages/admin/AdminPage.tsx");

export const routes: readonly Route[] = [
  { pattern: "/agent", load: () => import("./pages/agent/AgentPage.tsx"), mayOpen: takesContacts, label: "nav.agent" },
  {
    pattern: "/figures",
    load: () => import("./pages/figures/FiguresPage.tsx"),
    mayOpen: takesContacts,
    label: "nav.figures",
  },
  { pattern: "/floor", load: () => import("./pages/floor/FloorPage.tsx"), mayOpen: seesFloor, label: "nav.floor" },
  { pattern: "/wall", load: () => import("./pages/wall/WallPage.tsx"), mayOpen: seesFloor, bare: true },
  {
    pattern: "/contacts",
    load: () => import("./pages/contacts/ContactsPage.tsx"),
    mayOpen: holds("see_contacts"),
    label: "nav.contacts",
  },
  {
    pattern: "/reports",
    load: () => import("./pages/reports/ReportsPage.tsx"),
    mayOpen: holds("see_reports"),
    label: "nav.reports",
  },
  { pattern: "/contacts/:id", load: () => import("./pages/contacts/ContactPage.tsx"), mayOpen: () => true },
  { pattern: "/admin", load: admin, mayOpen: administers, label: "nav.admin" },
  { pattern: "/admin/:section", load: admin, mayOpen: administers },
  { pattern: "/admin/:section/:id", load: admin, mayOpen: administers },
];

/** Where somebody starts who comes to "/". */
export const homeOf = (me: Me): string => (takesContacts(me) ? "/agent" : seesFloor(me) ? "/floor" : "/admin");
