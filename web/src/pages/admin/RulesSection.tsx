// The rules in force, as they stand: which version, whose, and the text of each file; and the versions before it.

import { useSignal } from "@preact/signals";
import { useAnswer } from "../../answer.ts";
import { Answered } from "../../components/Answered.tsx";
import { Card, Facts } from "../../components/Card.tsx";
import { Moment } from "../../components/Clock.tsx";
import { Tabs } from "../../components/Tabs.tsx";
import { t } from "../../i18n/index.ts";
import type { Version } from "./staff.ts";

interface RuleFiles {
  readonly version: Version;
  readonly files: readonly { readonly name: string; readonly kind: string; readonly text: string }[];
}

export function RulesSection() {
  const asked = useAnswer<RuleFiles>("rules/in-force/files");
  const versions = useAnswer<{ readonly versions: readonly Version[] }>("rules/versions");
  return (
    <>
      <Card title={t("admin.rules_in_force")}>
        <Answered asked={asked}>{(found) => <InForce found={found} />}</Answered>
      </Card>
      <Card title={t("admin.rule_versions")}>
        <Answered asked={versions}>
          {(found) => (
            <ol class="versions">
              {found.versions.map((version) => (
                <li key={version.number}>
                  <span class="strong">{version.number}</span> <Moment ms={version.at_ms} /> {version.author}
                  <span class="soft"> {version.message}</span>
                </li>
              ))}
            </ol>
          )}
        </Answered>
      </Card>
    </>
  );
}

function InForce({ found }: { readonly found: RuleFiles }) {
  const shown = useSignal(found.files[0]?.name ?? "");
  const file = found.files.find((one) => one.name === shown.value) ?? found.files[0];
  const { version } = found;
  return (
    <div class="stack">
      <Facts
        facts={[
          [t("admin.version_number"), version.number > 0 ? version.number : t("admin.from_folder")],
          [t("admin.author"), version.author],
          [t("admin.at"), version.at_ms > 0 && <Moment ms={version.at_ms} />],
          [t("admin.message"), version.message],
        ]}
      />
      {file && (
        <Tabs
          label={t("admin.files")}
          tabs={found.files.map((one) => ({ id: one.name, label: one.name }))}
          value={file.name}
          onChange={(name) => {
            shown.value = name;
          }}
        >
          <Source text={file.text} />
        </Tabs>
      )}
    </div>
  );
}

/** A text with its lines numbered, as the checks name them. */
function Source({ text }: { readonly text: string }) {
  const lines = text.replace(/\n$/, "").split("\n");
  return (
    // A scrolling place must be reachable by keyboard.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <ol class="source" tabIndex={0} aria-label={t("admin.source")}>
      {lines.map((line, index) => (
        <li key={index}>
          <code>{line}</code>
        </li>
      ))}
    </ol>
  );
}
