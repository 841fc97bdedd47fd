// The supervisor's wallboard: figures on top, then queues, agents and who waits. A click opens a panel beside it all.
//
// The one idea: what is open is in the address (?contact=…, ?agent=…, ?queue=…), and what is filtered and sorted is kept,
// so that a drill-down and the way back lose no place.

import { Button } from "../../components/Button.tsx";
import { Link } from "../../components/Link.tsx";
import { Page } from "../../components/Page.tsx";
import { t } from "../../i18n/index.ts";
import { useView } from "../../live/index.ts";
import { go, goBack, here } from "../../router.ts";
import { may } from "../../session.ts";
import { AgentPanel } from "./AgentPanel.tsx";
import { AgentsCard } from "./AgentsCard.tsx";
import { Alerts } from "./Alerts.tsx";
import { ContactPanel } from "./ContactPanel.tsx";
import { ContactsCard } from "./ContactsCard.tsx";
import { MessageDialog } from "./MessageDialog.tsx";
import { OfferingSwitch } from "./OfferingSwitch.tsx";
import { QueuePanel } from "./QueuePanel.tsx";
import { QueuesCard } from "./QueuesCard.tsx";
import { Totals } from "./Totals.tsx";

export default function FloorPage() {
  useView("floor");
  const { query } = here.value;
  const [contact, agent, queue] = [query.get("contact"), query.get("agent"), query.get("queue")];
  const close = (): void => goBack("/floor");
  return (
    <Page
      title={t("nav.floor")}
      class="floor"
      aside={
        <div class="row wrap">
          <OfferingSwitch />
          {may("send_messages") && (
            <Button icon="message" onClick={() => go("/floor?message=all")}>
              {t("floor.message")}
            </Button>
          )}
          <Link to="/wall" class="button plain">
            {t("floor.to_wall")}
          </Link>
        </div>
      }
    >
      <Totals />
      <Alerts />
      <QueuesCard />
      <div class="floor-columns">
        <AgentsCard />
        <ContactsCard />
      </div>
      {contact !== null && <ContactPanel key={contact} id={contact} onClose={close} />}
      {agent !== null && <AgentPanel key={agent} id={agent} onClose={close} />}
      {queue !== null && <QueuePanel key={queue} name={queue} onClose={close} />}
      {query.get("message") !== null && <MessageDialog to={query.get("message") ?? "all"} onClose={close} />}
    </Page>
  );
}
