// Who listens to what: typed events, called in the order in which listeners came.

type Listener<Event> = (event: Event) => void;

export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Listener<never>[]>();

  /** Returns how to stop listening. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = this.#listeners.get(name) ?? [];
    this.#listeners.set(name, [...listeners, listener as Listener<never>]);
    return () => {
      const left = (this.#listeners.get(name) ?? []).filter((other) => other !== listener);
      this.#listeners.set(name, left);
    };
  }

  protected emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      (listener as Listener<Events[Name]>)(event);
    }
  }
}
