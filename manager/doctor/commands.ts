// The commands that the doctor proposes, with the kubeconfigs that it was given itself, so that they can be typed as they
// stand.

export interface Reached {
  kubeconfig: string | undefined;
  context: string | undefined;
}

/** Writes a command from its arguments. */
export type Command = (...args: string[]) => string;

export interface Commands {
  /** kubectl on the hub. */
  hub: Command;
  /** kubectl on the managed cluster. */
  managed: Command;
  clusteradm: Command;
  helm: Command;
  /** This program, looking at the hub again. */
  doctor: Command;
}

export interface CommandsOptions {
  hub: Reached;
  managed: Reached;
  /** How this program is called: words of a shell. */
  program: string;
}

/** Builds the commands. */
export function buildCommands({ hub, managed, program }: CommandsOptions): Commands {
  return {
    hub: (...args) => line("kubectl", [...flags(hub, "--context"), ...args]),
    managed: (...args) => line("kubectl", [...flags(managed, "--context"), ...args]),
    clusteradm: (...args) => line("clusteradm", [...args, ...flags(hub, "--context")]),
    helm: (...args) => line("helm", [...args, ...flags(hub, "--kube-context")]),
    doctor: (...args) => line(program, [...flags(hub, "--context"), ...args]),
  };
}

function flags({ kubeconfig, context }: Reached, contextFlag: string): string[] {
  return [
    ...(kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig]),
    ...(context === undefined ? [] : [contextFlag, context]),
  ];
}

function line(program: string, args: readonly string[]): string {
  return [program, ...args.map(quote)].join(" ");
}

/** Words that a shell takes as they are stay readable. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
