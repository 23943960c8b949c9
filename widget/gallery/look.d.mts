// Types of look.mjs.
export interface Way {
  readonly name: string;
}
export const WAYS: readonly Way[];
export function look(folder: string | null, names?: readonly string[], ways?: readonly Way[]): Promise<string[]>;
