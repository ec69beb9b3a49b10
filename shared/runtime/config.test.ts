import { expect, test } from "vitest";
import * as z from "zod";
import { ConfigError, parseConfig } from "./config.ts";

const schema = z.object({
  NAME: z.string().min(1),
  PORT: z.coerce.number().int().max(65535).default(8443),
  LEVEL: z.enum(["info", "debug"]).default("info"),
});

test("parseConfig() fills in defaults, and takes an empty string as not set", () => {
  expect(parseConfig(schema, { NAME: "a", PORT: "", LEVEL: undefined })).toEqual({
    NAME: "a",
    PORT: 8443,
    LEVEL: "info",
  });
});

test("parseConfig() lists every mistake at once, with the value that is there", () => {
  const read = (): unknown => parseConfig(schema, { PORT: "70000", LEVEL: "loud" });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(/^ {2}NAME: is required and not set$/m);
  expect(read).toThrow(/^ {2}PORT: Too big.*\(it is "70000"\)$/m);
  expect(read).toThrow(/^ {2}LEVEL: Invalid option.*\(it is "loud"\)$/m);
});

test("parseConfig() names the field that a rule over several fields is about", () => {
  const both = schema.refine(({ LEVEL }) => LEVEL === "info", { path: ["LEVEL"], message: "must be info" });
  expect(() => parseConfig(both, { NAME: "a", LEVEL: "debug" })).toThrow('LEVEL: must be info (it is "debug")');
});
