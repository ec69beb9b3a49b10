// Rows for documented commands that are not run as they stand: another line for the shell, what has to be printed.

/** What is there for the commands: see docs.e2e.ts. All of them are for shells. */
export interface World {
  c1Kubeconfig: string;
  /** A pod of CloneSet shop/cart on c1. */
  pod: string;
  /** The update revision of that CloneSet. */
  revision: string;
  /** A folder to write into. */
  folder: string;
  /** Where `kubectl proxy` listens. */
  proxy: string;
}

export interface Row {
  line?: (world: World) => string;
  on?: "hub" | "c1";
  prints?: RegExp;
  /** It changes what others may look at: it is run alone, after those that only read. */
  changes?: true;
}

const withProxy = (command: string): Row => ({
  line: ({ proxy }) => `api=${proxy}/apis/kruise-health.open-cluster-management.io/v1alpha1; ${command}`,
});
const inFolder = (command: string, prints?: RegExp): Row => ({
  line: ({ folder }) => `cd '${folder}' && ${command}`,
  ...(prints && { prints }),
});
const ofReader = (command: string): Row =>
  inFolder(
    `export KUBECONFIG=reader-$$.kubeconfig TOKEN=none && touch ca.crt && ${command.replace(" --embed-certs", "")}`,
  );

/** The file has what the default has, so that the agent stays as it is. */
const configured: Row = {
  line: ({ folder }) =>
    `clusteradm addon enable --names kruise-health --clusters c1 --config-file '${folder}/config.yaml'`,
  changes: true,
};
const PATCHED =
  'kubectl patch managedclusteraddon -n c1 kruise-health --type merge -p \'{"spec":{"configs":[ {"group":"addon.open-cluster-management.io","resource":"addondeploymentconfigs","namespace":"open-cluster-management","name":"kruise-health"}]}}\'';

/** Commands that do more than read, or whose answer is known. They leave nothing behind, or docs.e2e.ts takes it away. */
export const ROWS: Readonly<Record<string, Row>> = {
  "kubectl get kruiseworkloads -A": { prints: /^NAMESPACE +NAME +KIND[^\n]*\n(?:.*\n)*c1 +cloneset\.shop\.cart/ },
  "kubectl get clonesets": { on: "c1" },
  "kubectl get kfw": { prints: /^NAME +HEALTH +CLUSTERS[^\n]*\n(?:.*\n)*cloneset\.shop\.cart/ },
  "while true; do kubectl get kwl -A -w; done": { prints: /cloneset\.shop\.cart/ },
  "kubectl wait -n c1 kwl/cloneset.shop.cart --for=jsonpath='{.status.rollout.updateRevision}'=cart-7d9c": {
    line: ({ revision }) =>
      `kubectl wait -n c1 kwl/cloneset.shop.cart --for=jsonpath='{.status.rollout.updateRevision}'=${revision}`,
    prints: /condition met/,
  },
  'curl "$api/kruiseworkloads?fieldSelector=health%3DDegraded" --compressed': {
    ...withProxy('curl -s "$api/kruiseworkloads?fieldSelector=health%3DDegraded" --compressed'),
    prints: /"kind":"KruiseWorkloadList"/,
  },
  'curl -N "$api/namespaces/c1/kruiseworkloads?watch=true&resourceVersion=0"': {
    ...withProxy(
      'curl -sN --max-time 2 "$api/namespaces/c1/kruiseworkloads?watch=true&resourceVersion=0" || test $? = 28',
    ),
    prints: /"type":"ADDED"/,
  },
  "kubectl get clonesets -A -o json | npm run -s assess": { on: "c1", prints: /CloneSet +shop +cart +Healthy/ },
  "kubectl get clonesets,asts,sidecarsets,uniteddeployments -A -o json | npm run -s assess -- -": {
    on: "c1",
    prints: /CloneSet +shop +cart +Healthy/,
  },
  "kubectl create rolebinding health -n c1 --clusterrole=open-cluster-management:kruise-health:reader --user=ann": {
    prints: /created/,
  },
  "kubectl create clusterrolebinding health --clusterrole=open-cluster-management:kruise-health:reader --group=sre": {
    prints: /created/,
  },
  "helm package charts/kruise-health": {
    line: ({ folder }) => `helm package charts/kruise-health -d '${folder}'`,
    prints: /kruise-health-\d.*\.tgz/,
  },
  "kubectl create secret docker-registry registry -n open-cluster-management-kruise-health --docker-server registry.example.com --docker-username USER --docker-password PASSWORD":
    { prints: /created/ },
  "kubectl get secret -n open-cluster-management-kruise-health kruise-health-serving -o 'jsonpath={.data.ca\\.crt}' | base64 -d > ca.crt":
    inFolder(
      "kubectl get secret -n open-cluster-management-kruise-health kruise-health-serving -o 'jsonpath={.data.ca\\.crt}' | base64 -d > serving.crt && cat serving.crt",
      /BEGIN CERTIFICATE/,
    ),
  "kubectl config set-cluster kruise-health --server https://kruise-health.hub.example.com --certificate-authority ca.crt --embed-certs":
    ofReader(
      "kubectl config set-cluster kruise-health --server https://kruise-health.hub.example.com --certificate-authority ca.crt --embed-certs",
    ),
  'kubectl config set-credentials reader --token "$TOKEN"': ofReader(
    'kubectl config set-credentials reader --token "$TOKEN"',
  ),
  "kubectl config set-context reader --cluster kruise-health --user reader": ofReader(
    "kubectl config set-context reader --cluster kruise-health --user reader",
  ),
  "kubectl config use-context reader": ofReader(
    "kubectl config set-context reader --cluster kruise-health --user reader && kubectl config use-context reader",
  ),
  "kubectl --kubeconfig C1_KUBECONFIG apply -f docs/using/cloneset.yaml": {
    changes: true,
    prints: /created|configured|unchanged/,
  },
  'kubectl --kubeconfig C1_KUBECONFIG patch clonesets.apps.kruise.io -n default shop --type merge -p \'{"spec":{"replicas":3}}\'':
    { changes: true, prints: /patched/ },
  "kubectl --kubeconfig C1_KUBECONFIG delete clonesets.apps.kruise.io -n default shop": {
    changes: true,
    prints: /deleted/,
  },
  "kubectl proxy": { line: ({ proxy }) => `curl -s ${proxy}/version`, prints: /gitVersion/ },
  "kubectl proxy &": { line: ({ proxy }) => `curl -s ${proxy}/version`, prints: /gitVersion/ },
  'curl "$api/kruiseclusters"': { ...withProxy('curl -s "$api/kruiseclusters"'), prints: /"kind":"KruiseClusterList"/ },
  "clusteradm addon enable --names kruise-health --clusters c1 --config-file that-file.yaml": configured,
  "clusteradm addon enable --names kruise-health --clusters c1 --config-file FILE": configured,
  [PATCHED]: {
    line: () =>
      PATCHED.replace('"namespace":"open-cluster-management"', '"namespace":"open-cluster-management-kruise-health"'),
    changes: true,
    prints: /patched|no change/,
  },
  "kubectl -n NAMESPACE delete secret kruise-health-serving": { changes: true, prints: /deleted/ },
};
