// What is known: of the customer, of the reason why this contact came here, of the last contacts.

import { TierBadge } from "../../components/Badge.tsx";
import { Card, type Fact, Facts, Notice } from "../../components/Card.tsx";
import { Duration, Moment } from "../../components/Clock.tsx";
import { Icon } from "../../components/Icon.tsx";
import { day, languageIn, number } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { readable } from "../../i18n/names.ts";
import { store } from "../../live/index.ts";
import { useShortcuts } from "../../shortcuts.ts";
import type { Customer, PopEntry, RecentContact } from "../../types.ts";
import { dispositionWords, outcomeWords, queueWords } from "../../words.ts";
import { webLink } from "./links.ts";

export function CustomerCard({ pop }: { readonly pop: PopEntry }) {
  const link = webLink(pop.crm_link);
  return (
    <Card class="record-card" title={t("agent.customer")} aside={link && <CrmLink to={link} />}>
      <CustomerNote pop={pop} />
      {pop.customers.map((customer) => (
        <Record key={customer.id} customer={customer} alone={pop.customers.length === 1} />
      ))}
    </Card>
  );
}

function CrmLink({ to }: { readonly to: string }) {
  useShortcuts([
    {
      key: "l",
      label: "agent.key_crm",
      group: "agent.keys_contact",
      run: () => window.open(to, "_blank", "noopener,noreferrer"),
    },
  ]);
  return (
    <a class="button small" href={to} target="_blank" rel="noopener noreferrer">
      <Icon name="out" size={16} />
      {t("agent.open_crm")}
    </a>
  );
}

function CustomerNote({ pop }: { readonly pop: PopEntry }) {
  if (!pop.identified) return <Notice>{t("agent.looking_up_customer")}</Notice>;
  if (pop.customers.length > 1) {
    return <Notice tone="warn">{t("agent.several_customers", { count: pop.customers.length })}</Notice>;
  }
  if (pop.customers.length === 0) {
    return <p class="soft">{t(pop.caller ? "agent.no_customer" : "agent.number_withheld")}</p>;
  }
  return null;
}

function Record({ customer, alone }: { readonly customer: Customer; readonly alone: boolean }) {
  const attributes: Fact[] = Object.entries(customer.attributes ?? {}).map(([name, value]) => [
    readable(name),
    typeof value === "boolean"
      ? t(value ? "common.yes" : "common.no")
      : typeof value === "number"
        ? number(value)
        : value,
  ]);
  return (
    <article class="record">
      {!alone && (
        <div class="row apart">
          <strong class="any">{customer.name}</strong>
          <TierBadge tier={customer.tier} />
        </div>
      )}
      <Facts
        facts={[
          [t("agent.account"), customer.account],
          [t("agent.language"), customer.language && languageIn(customer.language)],
          [t("agent.account_manager"), customer.account_manager],
          ...attributes,
          [t("agent.record_notes"), customer.notes],
        ]}
      />
    </article>
  );
}

export function WhyCard({ pop }: { readonly pop: PopEntry }) {
  return (
    <Card class="why-card" title={t("agent.why_you")}>
      <div class="stack tight">
        {pop.given_by && <Notice>{t("agent.given_by", { name: pop.given_by })}</Notice>}
        <p class="strong any">{pop.because}</p>
        <Facts
          facts={[
            [t("agent.queue"), queueWords(pop.queue, store.entry(`queue/${pop.queue}`).value?.label)],
            [t("agent.rule"), pop.rule],
            [t("agent.priority"), number(pop.priority)],
            [t("agent.skills"), pop.skills.map((skill) => `${readable(skill.name)} ≥ ${skill.level}`).join("\n")],
            [t("agent.widened"), pop.relaxed.join("\n")],
            [t("agent.dialled"), pop.dialled],
            [t("agent.language"), pop.language && languageIn(pop.language)],
          ]}
        />
      </div>
    </Card>
  );
}

export function RecentCard() {
  const recent = store.entry("recent").value;
  return (
    <Card class="recent-card" title={t("agent.last_contacts")}>
      {!recent && <p class="soft">{t("agent.looking_up")}</p>}
      {recent?.error && <p class="soft">{recent.error}</p>}
      {recent && !recent.error && recent.contacts.length === 0 && <p class="soft">{t("agent.none_on_record")}</p>}
      {recent && recent.contacts.length > 0 && (
        <ul class="lines-list">
          {recent.contacts.map((contact) => (
            <Past key={`${contact.arrived_ms}-${contact.queue}`} contact={contact} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function Past({ contact }: { readonly contact: RecentContact }) {
  return (
    <li>
      <span class="line-when soft">
        <Moment ms={contact.arrived_ms} />
      </span>
      <span class="line-what strong any">
        {contact.disposition ? dispositionWords(contact.disposition) : outcomeWords(contact.outcome)}
      </span>
      <span class="line-who soft any">
        {[contact.queue && queueWords(contact.queue), contact.agent].filter(Boolean).join(" · ")}
      </span>
      {(contact.notes ?? []).length > 0 && (
        <span class="line-notes soft small lines any">
          {contact.notes?.map((note) => `${note.text} (${note.by})`).join("\n")}
        </span>
      )}
      {contact.follow_up_on && (
        <span class="line-notes small">{t("agent.follow_up_was", { day: day(contact.follow_up_on) })}</span>
      )}
      <span class="line-more soft">{contact.talked_ms ? <Duration ms={contact.talked_ms} /> : "–"}</span>
    </li>
  );
}
