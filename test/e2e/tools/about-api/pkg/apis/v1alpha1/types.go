// Stand-in for sigs.k8s.io/about-api, whose published module has no entry in the checksum database.
// The registration agent needs these names to compile; the ClusterProperty feature gate that would use them is off by default.
package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ClusterProperty carries one named value of a cluster.
type ClusterProperty struct {
	metav1.TypeMeta
	metav1.ObjectMeta
	Spec ClusterPropertySpec
}

// ClusterPropertySpec holds the value.
type ClusterPropertySpec struct {
	Value string
}
