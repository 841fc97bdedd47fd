// The phones: whose each is, and what the PBX last said of it.

import { useAnswer } from "../../answer.ts";
import { Answered } from "../../components/Answered.tsx";
import { DeviceBadge } from "../../components/Badge.tsx";
import { Card, Empty } from "../../components/Card.tsx";
import { t } from "../../i18n/index.ts";
import type { Devices } from "./staff.ts";

export function DevicesSection() {
  const asked = useAnswer<Devices>("staff/devices");
  return (
    <Card title={t("admin.devices")}>
      <Answered asked={asked}>
        {({ devices }) =>
          devices.length === 0 ? (
            <Empty title={t("admin.no_devices")} />
          ) : (
            <div class="table-scroll">
              <table class="cards" aria-label={t("admin.devices")}>
                <thead>
                  <tr>
                    <th scope="col">{t("floor.phone")}</th>
                    <th scope="col">{t("floor.agent")}</th>
                    <th scope="col">{t("floor.state")}</th>
                  </tr>
                </thead>
                <tbody>
                  {devices.map((one) => (
                    <tr key={one.device}>
                      <td class="strong">{one.device}</td>
                      <td data-label={t("floor.agent")}>{one.agent}</td>
                      <td data-label={t("floor.state")}>{one.status ? <DeviceBadge device={one.status} /> : "–"}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Answered>
    </Card>
  );
}
