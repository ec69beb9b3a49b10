// What --help and a wrong command line say.

export const USAGE = "Usage: npm run -s assess -- [OPTIONS] [FILE|FOLDER|-]...";

export const HELP = `${USAGE}

Says how OpenKruise objects are, from their JSON or YAML alone: no cluster, no agent.

  kubectl get clonesets,asts,sidecarsets -A -o json | npm run -s assess -- -

A FILE is JSON or YAML: one object, a List, or several YAML documents. In a FOLDER every *.json, *.yaml and *.yml is
read, however deep. "-" is the standard input, which is also read when nothing is named and it is no terminal.
Objects that are not of an API group of OpenKruise (*.kruise.io) are counted and skipped.

Options:
  -o, --output FORMAT   table (as it is without this option), or json: an array with one element an object
      --explain         say which rule decided, with its numbers, and what the notes mean
      --fail-on HEALTH  end with 3 if an object has this health or a worse one; from bad to good:
                        Degraded, Unknown, Progressing, Suspended, Healthy
  -h, --help            show this
  -V, --version         show the version

Exit codes:
  0  everything could be read, and no object is as bad as --fail-on says
  1  something could not be read; the rest is judged all the same. This wins over 3: a look that is not complete is
     never told as one that is
  2  the command line is wrong
  3  an object is as bad as --fail-on says, or worse

One look knows no time. What is stuck (UpdateStalled, Unavailable, DeletionStalled and the like) reads Progressing here:
only the agent, which watches, can tell slow from stuck.
`;
