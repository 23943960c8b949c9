// The model of the chat bar, for whoever draws it.

export { Model, type About, type Page } from "./model.ts";
export type * from "./state.ts";
