// Small things that several views show: a health, a reason with its link, a command to copy, a way to open a cluster.
import { useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { letterOf, reasonLink } from "../model/health.ts";
import type { Health } from "../model/health.ts";

const SAID_MS = 2_000;

/** The letter in its colour; the word beside it is for whoever does not see that. */
export function Badge({ health, word = true }: { health: Health; word?: boolean }) {
  return (
    <span class={`badge h-${health}`}>
      <span class="letter" aria-hidden="true">
        {letterOf(health)}
      </span>
      <span class={word ? "word" : "unseen"}>{health}</span>
    </span>
  );
}

export function Reason({ reason }: { reason: string }) {
  if (reason === "") return null;
  return (
    <a class="reason" href={reasonLink(reason)} target="_blank" rel="noreferrer">
      {reason}
      <span class="unseen"> (what it means, in a new tab)</span>
    </a>
  );
}

/** A kubectl command with a button that copies it. */
export function Command({ text, label = "The same with kubectl" }: { text: string; label?: string }) {
  const [said, setSaid] = useState("");
  const word = said === "Copied" ? said : "Copy";
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied");
    } catch {
      // Away from localhost and https there is no clipboard for a page.
      setSaid("Select the text and copy it");
    }
    setTimeout(() => setSaid(""), SAID_MS);
  };
  return (
    <div class="command" role="group" aria-label={label}>
      <span class="prompt" aria-hidden="true">
        $
      </span>
      <code tabIndex={0}>{text}</code>
      <button type="button" onClick={() => void copy()} aria-label={`${word}: ${text}`}>
        {word}
      </button>
      <span class="unseen" role="status">
        {said}
      </span>
    </div>
  );
}

export function Notice({ tone, children }: { tone: "calm" | "warn"; children: ComponentChildren }) {
  return <div class={`notice ${tone}`}>{children}</div>;
}

/** A heading with what it counts, and what it says of it. */
export function Heading({ title, note, children }: { title: string; note: string; children?: ComponentChildren }) {
  return (
    <div class="heading">
      <h1>{title}</h1>
      <p>{note}</p>
      <div class="tools">{children}</div>
    </div>
  );
}

export function number(count: number): string {
  return count.toLocaleString("en");
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}
