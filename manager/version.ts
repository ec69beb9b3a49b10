// The manager's version, as it stands in /version and in its requests to the hub.

export const MANAGER_VERSION = "0.1.0";
