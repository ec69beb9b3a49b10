// What an AddOnDeploymentConfig asks of the agent's Deployment, checked as a whole: either all of it is rendered, or none
// and every mistake is named. Pure. Its agentInstallNamespace is part of the registration (controllers/registration.ts).
import type { V1ResourceRequirements } from "@kubernetes/client-node";
import type { AgentSettings } from "../../shared/wire/agent-settings.ts";
import type { AddOnDeploymentConfigSpec, ManagedCluster } from "../ocm/types.ts";
import { AGENT_NAME } from "./agent-rbac.ts";
import { readImage } from "./images.ts";
import { readProxy } from "./proxy.ts";
import type { Proxy } from "./proxy.ts";
import { mistakesOf } from "./reading.ts";
import { readResources } from "./resources.ts";
import { readSettings } from "./settings.ts";

/** Name of the agent's container. */
export const CONTAINER_NAME = "agent";

export interface Wishes {
  image: string;
  settings: AgentSettings;
  nodePlacement: AddOnDeploymentConfigSpec["nodePlacement"];
  resources: V1ResourceRequirements;
  proxy: Proxy;
}

/** Reads the config of one cluster's agent; `{}` is no config. */
export function readWishes(
  spec: AddOnDeploymentConfigSpec,
  { image, cluster }: { image: string; cluster: ManagedCluster | undefined },
): Wishes | { mistakes: string } {
  const settings = readSettings(spec.customizedVariables ?? []);
  const mirrored = readImage(image, spec.registries, cluster);
  const resources = readResources(spec.resourceRequirements, `deployments:${AGENT_NAME}:${CONTAINER_NAME}`);
  const proxy = readProxy(spec.proxyConfig);
  if ("value" in settings && "value" in mirrored && "value" in resources && "value" in proxy) {
    return {
      image: mirrored.value,
      settings: settings.value,
      nodePlacement: spec.nodePlacement,
      resources: resources.value,
      proxy: proxy.value,
    };
  }
  return { mistakes: mistakesOf(settings, mirrored, resources, proxy).join("; ") };
}
