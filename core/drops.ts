// The account of everything that was not delivered as sent: dropped or merged, by class and scope.
//
// Pressure is never silent: whoever drops or merges says so here, and the sums are the metric
// `rtc_room_updates_dropped_total{class,scope}`.

import { DeliveryClass } from "./protocol/message.ts";

/** Where an update is dropped or merged: three budgets, the scheduler, the queue to a slow client, a full trunk. */
export const DROP_SCOPES = ["connection", "room", "node", "fanout", "outbound", "trunk"] as const;
export type DropScope = (typeof DROP_SCOPES)[number];

const CLASS_NAMES = ["control", "critical", "coalescable", "droppable"] as const;

export class DropAccount {
  readonly #dropped = new Float64Array(4 * DROP_SCOPES.length);
  readonly #merged = new Float64Array(4 * DROP_SCOPES.length);

  dropped(deliveryClass: DeliveryClass, scope: DropScope, count = 1): void {
    const at = DROP_SCOPES.indexOf(scope) * 4 + deliveryClass;
    this.#dropped[at] = this.#dropped[at]! + count;
  }

  merged(deliveryClass: DeliveryClass, scope: DropScope, count = 1): void {
    const at = DROP_SCOPES.indexOf(scope) * 4 + deliveryClass;
    this.#merged[at] = this.#merged[at]! + count;
  }

  /** Visits every (class, scope), zeros included, in a fixed order. */
  each(
    visit: (className: string, scope: DropScope, dropped: number, merged: number) => void,
  ): void {
    DROP_SCOPES.forEach((scope, s) => {
      for (let c = 1; c < 4; c++) {
        visit(CLASS_NAMES[c]!, scope, this.#dropped[s * 4 + c]!, this.#merged[s * 4 + c]!);
      }
    });
  }
}
