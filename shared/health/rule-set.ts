// The version of the health rules, sent with every report: it changes when the same object may get another verdict.

export const RULE_SET = "2";
