// All of one workload on one cluster, beside the view: why, what was seen, how far it is, what was before.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import type { KruiseWorkload } from "../../api/schemas.ts";
import type { Listener } from "../api/session.ts";
import { ageText, timeOf } from "../model/age.ts";
import { objectCommand } from "../model/commands.ts";
import { causeLink, healthOf } from "../model/health.ts";
import { pathTo } from "../model/place.ts";
import { Badge, Command, Notice, Reason, plural } from "./bits.tsx";
import { linkTo } from "./page.ts";
import type { Page } from "./page.ts";

type Status = KruiseWorkload["status"];
type Found = { object: KruiseWorkload } | { problem: string } | undefined;

export function Panel({ page }: { page: Page }) {
  const { state, go } = page;
  const slash = state.at.indexOf("/");
  const [cluster, name] = [state.at.slice(0, slash), state.at.slice(slash + 1)];
  const found = useObject(page, cluster, name);
  const ref = useRef<HTMLElement>(null);
  const from = useRef<Element | null>(null);
  useLayoutEffect(() => {
    from.current = document.activeElement;
    ref.current?.focus();
    // Whoever closes it is where he was.
    return () => (from.current instanceof HTMLElement && from.current.isConnected ? from.current.focus() : undefined);
  }, []);
  const close = (): void => go({ at: "" }, "replace");
  return (
    <aside
      class="panel"
      aria-label={`${name} on ${cluster}`}
      tabIndex={-1}
      ref={ref}
      onKeyDown={(event) => event.key === "Escape" && close()}
    >
      <button type="button" class="close" onClick={close} aria-label="Close">
        ×
      </button>
      {found === undefined && <p class="quiet">Reading ...</p>}
      {found !== undefined && "problem" in found && <Notice tone="warn">{found.problem}</Notice>}
      {found !== undefined && "object" in found && <Details page={page} object={found.object} />}
      <Command text={objectCommand(cluster, name)} label="All of it with kubectl" />
    </aside>
  );
}

/** Reads one object, and follows it by what the session is told. */
function useObject({ session }: Page, cluster: string, name: string): Found {
  const [found, setFound] = useState<Found>();
  useEffect(() => {
    const stop = new AbortController();
    const read = async (): Promise<void> => {
      const path = `${pathTo(session.place, "kruiseworkloads", cluster)}/${encodeURIComponent(name)}`;
      try {
        setFound({ object: await session.client.get<KruiseWorkload>({ path, signal: stop.signal }) });
      } catch (error) {
        if (!stop.signal.aborted) setFound({ problem: error instanceof Error ? error.message : String(error) });
      }
    };
    const listener: Listener = {
      object: (object, isDeleted) => {
        if (object.metadata.name !== name || object.metadata.namespace !== cluster) return;
        setFound(isDeleted ? { problem: "it is gone" } : { object });
      },
      anew: () => void read(),
    };
    setFound(undefined);
    session.listeners.add(listener);
    void read();
    return () => {
      stop.abort();
      session.listeners.delete(listener);
    };
  }, [session, cluster, name]);
  return found;
}

function Details({ page, object }: { page: Page; object: KruiseWorkload }) {
  const { metadata, workload, status } = object;
  const { counts, rollout = {}, images = [] } = status;
  return (
    <>
      <h2>{workload.namespace === undefined ? workload.name : `${workload.namespace}/${workload.name}`}</h2>
      <p class="quiet">
        {workload.kind} on{" "}
        <a href={linkTo(page, { view: "fleet", cluster: [metadata.namespace ?? ""], at: "" })}>{metadata.namespace}</a>
      </p>
      <p class="verdict">
        <Badge health={healthOf(status.health)} /> <Reason reason={status.reason} />{" "}
        <span class="quiet">for {agoText(page, status.since)}</span>
      </p>
      <p>{status.message}</p>
      <Causes causes={status.causes ?? []} />
      <Facts title="Numbers" facts={Object.entries(counts).map(([key, count]) => [wordsOf(key), String(count)])} />
      <Facts title="Rollout" facts={Object.entries(rollout).map(([key, value]) => [wordsOf(key), String(value)])} />
      <Facts title="Images" facts={images.map(({ container, image }) => [container, image])} />
      <Before page={page} history={status.history ?? []} />
      <Besides status={status} />
      <p>
        <a href={linkTo(page, { view: "workload", workload: metadata.name, at: "" })}>On all clusters, over time</a>
      </p>
    </>
  );
}

function agoText({ nowMs }: Page, time: string): string {
  return ageText(nowMs - timeOf(time));
}

function Causes({ causes }: { causes: NonNullable<Status["causes"]> }) {
  if (causes.length === 0) return null;
  return (
    <Block title="What was seen">
      <ul>
        {causes.map(({ reason, message, pods }) => (
          <li key={reason + message}>
            <a href={causeLink(reason)} target="_blank" rel="noreferrer">
              {reason}
            </a>
            {pods > 0 && ` on ${plural(pods, "pod")}`}: {message}
          </li>
        ))}
      </ul>
    </Block>
  );
}

function Before({ page, history }: { page: Page; history: NonNullable<Status["history"]> }) {
  if (history.length === 0) return null;
  return (
    <Block title="Before">
      <ol>
        {history.map(({ health, reason, since, until }) => (
          <li key={since + reason}>
            <Badge health={healthOf(health)} /> {reason}{" "}
            <span class="quiet">
              until {agoText(page, until)} ago, for {ageText(timeOf(until) - timeOf(since))}
            </span>
          </li>
        ))}
      </ol>
    </Block>
  );
}

function Besides({ status: { source, notes = [] } }: { status: Status }) {
  const by = source === undefined ? [] : [["delivered by", `${source.type} ${source.name}`] as const];
  return <Facts title="Besides" facts={[...by, ...notes.map((note) => ["note", note] as const)]} />;
}

function Block({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Facts({ title, facts }: { title: string; facts: readonly (readonly [string, string])[] }) {
  if (facts.length === 0) return null;
  return (
    <Block title={title}>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name + value}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Block>
  );
}

/** updateRevision: update revision. */
function wordsOf(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
