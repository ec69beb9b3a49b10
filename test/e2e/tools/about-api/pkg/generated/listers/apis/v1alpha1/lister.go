// Stand-in for sigs.k8s.io/about-api, whose published module has no entry in the checksum database.
// The registration agent needs these names to compile; the ClusterProperty feature gate that would use them is off by default.
package v1alpha1

import (
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/about-api/pkg/apis/v1alpha1"
)

// ClusterPropertyLister lists cluster properties.
type ClusterPropertyLister interface {
	List(selector labels.Selector) ([]*v1alpha1.ClusterProperty, error)
}
