// What a page tells of its network: that it is online again, and that somebody looks at it again after a sleep.
//
// A laptop that slept has sockets that are dead without knowing it. Where there is no page there are no hints.

interface Page {
  addEventListener?(name: string, hear: () => void): void;
  removeEventListener?(name: string, hear: () => void): void;
  readonly document?: Page & { readonly visibilityState?: string };
}

/** Calls back at every hint; returns how to stop listening. */
export function onHints(hear: () => void): () => void {
  const page = globalThis as Page;
  const { document } = page;
  const seen = (): void => {
    if (document?.visibilityState === "visible") hear();
  };
  page.addEventListener?.("online", hear);
  document?.addEventListener?.("visibilitychange", seen);
  return () => {
    page.removeEventListener?.("online", hear);
    document?.removeEventListener?.("visibilitychange", seen);
  };
}
