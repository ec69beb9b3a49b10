# The targets that Open Cluster Management's projects have in common, over npm's scripts.
REGISTRY ?= ghcr.io/open-cluster-management-io
TAG ?= $(shell node -p 'require("./package.json").version')
PLATFORMS ?= linux/amd64,linux/arm64

.PHONY: verify build test-unit test-integration test-e2e test-chart image images image-push

verify: ; npm run check
build: ; npm run build
test-unit: ; npm test -- --project unit --project contract
test-integration: ; npm test -- --project fleet
test-e2e: ; npm run e2e
test-chart: ; npm test -- charts
image images:
	docker build --file Dockerfile.manager --tag $(REGISTRY)/kruise-health-manager:$(TAG) .
	docker build --file Dockerfile.agent --tag $(REGISTRY)/kruise-health-agent:$(TAG) .
# For every platform at once, as an index: there is no separate manifest to push.
image-push:
	docker buildx build --platform $(PLATFORMS) --file Dockerfile.manager --tag $(REGISTRY)/kruise-health-manager:$(TAG) --push .
	docker buildx build --platform $(PLATFORMS) --file Dockerfile.agent --tag $(REGISTRY)/kruise-health-agent:$(TAG) --push .
