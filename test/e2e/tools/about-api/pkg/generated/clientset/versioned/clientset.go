// Stand-in for sigs.k8s.io/about-api, whose published module has no entry in the checksum database.
// The registration agent needs these names to compile; the ClusterProperty feature gate that would use them is off by default.
package versioned

import "k8s.io/client-go/rest"

// Interface has no calls: nothing is asked of it while the gate is off.
type Interface interface{}

// NewForConfig never connects.
func NewForConfig(*rest.Config) (Interface, error) {
	return struct{}{}, nil
}
