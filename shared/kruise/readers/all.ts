// The reader of each kind. One that is missing does not compile.
import type { KindName } from "../kinds.ts";
import { advancedCronJobReader } from "./advancedcronjob.ts";
import { broadcastJobReader } from "./broadcastjob.ts";
import { cloneSetReader } from "./cloneset.ts";
import { containerRecreateRequestReader } from "./containerrecreaterequest.ts";
import { daemonSetReader } from "./daemonset.ts";
import { ephemeralJobReader } from "./ephemeraljob.ts";
import { gameServerSetReader } from "./gameserverset.ts";
import { imageListPullJobReader } from "./imagelistpulljob.ts";
import { imagePullJobReader } from "./imagepulljob.ts";
import type { Reader } from "./kind-reading.ts";
import { persistentPodStateReader } from "./persistentpodstate.ts";
import { podProbeMarkerReader } from "./podprobemarker.ts";
import { podUnavailableBudgetReader } from "./podunavailablebudget.ts";
import { resourceDistributionReader } from "./resourcedistribution.ts";
import { rolloutReader } from "./rollout.ts";
import { sidecarSetReader } from "./sidecarset.ts";
import { statefulSetReader } from "./statefulset.ts";
import { unitedDeploymentReader } from "./uniteddeployment.ts";
import { workloadSpreadReader } from "./workloadspread.ts";

export const READERS: Readonly<Record<KindName, Reader>> = {
  CloneSet: cloneSetReader,
  StatefulSet: statefulSetReader,
  SidecarSet: sidecarSetReader,
  UnitedDeployment: unitedDeploymentReader,
  BroadcastJob: broadcastJobReader,
  AdvancedCronJob: advancedCronJobReader,
  ImagePullJob: imagePullJobReader,
  ImageListPullJob: imageListPullJobReader,
  ContainerRecreateRequest: containerRecreateRequestReader,
  EphemeralJob: ephemeralJobReader,
  DaemonSet: daemonSetReader,
  WorkloadSpread: workloadSpreadReader,
  PersistentPodState: persistentPodStateReader,
  PodProbeMarker: podProbeMarkerReader,
  ResourceDistribution: resourceDistributionReader,
  PodUnavailableBudget: podUnavailableBudgetReader,
  Rollout: rolloutReader,
  GameServerSet: gameServerSetReader,
};
