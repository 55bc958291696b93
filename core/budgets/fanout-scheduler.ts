// What a node fans out next, when it cannot fan out everything at once.
//
// A unit of work is one item of one room, and costs as many deliveries as it has recipients. Critical
// items go first, in the order they came. The rest is shared by deficit round robin over the rooms
// (Shreedhar and Varghese 1995): every round a room may spend a quantum of deliveries, so a room of
// five hundred that speaks all the time delays a room of two by one round and no more. A caller serves
// in slices and may do other work in between; a slice that ends in the middle of a room's turn goes on
// there (SPEC TB6 to TB8).
//
// Every item hangs in two lists: in its room's, and in that of its class by age. So each operation
// touches a constant number of nodes, also dropping the oldest and forgetting a room. Nodes and room
// records are used again.

import { assert } from "../assert.ts";
import { DeliveryClass } from "../protocol/message.ts";

export type EnqueueResult = "queued" | "merged" | "dropped" | "displaced";

export interface FanoutLimits {
  /** Deliveries that a room of weight 1 may spend per round. Above 0. */
  readonly quantumDeliveries: number;
  /** Deliveries that may wait before non-critical items are dropped. */
  readonly backlogMax: number;
}

class QueuedItem<Item extends object> {
  item: Item | undefined = undefined;
  cost = 0;
  key = "";
  deliveryClass: DeliveryClass = DeliveryClass.critical;
  queue: RoomQueue<Item> | undefined = undefined;
  olderInRoom: QueuedItem<Item> | undefined = undefined;
  newerInRoom: QueuedItem<Item> | undefined = undefined;
  olderInClass: QueuedItem<Item> | undefined = undefined;
  newerInClass: QueuedItem<Item> | undefined = undefined;
}

/** What one room has waiting. The critical chain is only there to be forgotten with its room. */
class RoomQueue<Item extends object> {
  room = 0;
  /** Deliveries the room may still spend in its turn. */
  deficit = 0;
  quantum = 0;
  readonly oldest: (QueuedItem<Item> | undefined)[] = [undefined, undefined];
  readonly newest: (QueuedItem<Item> | undefined)[] = [undefined, undefined];
  /** Queued items by merge key: those of coalescable and those of droppable class. */
  readonly coalescableKeys = new Map<string, QueuedItem<Item>>();
  readonly droppableKeys = new Map<string, QueuedItem<Item>>();
  /** Neighbours in the round; both set while the room has non-critical items. */
  next: RoomQueue<Item> | undefined = undefined;
  previous: RoomQueue<Item> | undefined = undefined;

  keysOf(deliveryClass: DeliveryClass): Map<string, QueuedItem<Item>> {
    return deliveryClass === DeliveryClass.coalescable ? this.coalescableKeys : this.droppableKeys;
  }
}

/** Which of the two chains of a room a class hangs in. */
function chainOf(deliveryClass: DeliveryClass): 0 | 1 {
  return deliveryClass === DeliveryClass.critical ? 0 : 1;
}

const CLASSES = 4; // DeliveryClass counts 0 … 3.

export class FanoutScheduler<Item extends object> {
  readonly #quantumDeliveries: number;
  readonly #backlogMax: number;
  readonly #queues = new Map<number, RoomQueue<Item>>();
  readonly #weights = new Map<number, number>();
  readonly #oldest: (QueuedItem<Item> | undefined)[] = new Array(CLASSES).fill(undefined);
  readonly #newest: (QueuedItem<Item> | undefined)[] = new Array(CLASSES).fill(undefined);
  readonly #deliveries = new Float64Array(CLASSES);
  readonly #freeItems: QueuedItem<Item>[] = [];
  readonly #freeQueues: RoomQueue<Item>[] = [];
  /** The room whose turn it is, undefined when no room has non-critical items. */
  #turn: RoomQueue<Item> | undefined = undefined;
  /** Whether that room has had its quantum of this round. */
  #turnBegun = false;
  #items = 0;
  /** Items dropped and merged since the beginning, indexed by `DeliveryClass`. */
  readonly droppedByClass = new Float64Array(CLASSES);
  readonly mergedByClass = new Float64Array(CLASSES);

  constructor(limits: FanoutLimits) {
    assert(limits.quantumDeliveries > 0, "a quantum is above 0", limits.quantumDeliveries);
    assert(limits.backlogMax >= 0, "a backlog limit is 0 or more", limits.backlogMax);
    this.#quantumDeliveries = limits.quantumDeliveries;
    this.#backlogMax = limits.backlogMax;
  }

  /** Deliveries that wait: the metric `fanout_queue_depth`. */
  get backlogDeliveries(): number {
    const byClass = this.#deliveries;
    return (
      byClass[DeliveryClass.critical] +
      byClass[DeliveryClass.coalescable] +
      byClass[DeliveryClass.droppable]
    );
  }

  get backlogItems(): number {
    return this.#items;
  }

  /** Gives a room `weight` quanta per round, until it is forgotten. 1 unless said. */
  setWeight(room: number, weight: number): void {
    assert(weight > 0, "a weight is above 0", weight);
    this.#weights.set(room, weight);
    const queue = this.#queues.get(room);
    if (queue !== undefined) queue.quantum = weight * this.#quantumDeliveries;
  }

  /**
   * Takes an item in. `key` "" never merges; else the queued item of the same room, class and key
   * takes the new value and keeps its place. Above the backlog limit the oldest droppable items go
   * first, then the oldest coalescable ones, and only for an item of at least their importance; an
   * item for which that would not make room is dropped itself. Critical and control items always enter.
   */
  enqueue(
    room: number,
    deliveryClass: DeliveryClass,
    cost: number,
    key: string,
    item: Item,
  ): EnqueueResult {
    assert(cost >= 0, "a cost is 0 deliveries or more", cost);
    const critical = deliveryClass <= DeliveryClass.critical;
    if (!critical && key !== "" && this.#merged(room, deliveryClass, cost, key, item)) {
      this.mergedByClass[deliveryClass] += 1;
      return "merged";
    }
    let displaced = false;
    if (this.backlogDeliveries + cost > this.#backlogMax) {
      if (!critical && this.#firmBacklog(deliveryClass) + cost > this.#backlogMax) {
        this.droppedByClass[deliveryClass] += 1;
        return "dropped";
      }
      displaced = this.#displace(deliveryClass, cost);
    }
    this.#append(room, critical ? DeliveryClass.critical : deliveryClass, cost, key, item);
    return displaced ? "displaced" : "queued";
  }

  /**
   * Serves items until `deliveries` are spent; an item that costs more than what is left ends the
   * slice, unless it is the slice's first. Returns the deliveries spent. `visit` may enqueue.
   */
  serve(deliveries: number, visit: (room: number, item: Item, cost: number) => void): number {
    let spent = 0;
    let visited = 0;
    for (;;) {
      const next = this.#oldest[DeliveryClass.critical] ?? this.#nextInRound();
      if (next === undefined) return spent;
      if (visited > 0 && spent + next.cost > deliveries) return spent;
      if (visited === 0 && deliveries <= 0) return 0;
      const { item, cost } = next;
      const queue = next.queue as RoomQueue<Item>; // Set as long as an item is queued.
      const room = queue.room;
      if (next.deliveryClass !== DeliveryClass.critical) queue.deficit -= cost;
      this.#remove(next);
      spent += cost;
      visited += 1;
      visit(room, item as Item, cost);
    }
  }

  /** Discards whatever a room has waiting, and its weight. Not counted as dropped. */
  forgetRoom(room: number): void {
    this.#weights.delete(room);
    const queue = this.#queues.get(room);
    if (queue === undefined) return;
    // The last removal retires the record, and nothing reuses it before this method returns.
    while (queue.oldest[0] !== undefined) this.#remove(queue.oldest[0]);
    while (queue.oldest[1] !== undefined) this.#remove(queue.oldest[1]);
  }

  #merged(
    room: number,
    deliveryClass: DeliveryClass,
    cost: number,
    key: string,
    item: Item,
  ): boolean {
    const queued = this.#queues.get(room)?.keysOf(deliveryClass).get(key);
    if (queued === undefined) return false;
    this.#deliveries[deliveryClass] += cost - queued.cost;
    queued.cost = cost;
    queued.item = item;
    return true;
  }

  /** Deliveries that an item of this class may not displace. */
  #firmBacklog(deliveryClass: DeliveryClass): number {
    const critical = this.#deliveries[DeliveryClass.critical];
    if (deliveryClass === DeliveryClass.coalescable) return critical;
    return critical + this.#deliveries[DeliveryClass.coalescable];
  }

  /** Drops the oldest of the least important until `cost` fits or nothing is left to drop. */
  #displace(deliveryClass: DeliveryClass, cost: number): boolean {
    let displaced = false;
    while (this.backlogDeliveries + cost > this.#backlogMax) {
      let victim = this.#oldest[DeliveryClass.droppable];
      if (victim === undefined && deliveryClass !== DeliveryClass.droppable) {
        victim = this.#oldest[DeliveryClass.coalescable];
      }
      if (victim === undefined) break;
      this.droppedByClass[victim.deliveryClass] += 1;
      this.#remove(victim);
      displaced = true;
    }
    return displaced;
  }

  /** The item whose turn it is in the round; grants quanta on the way. */
  #nextInRound(): QueuedItem<Item> | undefined {
    for (;;) {
      const queue = this.#turn;
      if (queue === undefined) return undefined;
      if (!this.#turnBegun) {
        queue.deficit += queue.quantum;
        this.#turnBegun = true;
      }
      const next = queue.oldest[1] as QueuedItem<Item>; // A room in the round has one.
      if (next.cost <= queue.deficit) return next;
      this.#turn = queue.next;
      this.#turnBegun = false;
    }
  }

  #append(room: number, deliveryClass: DeliveryClass, cost: number, key: string, item: Item): void {
    const queue = this.#queues.get(room) ?? this.#openQueue(room);
    const queued = this.#freeItems.pop() ?? new QueuedItem<Item>();
    queued.item = item;
    queued.cost = cost;
    queued.key = key;
    queued.deliveryClass = deliveryClass;
    queued.queue = queue;
    const chain = chainOf(deliveryClass);
    if (chain === 1 && queue.oldest[1] === undefined) this.#enterRound(queue);

    const newestInRoom = queue.newest[chain];
    queued.olderInRoom = newestInRoom;
    if (newestInRoom === undefined) queue.oldest[chain] = queued;
    else newestInRoom.newerInRoom = queued;
    queue.newest[chain] = queued;

    const newestInClass = this.#newest[deliveryClass];
    queued.olderInClass = newestInClass;
    if (newestInClass === undefined) this.#oldest[deliveryClass] = queued;
    else newestInClass.newerInClass = queued;
    this.#newest[deliveryClass] = queued;

    if (chain === 1 && key !== "") queue.keysOf(deliveryClass).set(key, queued);
    this.#deliveries[deliveryClass] += cost;
    this.#items += 1;
  }

  #remove(queued: QueuedItem<Item>): void {
    const queue = queued.queue as RoomQueue<Item>; // Set as long as an item is queued.
    const deliveryClass = queued.deliveryClass;
    const chain = chainOf(deliveryClass);
    const { olderInRoom, newerInRoom, olderInClass, newerInClass } = queued;
    if (olderInRoom === undefined) queue.oldest[chain] = newerInRoom;
    else olderInRoom.newerInRoom = newerInRoom;
    if (newerInRoom === undefined) queue.newest[chain] = olderInRoom;
    else newerInRoom.olderInRoom = olderInRoom;
    if (olderInClass === undefined) this.#oldest[deliveryClass] = newerInClass;
    else olderInClass.newerInClass = newerInClass;
    if (newerInClass === undefined) this.#newest[deliveryClass] = olderInClass;
    else newerInClass.olderInClass = olderInClass;

    if (chain === 1 && queued.key !== "") queue.keysOf(deliveryClass).delete(queued.key);
    this.#deliveries[deliveryClass] -= queued.cost;
    this.#items -= 1;
    if (chain === 1 && queue.oldest[1] === undefined) this.#leaveRound(queue);
    if (queue.oldest[0] === undefined && queue.oldest[1] === undefined) {
      this.#queues.delete(queue.room);
      this.#freeQueues.push(queue);
    }
    queued.item = undefined;
    queued.queue = undefined;
    queued.olderInRoom = undefined;
    queued.newerInRoom = undefined;
    queued.olderInClass = undefined;
    queued.newerInClass = undefined;
    this.#freeItems.push(queued);
  }

  #openQueue(room: number): RoomQueue<Item> {
    const queue = this.#freeQueues.pop() ?? new RoomQueue<Item>();
    queue.room = room;
    queue.quantum = (this.#weights.get(room) ?? 1) * this.#quantumDeliveries;
    this.#queues.set(room, queue);
    return queue;
  }

  /** Last in the round: just before the room whose turn it is. */
  #enterRound(queue: RoomQueue<Item>): void {
    queue.deficit = 0;
    const turn = this.#turn;
    if (turn === undefined) {
      queue.next = queue;
      queue.previous = queue;
      this.#turn = queue;
      this.#turnBegun = false;
      return;
    }
    const last = turn.previous as RoomQueue<Item>; // Set for every room in the round.
    last.next = queue;
    queue.previous = last;
    queue.next = turn;
    turn.previous = queue;
  }

  /** An empty room keeps no credit: who has nothing to say does not save up for later. */
  #leaveRound(queue: RoomQueue<Item>): void {
    queue.deficit = 0;
    const next = queue.next as RoomQueue<Item>; // Set for every room in the round.
    const previous = queue.previous as RoomQueue<Item>;
    if (this.#turn === queue) {
      this.#turn = next === queue ? undefined : next;
      this.#turnBegun = false;
    }
    previous.next = next;
    next.previous = previous;
    queue.next = undefined;
    queue.previous = undefined;
  }
}
