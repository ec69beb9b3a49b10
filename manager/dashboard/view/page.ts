// What every component gets: the session, the reader's choices, the time, and the way to change a choice.
import type { Session } from "../api/session.ts";
import { formatState } from "../model/url-state.ts";
import type { UrlState } from "../model/url-state.ts";

export interface Page {
  session: Session;
  state: UrlState;
  nowMs: number;
  /** Changes choices, as an entry of the browser's history or in place of the present one. */
  go: (change: Partial<UrlState>, how?: "push" | "replace") => void;
}

/** The address of the page with other choices: for links. */
export function linkTo({ state }: Page, change: Partial<UrlState>): string {
  return formatState({ ...state, ...change });
}

/** Clusters that a command names: those chosen, or read. */
export function commandScope({ state, session }: Page): readonly string[] {
  return state.cluster.length > 0 ? state.cluster : (session.scope ?? []);
}
