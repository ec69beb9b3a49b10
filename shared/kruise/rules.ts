// Every rule of stage one, so that a verdict's rule can be looked up and the documents can list all there is.
import type { Otherwise } from "../health/decision.ts";
import { ADVANCEDCRONJOB_TABLE } from "../health/kinds/advancedcronjob.ts";
import { BROADCASTJOB_TABLE } from "../health/kinds/broadcastjob.ts";
import { CONTAINERRECREATEREQUEST_TABLE } from "../health/kinds/containerrecreaterequest.ts";
import { DAEMONSET_TABLE } from "../health/kinds/daemonset.ts";
import { EPHEMERALJOB_TABLE } from "../health/kinds/ephemeraljob.ts";
import { IMAGELISTPULLJOB_TABLE } from "../health/kinds/imagelistpulljob.ts";
import { IMAGEPULLJOB_TABLE } from "../health/kinds/imagepulljob.ts";
import { PERSISTENTPODSTATE_TABLE } from "../health/kinds/persistentpodstate.ts";
import { PODPROBEMARKER_TABLE } from "../health/kinds/podprobemarker.ts";
import { PODUNAVAILABLEBUDGET_TABLE } from "../health/kinds/podunavailablebudget.ts";
import { RESOURCEDISTRIBUTION_TABLE } from "../health/kinds/resourcedistribution.ts";
import { ROLLOUT_TABLE } from "../health/kinds/rollout.ts";
import { SIDECARSET_TABLE } from "../health/kinds/sidecarset.ts";
import { STATEFULSET_TABLE } from "../health/kinds/statefulset.ts";
import { UNITEDDEPLOYMENT_TABLE } from "../health/kinds/uniteddeployment.ts";
import { WORKLOADSPREAD_TABLE } from "../health/kinds/workloadspread.ts";
import { PRELUDE_RULES } from "../health/prelude.ts";
import { REPLICA_TABLE } from "../health/replica-table.ts";
import type { KindName } from "./kinds.ts";

/** What a rule says of itself, whatever its facts are. */
export type RuleText = Pick<Otherwise<never>, "id" | "when" | "verdict">;

/** The rules in the order in which they are tried: those of the prelude, then those of the object's kind. */
export const RULE_TABLES: Readonly<Record<KindName | "prelude", readonly RuleText[]>> = {
  prelude: PRELUDE_RULES,
  CloneSet: REPLICA_TABLE,
  StatefulSet: STATEFULSET_TABLE,
  SidecarSet: SIDECARSET_TABLE,
  UnitedDeployment: UNITEDDEPLOYMENT_TABLE,
  DaemonSet: DAEMONSET_TABLE,
  BroadcastJob: BROADCASTJOB_TABLE,
  AdvancedCronJob: ADVANCEDCRONJOB_TABLE,
  ImagePullJob: IMAGEPULLJOB_TABLE,
  ImageListPullJob: IMAGELISTPULLJOB_TABLE,
  ContainerRecreateRequest: CONTAINERRECREATEREQUEST_TABLE,
  EphemeralJob: EPHEMERALJOB_TABLE,
  WorkloadSpread: WORKLOADSPREAD_TABLE,
  PersistentPodState: PERSISTENTPODSTATE_TABLE,
  PodProbeMarker: PODPROBEMARKER_TABLE,
  ResourceDistribution: RESOURCEDISTRIBUTION_TABLE,
  PodUnavailableBudget: PODUNAVAILABLEBUDGET_TABLE,
  Rollout: ROLLOUT_TABLE,
  GameServerSet: REPLICA_TABLE,
};

const BY_ID: ReadonlyMap<string, RuleText> = new Map(
  Object.values(RULE_TABLES)
    .flat()
    .map((rule) => [rule.id, rule]),
);

/** Finds the rule that a verdict of stage one names. */
export function ruleOf(id: string): RuleText | undefined {
  return BY_ID.get(id);
}
