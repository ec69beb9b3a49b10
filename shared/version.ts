// The release that this code belongs to: the version of manager, agent, assess, chart and images. One source for all of
// them; package.json and Chart.yaml, which cannot import it, are held against it by a test.

export const RELEASE_VERSION = "0.2.0";
