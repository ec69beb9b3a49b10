module sigs.k8s.io/about-api

go 1.25.0

require (
	k8s.io/apimachinery v0.34.1
	k8s.io/client-go v0.34.1
)
