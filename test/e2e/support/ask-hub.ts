// One GET at the hub's kube-apiserver as a bare HTTPS client sends it: headers and bytes as they are.
import { get } from "node:https";
import { gunzipSync } from "node:zlib";
import { kubeconfigSource } from "../../../shared/kube/credentials.ts";
import type { PlaneData } from "../harness/stack-data.ts";

export interface Answer {
  code: number;
  headers: Record<string, string | string[] | undefined>;
  /** Length of the body as it was sent. */
  bytes: number;
  text: string;
}

export async function askHub(
  { kubeconfig }: Pick<PlaneData, "kubeconfig">,
  path: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { server, ca, cert, key } = await kubeconfigSource(kubeconfig).load();
  const body = Promise.withResolvers<Answer>();
  get(`${server}${path}`, { ca, cert, key, headers, agent: false, timeout: 20_000 }, (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.once("error", body.reject).once("end", () => {
      const sent = Buffer.concat(chunks);
      const isZipped = response.headers["content-encoding"] === "gzip";
      const text = (isZipped ? gunzipSync(sent) : sent).toString();
      body.resolve({ code: response.statusCode ?? 0, headers: response.headers, bytes: sent.length, text });
    });
  })
    .once("timeout", () => body.reject(new Error(`No answer to ${path} for 20 s`)))
    .once("error", body.reject);
  return body.promise;
}
