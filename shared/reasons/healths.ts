// What each of the five healths means, in the order of the page.
import type { Health } from "../health/verdict.ts";

export const HEALTH_GUIDE: Record<Health, string> = {
  Healthy: "What is wanted is there. Nothing to do.",
  Suspended:
    "Complete up to a hold that somebody chose. It goes on only when a person lets it. It is never an alarm, and `WorkloadsHealthy` stays True.",
  Progressing:
    "Moving, or waiting for a controller. If it takes too long it becomes Degraded with one of the reasons that need time.",
  Degraded: "Something is wrong and will not get better by waiting. Act.",
  Unknown: "No verdict can be given. Unknown is never counted as healthy.",
};
