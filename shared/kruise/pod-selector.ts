// The label selector of a workload's pods, as a query parameter. Only kinds that own pods have one; it stays in the cluster.
import { keepText } from "./kept-text.ts";
import type { KindName } from "./kinds.ts";
import { mapOrEmpty, textOf } from "./raw.ts";
import type { Raw } from "./raw.ts";

/** A longer one is not kept at all: a part of it would select other pods. */
const SELECTOR_BYTES = 1_024;
/** Labels and their values, as a selector may name them: nothing that would need quoting. */
const WORD = /^[\w./-]*$/;

type Find = (object: Raw) => string | undefined;

const SELECTORS: Partial<Record<KindName, Find>> = {
  CloneSet: fromStatusOrSpec,
  StatefulSet: fromStatusOrSpec,
  UnitedDeployment: fromStatusOrSpec,
  DaemonSet: ({ spec }) => selectorText(mapOrEmpty(spec)["selector"]),
  BroadcastJob: ({ metadata }) => ownLabel("broadcastjob-controller-uid", mapOrEmpty(metadata)["uid"]),
  GameServerSet: ({ metadata }) => ownLabel("game.kruise.io/owner-gss", mapOrEmpty(metadata)["name"]),
};

/** Gives the selector of an object's pods; undefined when it has none, or one that selects everything. */
export function podSelectorOf(kind: KindName, object: Raw): string | undefined {
  const text = SELECTORS[kind]?.(object);
  if (text === undefined || text === "" || Buffer.byteLength(text) > SELECTOR_BYTES) return undefined;
  return keepText(text, SELECTOR_BYTES);
}

function fromStatusOrSpec({ spec, status }: Raw): string | undefined {
  return textOf(mapOrEmpty(status)["labelSelector"]) ?? selectorText(mapOrEmpty(spec)["selector"]);
}

/** A label that the controller gives the pods itself. */
function ownLabel(label: string, value: unknown): string | undefined {
  const text = textOf(value);
  return text !== undefined && WORD.test(text) ? `${label}=${text}` : undefined;
}

/** Writes a label selector of a spec as text; undefined when a part of it cannot be understood. */
function selectorText(selector: unknown): string | undefined {
  const { matchLabels, matchExpressions } = mapOrEmpty(selector);
  const expressions = Array.isArray(matchExpressions) ? matchExpressions : [];
  const equal = Object.entries(mapOrEmpty(matchLabels)).map(([label, value]) =>
    typeof value === "string" && WORD.test(label + value) ? `${label}=${value}` : undefined,
  );
  const requirements = [...equal, ...expressions.map((expression) => expressionText(mapOrEmpty(expression)))];
  return requirements.includes(undefined) ? undefined : requirements.join(",");
}

function expressionText({ key, operator, values }: Raw): string | undefined {
  const label = textOf(key);
  const list: unknown[] = Array.isArray(values) ? values : [];
  const isPlain = list.every((value) => typeof value === "string" && WORD.test(value));
  if (label === undefined || !WORD.test(label) || !isPlain) return undefined;
  switch (operator) {
    case "In":
      return list.length > 0 ? `${label} in (${list.join(",")})` : undefined;
    case "NotIn":
      return list.length > 0 ? `${label} notin (${list.join(",")})` : undefined;
    case "Exists":
      return label;
    case "DoesNotExist":
      return `!${label}`;
    default:
      return undefined;
  }
}
