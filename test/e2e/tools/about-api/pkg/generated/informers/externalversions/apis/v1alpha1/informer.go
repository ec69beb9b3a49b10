// Stand-in for sigs.k8s.io/about-api, whose published module has no entry in the checksum database.
// The registration agent needs these names to compile; the ClusterProperty feature gate that would use them is off by default.
package v1alpha1

import (
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/about-api/pkg/apis/v1alpha1"
	listers "sigs.k8s.io/about-api/pkg/generated/listers/apis/v1alpha1"
)

// ClusterPropertyInformer gives the informer and its lister.
type ClusterPropertyInformer interface {
	Informer() cache.SharedIndexInformer
	Lister() listers.ClusterPropertyLister
}

// Empty is an informer that knows of no property.
type Empty struct{}

// Informer is reached with the ClusterProperty gate on only.
func (Empty) Informer() cache.SharedIndexInformer {
	panic("this build of the registration agent has no ClusterProperty API: leave the ClusterProperty feature gate off")
}

// Lister lists nothing.
func (Empty) Lister() listers.ClusterPropertyLister { return none{} }

type none struct{}

func (none) List(labels.Selector) ([]*v1alpha1.ClusterProperty, error) { return nil, nil }
