// What a reader of some clusters sees who opens the page of all: why, and how to name those he may read.
import type { ApiProblem } from "../api/client.ts";
import { Command, Notice } from "./bits.tsx";
import type { Page } from "./page.ts";

const READER = "open-cluster-management:kruise-health:reader";

export function Refused({ page, problem }: { page: Page; problem: ApiProblem }) {
  if (problem.code !== 403) {
    return (
      <div class="refused">
        <h1>The fleet's health cannot be read</h1>
        <p>{problem.message}</p>
        <Command text="kubectl get kruiseworkloads -A" label="The same with kubectl" />
      </div>
    );
  }
  const open = (event: Event): void => {
    event.preventDefault();
    const form = event.currentTarget;
    if (!(form instanceof HTMLFormElement)) return;
    const text = new FormData(form).get("clusters");
    if (typeof text === "string") page.go({ cluster: text.split(/[\s,]+/).filter((name) => name !== "") });
  };
  return (
    <div class="refused">
      <h1>You may not read all clusters</h1>
      <p>This page shows what you may read, and the hub says:</p>
      <Notice tone="warn">{problem.message}</Notice>
      <p>If you may read some clusters, name them: the page then reads these alone.</p>
      <form onSubmit={open}>
        <label>
          Clusters, separated by commas
          <input name="clusters" type="text" placeholder="c1, c2" required />
        </label>
        <button type="submit">Show</button>
      </form>
      <p>To be allowed to read a cluster, or all of them, somebody has to bind you a role on the hub:</p>
      <Command
        text={`kubectl create rolebinding kruise-health -n c1 --clusterrole=${READER} --user=YOU`}
        label="One cluster"
      />
      <Command
        text={`kubectl create clusterrolebinding kruise-health --clusterrole=${READER} --user=YOU`}
        label="All clusters"
      />
    </div>
  );
}

/** Clusters of those named that are refused, above what the others show. */
export function RefusedClusters({ page: { session } }: { page: Page }) {
  if (session.problems.size === 0) return null;
  return (
    <Notice tone="warn">
      {[...session.problems].map(([cluster, { message }]) => (
        <p key={cluster}>
          <b>{cluster}</b>: {message}
        </p>
      ))}
    </Notice>
  );
}
