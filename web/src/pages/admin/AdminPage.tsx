// The administration: a room for each kind of thing, side by side at the left, with an address of its own.

import type { ComponentType } from "preact";
import { Link } from "../../components/Link.tsx";
import { Page } from "../../components/Page.tsx";
import { type Key, t } from "../../i18n/index.ts";
import type { PageProps } from "../../routes.ts";
import { may } from "../../session.ts";
import { AuditSection } from "./AuditSection.tsx";
import { DevicesSection } from "./DevicesSection.tsx";
import { ImportSection } from "./ImportSection.tsx";
import { ListsSection } from "./ListsSection.tsx";
import { PeopleSection } from "./PeopleSection.tsx";
import { RulesSection } from "./RulesSection.tsx";
import { TokensSection } from "./TokensSection.tsx";
import { WebhooksSection } from "./WebhooksSection.tsx";

interface Section {
  readonly name: string;
  readonly label: Key;
  readonly mayOpen: () => boolean;
  readonly shown: ComponentType;
}

const seesStaff = (): boolean => may("see_staff") || may("manage_staff");

const SECTIONS: readonly Section[] = [
  { name: "people", label: "admin.people", mayOpen: seesStaff, shown: PeopleSection },
  { name: "import", label: "admin.import", mayOpen: () => may("manage_staff"), shown: ImportSection },
  { name: "devices", label: "admin.devices", mayOpen: seesStaff, shown: DevicesSection },
  { name: "lists", label: "admin.lists", mayOpen: seesStaff, shown: ListsSection },
  {
    name: "rules",
    label: "admin.rules",
    mayOpen: () => may("see_rules") || may("publish_rules"),
    shown: RulesSection,
  },
  { name: "tokens", label: "admin.tokens", mayOpen: () => may("manage_tokens"), shown: TokensSection },
  { name: "webhooks", label: "admin.webhooks", mayOpen: () => may("manage_webhooks"), shown: WebhooksSection },
  { name: "audit", label: "admin.audit", mayOpen: () => may("see_audit"), shown: AuditSection },
];

export default function AdminPage({ params }: PageProps) {
  const open = SECTIONS.filter((section) => section.mayOpen());
  const section = open.find((one) => one.name === params["section"]) ?? open[0];
  const Shown = section?.shown;
  return (
    <Page title={t("nav.admin")} class="admin">
      <div class="admin-rooms">
        <nav aria-label={t("admin.sections")}>
          {open.map((one) => (
            <Link key={one.name} to={`/admin/${one.name}`} current={one === section}>
              {t(one.label)}
            </Link>
          ))}
        </nav>
        <div class="stack">{Shown && <Shown />}</div>
      </div>
    </Page>
  );
}
