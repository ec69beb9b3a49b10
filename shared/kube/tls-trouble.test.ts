import { expect, test } from "vitest";
import { explainTls } from "./tls-trouble.ts";

const parties = { name: "hub", origin: "kubeconfig /hub/kubeconfig" };
const failed = (code: string): Error => Object.assign(new Error("as Node says it"), { code });

test.each([
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "UntrustedServer", "is not signed by the certificate authority in kubeconfig"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "UntrustedServer", "is not signed by the certificate authority in kubeconfig"],
  ["CERT_HAS_EXPIRED", "ServerCertificateExpired", "is not valid at this time"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "ServerNameMismatch", "is not for the address in kubeconfig /hub/kubeconfig"],
  ["ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED", "ClientCertificateRefused", "the hub refuses the client certificate"],
  ["ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE", "ClientCertificateRefused", "the hub refuses the client certificate"],
  ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "ClientCertificateRefused", "the hub refuses the client certificate"],
  ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "ClientCertificateRefused", "the hub refuses the client certificate"],
])("explainTls() puts %s into words", (code, reason, sentence) => {
  expect(explainTls(failed(code), parties)).toEqual({ reason, sentence: expect.stringContaining(sentence) });
});

test.each([failed("ECONNRESET"), failed("ERR_SSL_WRONG_VERSION_NUMBER"), new Error("x"), "x", undefined])(
  "explainTls() leaves %s to others",
  (cause) => {
    expect(explainTls(cause, parties)).toBeUndefined();
  },
);
