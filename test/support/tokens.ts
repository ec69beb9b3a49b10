// Makes tokens that look like those of ServiceAccounts: JWTs that tell of themselves. Nobody has signed them.

export interface TokenClaims {
  subject: string;
  endsMs: number;
}

/** Makes a token; `signature` tells apart tokens that claim the same. */
export function makeToken({ subject, endsMs }: TokenClaims, signature = "unsigned"): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part({ sub: subject, exp: Math.floor(endsMs / 1000) })}.${signature}`;
}
