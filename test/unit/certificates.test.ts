import { X509Certificate, createPrivateKey } from "node:crypto";
import { expect, test } from "vitest";
import { makeAuthority } from "../support/certificates.ts";

test("an issued certificate is signed by its authority, fits its key and carries names and groups", async () => {
  const authority = await makeAuthority("test-ca");
  const { cert, key } = await authority.issue({
    cn: "agent",
    organizations: ["group:a", "group, with comma"],
    dns: ["localhost"],
    ips: ["127.0.0.1"],
  });
  const parsed = new X509Certificate(cert);
  expect(parsed.verify(new X509Certificate(authority.cert).publicKey)).toBe(true);
  expect(parsed.checkIssued(new X509Certificate(authority.cert))).toBe(true);
  expect(parsed.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(parsed.subject).toContain("O=group:a\nO=group\\, with comma\nCN=agent");
  expect(parsed.subjectAltName).toBe("DNS:localhost, IP Address:127.0.0.1");
});
