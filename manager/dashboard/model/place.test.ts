import { expect, test } from "vitest";
import { pathTo, placeOf } from "./place.ts";

const API = "/apis/kruise-health.open-cluster-management.io/v1alpha1";

test.each([
  [`${API}/dashboard`, "", undefined],
  [`${API}/dashboard/`, "", undefined],
  [`${API}/dashboard/index.html`, "", undefined],
  [`${API}/namespaces/c1/dashboard/`, "", "c1"],
  [`${API}/namespaces/c1/dashboard`, "", "c1"],
  // Behind a proxy with a path of its own, such as Rancher's.
  [`/k8s/clusters/hub${API}/namespaces/c1/dashboard/index.html`, "/k8s/clusters/hub", "c1"],
  [`/k8s/clusters/hub${API}/dashboard/`, "/k8s/clusters/hub", undefined],
])("opened at %s the API is behind %j, of the namespace %s", (path, prefix, namespace) => {
  expect(placeOf(path)).toEqual({ prefix, root: prefix + API, namespace });
});

test("paths of resources begin where the page's does", () => {
  const place = placeOf(`/hub${API}/dashboard/`);
  expect(pathTo(place, "kruiseworkloads")).toBe(`/hub${API}/kruiseworkloads`);
  expect(pathTo(place, "kruiseworkloads", "c1")).toBe(`/hub${API}/namespaces/c1/kruiseworkloads`);
});
