// The example of docs/using/feedback-api-clients.md: compiled here, so that it stays true.
package main

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

var workloads = schema.GroupVersionResource{
	Group: "kruise-health.open-cluster-management.io", Version: "v1alpha1", Resource: "kruiseworkloads",
}

// watchWorkloads tells of every workload of the fleet and of every change, until the context ends. It returns when all
// there are have been told. The selector is one of fields, "health=Degraded" for example; an empty one selects all.
func watchWorkloads(
	ctx context.Context, config *rest.Config, fields string, tell func(event string, workload *unstructured.Unstructured),
) (cache.Store, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	narrow := func(options *metav1.ListOptions) { options.FieldSelector = fields }
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(client, 0, metav1.NamespaceAll, narrow)
	informer := factory.ForResource(workloads).Informer()
	if _, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { tell("added", object.(*unstructured.Unstructured)) },
		UpdateFunc: func(_, object any) { tell("updated", object.(*unstructured.Unstructured)) },
		DeleteFunc: func(object any) {
			if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
				object = gone.Obj
			}
			tell("deleted", object.(*unstructured.Unstructured))
		},
	}); err != nil {
		return nil, err
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	return informer.GetStore(), ctx.Err()
}
