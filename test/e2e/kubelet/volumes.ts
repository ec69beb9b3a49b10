// What a pod's volumes hold: which Secrets, ConfigMaps and tokens they need, and the files made of them. Pure.
import { NotReadyError } from "./material.ts";
import type { Material } from "./material.ts";
import { podField } from "./pod.ts";
import type { KeyToPath, Pod, Projection, Volume } from "./pod.ts";

export interface VolumeFile {
  data: Buffer;
  mode: number;
}

export interface TokenNeed {
  audience: string | undefined;
  expirationSeconds: number;
}

/** Everything that must be fetched for a pod. */
export interface Needs {
  secrets: string[];
  configMaps: string[];
  tokens: TokenNeed[];
}

/** Lists what a pod's volumes and environment refer to, each once. */
export function planNeeds(pod: Pod): Needs {
  const projections = pod.spec.volumes.flatMap(projectionsOf);
  const references = pod.spec.containers.flatMap(({ env }) => env.map(({ valueFrom }) => valueFrom));
  return {
    secrets: distinct([
      ...projections.map(({ secret }) => secret?.name),
      ...references.map((from) => from?.secretKeyRef?.name),
    ]),
    configMaps: distinct([
      ...projections.map(({ configMap }) => configMap?.name),
      ...references.map((from) => from?.configMapKeyRef?.name),
    ]),
    tokens: projections.flatMap(({ serviceAccountToken: token }) =>
      token === undefined ? [] : [{ audience: token.audience, expirationSeconds: token.expirationSeconds }],
    ),
  };
}

/**
 * Gives the files of a volume by path; undefined for an emptyDir, which the pod fills itself.
 * @throws NotReadyError when something it is made of is missing, or the volume is of a kind not known here.
 */
export function renderVolume(
  volume: Volume,
  { pod, podIP, material }: { pod: Pod; podIP: string; material: Material },
): Map<string, VolumeFile> | undefined {
  if (volume.emptyDir !== undefined) return undefined;
  const { sources, mode } = contentOf(volume);
  const target: Target = { files: new Map(), volume, mode };
  for (const source of sources) {
    addObject(target, "secret", source.secret, material.secret(source.secret?.name ?? ""));
    addObject(target, "configmap", source.configMap, material.configMap(source.configMap?.name ?? ""));
    addToken(target, source, material);
    addFields(target, source, (path) => podField(pod, podIP, path));
  }
  return target.files;
}

function contentOf(volume: Volume): { sources: Projection[]; mode: number } {
  const known = volume.secret ?? volume.configMap ?? volume.downwardAPI ?? volume.projected;
  if (known === undefined) {
    throw notMounted(volume, "wanted is a secret, configMap, downwardAPI, projected or emptyDir volume");
  }
  return { sources: projectionsOf(volume), mode: known.defaultMode };
}

/** A volume of one source is a projected volume with that source alone. */
function projectionsOf({ secret, configMap, downwardAPI, projected }: Volume): Projection[] {
  if (secret !== undefined) return [{ secret: { ...secret, name: secret.secretName } }];
  if (configMap !== undefined) return [{ configMap }];
  if (downwardAPI !== undefined) return [{ downwardAPI }];
  return projected?.sources ?? [];
}

interface Target {
  files: Map<string, VolumeFile>;
  volume: Volume;
  /** Mode of files that name none of their own. */
  mode: number;
}

function addObject(
  { files, volume, mode }: Target,
  kind: string,
  source: Projection["secret"],
  data: Record<string, Buffer> | undefined,
): void {
  if (source === undefined) return;
  const { name, items, optional } = source;
  if (data === undefined && !optional) throw notMounted(volume, `${kind} "${name}" not found`);
  const wanted = items ?? Object.keys(data ?? {}).map((key): KeyToPath => ({ key, path: key }));
  for (const item of wanted) {
    const content = data?.[item.key];
    if (content !== undefined) files.set(item.path, { data: content, mode: item.mode ?? mode });
    else if (!optional) throw notMounted(volume, `${kind} "${name}" has no key "${item.key}"`);
  }
}

function addToken({ files, volume, mode }: Target, source: Projection, material: Material): void {
  if (source.serviceAccountToken === undefined) return;
  const token = material.token(source.serviceAccountToken.audience);
  if (token === undefined) throw notMounted(volume, "the service account's token was not given out yet");
  files.set(source.serviceAccountToken.path, { data: Buffer.from(token), mode });
}

function addFields(
  { files, volume, mode }: Target,
  source: Projection,
  field: (path: string) => string | undefined,
): void {
  for (const item of source.downwardAPI?.items ?? []) {
    const value = field(item.fieldRef?.fieldPath ?? "");
    if (value === undefined) throw notMounted(volume, `the field of ${item.path} is not known to this kubelet`);
    files.set(item.path, { data: Buffer.from(value), mode: item.mode ?? mode });
  }
}

function notMounted(volume: Volume, why: string): NotReadyError {
  return new NotReadyError("ContainerCreating", `MountVolume.SetUp failed for volume "${volume.name}": ${why}`);
}

function distinct(names: (string | undefined)[]): string[] {
  return [...new Set(names.filter((name) => name !== undefined))];
}
