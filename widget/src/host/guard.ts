// Our errors stay ours: what happens in our listeners never reaches the page's own error handling, and the page's never stop us.

/** A function that says its errors to the console instead of throwing them. */
export function guarded<A extends unknown[]>(what: (...values: A) => void): (...values: A) => void {
  return (...values) => {
    try {
      what(...values);
    } catch (error) {
      console.error("NextIM:", error);
    }
  };
}

/** Listeners that are all taken away together. */
export class Listeners {
  readonly #stop = new AbortController();

  on(target: EventTarget, names: string, heard: (event: Event) => void, options: AddEventListenerOptions = {}): void {
    for (const name of names.split(" ")) target.addEventListener(name, guarded(heard), { ...options, signal: this.#stop.signal });
  }

  stop(): void {
    this.#stop.abort();
  }
}
