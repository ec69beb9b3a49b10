// Stand-in for sigs.k8s.io/about-api, whose published module has no entry in the checksum database.
// The registration agent needs these names to compile; the ClusterProperty feature gate that would use them is off by default.
package externalversions

import (
	"time"

	"sigs.k8s.io/about-api/pkg/generated/clientset/versioned"
	"sigs.k8s.io/about-api/pkg/generated/informers/externalversions/apis/v1alpha1"
)

// SharedInformerFactory leads to the one informer.
type SharedInformerFactory interface {
	Start(stop <-chan struct{})
	About() Group
}

// Group leads to the version.
type Group interface{ V1alpha1() Version }

// Version leads to the informer.
type Version interface {
	ClusterProperties() v1alpha1.ClusterPropertyInformer
}

// NewSharedInformerFactory makes a factory that watches nothing.
func NewSharedInformerFactory(versioned.Interface, time.Duration) SharedInformerFactory {
	return factory{}
}

type factory struct{}

func (factory) Start(<-chan struct{})                               {}
func (factory) About() Group                                        { return factory{} }
func (factory) V1alpha1() Version                                   { return factory{} }
func (factory) ClusterProperties() v1alpha1.ClusterPropertyInformer { return v1alpha1.Empty{} }
