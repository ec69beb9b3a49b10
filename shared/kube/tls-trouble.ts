// What a failed TLS handshake means, in words: whose certificate is refused by whom, and what to look at.
// The codes are those of OpenSSL as Node passes them on.

export interface TlsTrouble {
  reason: "UntrustedServer" | "ServerCertificateExpired" | "ServerNameMismatch" | "ClientCertificateRefused";
  sentence: string;
}

/** Who talks to whom. */
export interface Parties {
  /** What the server is called: "hub". */
  name: string;
  /** Where the credentials come from: "kubeconfig /var/run/hub/kubeconfig". */
  origin: string;
}

const UNTRUSTED = new Set([
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "CERT_SIGNATURE_FAILURE",
  "INVALID_CA",
  "CERT_UNTRUSTED",
]);
const TIMES = new Set(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"]);
/** The server ended the handshake with an alert about what we showed it. */
const CLIENT_ALERT = /^ERR_SSL_(?:TLSV1|TLSV13|SSLV3)_ALERT_(?:.*CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/;

/** Explains an error of a connection; undefined when it is not about certificates. */
export function explainTls(cause: unknown, { name, origin }: Parties): TlsTrouble | undefined {
  const code = codeOf(cause);
  if (UNTRUSTED.has(code)) {
    return {
      reason: "UntrustedServer",
      sentence: `the certificate of the ${name} is not signed by the certificate authority in ${origin} (${code})`,
    };
  }
  if (TIMES.has(code)) {
    const sentence = `the certificate of the ${name} is not valid at this time (${code}); are both clocks right?`;
    return { reason: "ServerCertificateExpired", sentence };
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return {
      reason: "ServerNameMismatch",
      sentence: `the certificate of the ${name} is not for the address in ${origin}`,
    };
  }
  if (!CLIENT_ALERT.test(code)) return undefined;
  return {
    reason: "ClientCertificateRefused",
    sentence: `the ${name} refuses the client certificate of ${origin} (${code})`,
  };
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "";
}
