// What --help and a wrong command line say.

/** @param program how this program is called */
export function usageText(program: string): string {
  return `Usage: ${program} [OPTIONS]`;
}

/** @param program how this program is called */
export function helpText(program: string): string {
  return `${usageText(program)}

Looks at kruise-health on a hub, and at one managed cluster, step by step: says of each step what it saw, and what to
type next where something is wrong. It only reads.

Options:
      --cluster NAME              the managed cluster to look at; without it the hub alone is looked at
      --kubeconfig FILE           kubeconfig of the hub; without it that of KUBECONFIG, ~/.kube/config, or the pod
      --context NAME              context of that file; without it the current one
      --managed-kubeconfig FILE   kubeconfig of the managed cluster: then the agent is looked at where it runs
      --managed-context NAME      context of that file; alone: a context of the hub's file
  -o, --output FORMAT             table (as it is without this option), or json: an array of check, state, saw, next
  -h, --help                      show this
  -V, --version                   show the version

States:
  ok        as it should be
  warning   not as it should be, and no hindrance
  failed    to be put right; the first one is often the cause of others
  skipped   says nothing because of an earlier failure, which is named

Exit codes:
  0  nothing failed
  1  something failed
  2  the command line is wrong
`;
}
