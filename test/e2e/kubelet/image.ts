// What an image would run, so that a pod under the process kubelet and a pod in a container start the same way: read from
// its Dockerfile, of which only the instructions that our two use are known, or from the image itself once it is built.
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

interface Instruction {
  name: string;
  /** The rest of the line, continuation lines joined. */
  text: string;
}

export interface Stage {
  from: string;
  instructions: Instruction[];
}

/** The configuration of the final stage. */
export interface ImageConfig {
  entrypoint: string[];
  cmd: string[];
  env: Record<string, string>;
  /** Numeric user and group. */
  user: { uid: number; gid: number };
  workdir: string;
  /** Folders of the image that hold files of dist/. */
  bundleFolders: string[];
}

/** An image that this machine can run as processes. */
export interface Image extends ImageConfig {
  /** The folder that stands in for each of bundleFolders. */
  bundleDir: string;
  /** The unpacked files of a built image. Without it the machine's own files stand in for the base image's. */
  rootfs?: string;
}

/** The configuration of a built image, as far as it decides what runs. */
export interface OciConfig {
  User?: string;
  Env?: string[];
  Entrypoint?: string[];
  Cmd?: string[];
  WorkingDir?: string;
  Labels?: Record<string, string>;
}

/** Reads a Dockerfile's stages. */
export function parseDockerfile(text: string): Stage[] {
  const joined = text
    .split("\n")
    .filter((line) => !/^\s*#/.test(line))
    .join("\n")
    .replaceAll(/\\\n\s*/g, " ");
  const stages: Stage[] = [];
  for (const line of joined.split("\n")) {
    const match = /^\s*([A-Za-z]+)\s+(.*\S)\s*$/.exec(line);
    if (match === null) continue;
    const instruction = { name: (match[1] ?? "").toUpperCase(), text: match[2] ?? "" };
    if (instruction.name === "FROM") stages.push({ from: instruction.text, instructions: [] });
    else stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

const KNOWN = ["COPY", "WORKDIR", "ENV", "USER", "EXPOSE", "ENTRYPOINT", "CMD", "LABEL", "ARG"];

/**
 * Gives what the last stage configures.
 * @throws Error for an instruction or a form that the process kubelet cannot follow.
 */
export function readImageConfig(text: string): ImageConfig {
  const final = parseDockerfile(text).at(-1);
  if (final === undefined) throw new Error("Cannot read the Dockerfile: it has no FROM");
  const config: ImageConfig = {
    entrypoint: [],
    cmd: [],
    env: {},
    user: { uid: 0, gid: 0 },
    workdir: "/",
    bundleFolders: [],
  };
  for (const instruction of final.instructions) follow(instruction, config);
  if (config.entrypoint.length === 0) throw new Error("Cannot read the Dockerfile: its last stage has no ENTRYPOINT");
  return config;
}

/** Loads the image that a Dockerfile describes, with bundles from `bundleDir`. */
export function loadImage(dockerfile: string, bundleDir: string): Image {
  return { ...readImageConfig(readFileSync(dockerfile, "utf8")), bundleDir };
}

/** Makes a built image known, under the name that pods write, to the kubelets that look into that folder. */
export async function publishImage(folder: string, name: string, config: OciConfig, rootfs: string): Promise<void> {
  const image: Image = {
    entrypoint: config.Entrypoint ?? [],
    cmd: config.Cmd ?? [],
    env: Object.fromEntries((config.Env ?? []).map((entry) => splitOnce(entry))),
    user: numericUser(config.User ?? "0"),
    workdir: config.WorkingDir ?? "/",
    bundleFolders: [],
    bundleDir: "",
    rootfs,
  };
  await mkdir(folder, { recursive: true });
  await writeFile(publishedFile(folder, name), JSON.stringify(image));
}

/** A built image that was made known there. */
export function findPublished(folder: string, name: string): Image | undefined {
  const file = publishedFile(folder, name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Image) : undefined;
}

function publishedFile(folder: string, name: string): string {
  return join(folder, `${encodeURIComponent(name)}.json`);
}

function splitOnce(entry: string): [string, string] {
  const at = entry.indexOf("=");
  return [entry.slice(0, at), entry.slice(at + 1)];
}

function follow({ name, text }: Instruction, config: ImageConfig): void {
  if (!KNOWN.includes(name)) throw new Error(`Cannot follow "${name} ${text}" in the last stage of a Dockerfile`);
  if (name === "ENTRYPOINT") config.entrypoint = execForm(name, text);
  if (name === "CMD") config.cmd = execForm(name, text);
  if (name === "WORKDIR") config.workdir = text;
  if (name === "USER") config.user = numericUser(text);
  if (name === "ENV") Object.assign(config.env, parseEnv(text));
  // Ours copy files of dist/ to a folder with a slash at its end; dist's own folders go below it, as they are in dist/.
  if (name === "COPY" && text.includes("/dist/") && text.endsWith("/")) {
    config.bundleFolders.push(text.split(/\s+/).at(-1) ?? "");
  }
}

function execForm(name: string, text: string): string[] {
  if (!text.startsWith("["))
    throw new Error(`Cannot follow "${name} ${text}": wanted is the form ["program", "argument"]`);
  return JSON.parse(text) as string[];
}

function numericUser(text: string): { uid: number; gid: number } {
  const match = /^(\d+)(?::(\d+))?$/.exec(text);
  if (match === null) throw new Error(`Cannot follow "USER ${text}": runAsNonRoot needs a number`);
  return { uid: Number(match[1]), gid: Number(match[2] ?? match[1]) };
}

function parseEnv(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([A-Za-z_][A-Za-z0-9_]*)=("([^"]*)"|\S*)/g)];
  return Object.fromEntries(pairs.map(([, name, bare, quoted]) => [name ?? "", quoted ?? bare ?? ""]));
}
