// Documented commands that other suites and the continuous integration run: each with the file that does, and words of it
// that have to be there.

interface Elsewhere {
  file: string;
  /** Words of that file: the name of the test, or what it runs. */
  shows: string;
}

const CHART_LIFE = "test/e2e/chart-life.e2e.ts";
const INSTALLED: Elsewhere = { file: "test/e2e/harness/addon.ts", shows: 'stack.helm("install", RELEASE, chart' };
const UNINSTALLED: Elsewhere = { file: CHART_LIFE, shows: 'stack.helm("uninstall", ADDON' };
const ENABLED: Elsewhere = {
  file: "test/e2e/lifecycle.e2e.ts",
  shows: "makes the add-on Available and complete on both clusters",
};
const DIRECT: Elsewhere = {
  file: "test/e2e/direct.e2e.ts",
  shows: "kubectl reads with a token or a certificate what RBAC gives, and no more",
};
const CONFIGURED: Elsewhere = { file: "test/e2e/configs.e2e.ts", shows: "mirrors of its cluster" };
const DOCTOR: Elsewhere = { file: "test/e2e/doctor.e2e.ts", shows: "npm runs the same from the source" };
const SCALED: Elsewhere = { file: "test/e2e/hub-safe.e2e.ts", shows: "scale" };
const WAITED: Elsewhere = { file: "test/e2e/alerts.e2e.ts", shows: "the same can be waited for without Prometheus" };
const ASSESSED: Elsewhere = { file: "assess/main.test.ts", shows: "gives what docs/using/assess.md shows for" };
const READ_FILES: Elsewhere = { file: "assess/inputs.test.ts", shows: 'describe("files and folders"' };
const ci = (shows: string): Elsewhere => ({ file: ".ci/run", shows });
const NAMED = "helm install kruise-health charts/kruise-health";
const NAMESPACE = "open-cluster-management-kruise-health";

export const ELSEWHERE: Readonly<Record<string, Elsewhere>> = {
  "kubectl wait -n CLUSTER managedclusteraddon/kruise-health --for=condition=Degraded --timeout=1h": WAITED,
  "kubectl wait -n CLUSTER kwl/cloneset.NAMESPACE.NAME --for=condition=Degraded --timeout=1h": WAITED,
  "kubectl proxy": { file: "test/e2e/support/kubectl-proxy.ts", shows: '["proxy", ' },
  "npm ci": ci("npm ci"),
  "npm run check": ci("npm run -s check"),
  "npm test": ci("npm test"),
  "npm run e2e": ci("npm run -s e2e"),
  "npm run demo": ci("npm run -s demo"),
  "npm ci && npm run demo": ci("npm run -s demo"),
  "npm ci && npm test": ci("npm test"),
  "npm run demo -- --once": ci("npm run -s demo -- --once"),
  "npm run images": ci("npm run -s images"),
  "npm run -s sbom -- agent": { file: "test/e2e/images.e2e.ts", shows: "the bill of materials" },
  "npm run fuzz": { file: "test/unit/fuzz.test.ts", shows: "fuzz" },
  "npm run stack": { file: "test/e2e/harness/global-setup.ts", shows: "startStack" },
  [`${NAMED} -n ${NAMESPACE} --create-namespace --set image.repository=REGISTRY/kruise-health-manager --set agent.image.repository=REGISTRY/kruise-health-agent`]:
    INSTALLED,
  [`${NAMED} --namespace ${NAMESPACE} --create-namespace`]: INSTALLED,
  [`${NAMED} -n ${NAMESPACE} --create-namespace -f site.yaml`]: INSTALLED,
  [`helm upgrade kruise-health charts/kruise-health -n ${NAMESPACE} -f site.yaml`]: {
    file: CHART_LIFE,
    shows: 'change("upgrade", ADDON, CHART',
  },
  [`helm rollback kruise-health -n ${NAMESPACE}`]: { file: CHART_LIFE, shows: 'change("rollback", ADDON' },
  [`helm uninstall kruise-health -n ${NAMESPACE}`]: UNINSTALLED,
  "helm uninstall kruise-health -n NAMESPACE": UNINSTALLED,
  "kubectl delete apiservice v1alpha1.kruise-health.open-cluster-management.io": {
    file: CHART_LIFE,
    shows: "is made again by the manager when somebody has deleted it",
  },
  "kubectl -n NAMESPACE scale deployment/kruise-health --replicas=0": SCALED,
  "kubectl delete namespace NAMESPACE": SCALED,
  "clusteradm addon enable --names kruise-health --clusters c1,c2": ENABLED,
  "clusteradm addon disable --names kruise-health": {
    file: "test/e2e/lifecycle.e2e.ts",
    shows: "takes agent, rights, ManifestWork and rows away, leaves no finalizer",
  },
  "kubectl --kubeconfig c1.kubeconfig -n open-cluster-management-agent-addon delete secret kruise-health-hub-kubeconfig":
    { file: "test/e2e/identity.e2e.ts", shows: 'c1.request({ method: "DELETE", path: SECRET })' },
  "npm run -s doctor": DOCTOR,
  "npm run -s doctor -- --cluster c1": DOCTOR,
  "npm run -s doctor -- --cluster c1 --managed-kubeconfig c1.kubeconfig": DOCTOR,
  "npm run -s assess -- dump.json folder-with-dumps": READ_FILES,
  "npm run -s assess -- --explain dump.json": READ_FILES,
  "npm run -s assess -- docs/using/assess-example.yaml": ASSESSED,
  "npm run -s assess -- --explain docs/using/assess-example.yaml": ASSESSED,
  "npm run -s assess -- --fail-on progressing docs/using/assess-example.yaml": ASSESSED,
  "kubectl --server https://kruise-health.hub.example.com --certificate-authority ca.crt --client-certificate me.crt --client-key me.key get kwl -n c1":
    DIRECT,
  'kubectl annotate managedcluster c1 open-cluster-management.io/image-registries=\'{"registries":[{"source":"ghcr.io","mirror":"registry.example"}]}\'':
    CONFIGURED,
};
