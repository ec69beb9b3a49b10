// A container's environment: the image's, the API server's address, then the pod's own, in that order. Pure.
import type { ImageConfig } from "./image.ts";
import { NotReadyError } from "./material.ts";
import type { Material } from "./material.ts";
import { podField } from "./pod.ts";
import type { Container, KeyRef, Pod } from "./pod.ts";

export interface EnvContext {
  pod: Pod;
  podIP: string;
  image: Pick<ImageConfig, "env">;
  apiServer: { host: string; port: number };
  material: Material;
}

/** What container runtimes set when the image does not. */
const RUNTIME_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Resolves everything a container's process finds in its environment; nothing of our own environment is among it.
 * @throws NotReadyError when a Secret or ConfigMap or a key in it is missing, or a field is not known here.
 */
export function resolveEnv(container: Container, context: EnvContext): Record<string, string> {
  const { pod, image, apiServer } = context;
  const env: Record<string, string> = {
    PATH: RUNTIME_PATH,
    HOSTNAME: pod.metadata.name,
    ...image.env,
    KUBERNETES_SERVICE_HOST: apiServer.host,
    KUBERNETES_SERVICE_PORT: String(apiServer.port),
    KUBERNETES_SERVICE_PORT_HTTPS: String(apiServer.port),
  };
  for (const entry of container.env) {
    const value = entry.valueFrom === undefined ? expand(entry.value ?? "", env) : resolve(entry, context);
    if (value !== undefined) env[entry.name] = value;
  }
  return env;
}

/** Replaces $(NAME) by what is known so far; $$(NAME) stands for the text $(NAME); an unknown name stays as it is. */
export function expand(text: string, env: Record<string, string>): string {
  return text.replaceAll(/\$\$|\$\(([^()]+)\)/g, (whole, name: string | undefined) =>
    name === undefined ? "$" : (env[name] ?? whole),
  );
}

function resolve({ name, valueFrom }: Container["env"][number], context: EnvContext): string | undefined {
  const { pod, podIP, material } = context;
  if (valueFrom?.fieldRef !== undefined) {
    const { fieldPath } = valueFrom.fieldRef;
    const value = podField(pod, podIP, fieldPath);
    if (value === undefined) throw missing(`variable ${name}: the field ${fieldPath} is not known to this kubelet`);
    return value;
  }
  if (valueFrom?.secretKeyRef !== undefined) {
    const { secretKeyRef } = valueFrom;
    return fromKey("secret", secretKeyRef, material.secret(secretKeyRef.name));
  }
  if (valueFrom?.configMapKeyRef !== undefined) {
    const { configMapKeyRef } = valueFrom;
    return fromKey("configmap", configMapKeyRef, material.configMap(configMapKeyRef.name));
  }
  throw missing(`variable ${name}: only fieldRef, secretKeyRef and configMapKeyRef are known to this kubelet`);
}

function fromKey(kind: string, ref: KeyRef, data: Record<string, Buffer> | undefined): string | undefined {
  const value = data?.[ref.key];
  if (value !== undefined) return value.toString("utf8");
  if (ref.optional) return undefined;
  throw missing(data === undefined ? `${kind} "${ref.name}" not found` : `no key ${ref.key} in ${kind} "${ref.name}"`);
}

function missing(message: string): NotReadyError {
  return new NotReadyError("CreateContainerConfigError", message);
}
