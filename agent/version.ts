// The agent's version, as it stands in its reports.

export const AGENT_VERSION = "0.1.0";
