// A client of the feedback API as Go programs are: informers of client-go, for whole objects and for metadata alone, and
// a bare reflector. Prints each event as a line of JSON, and for each line on standard input all that its store holds.
// KUBE_FEATURE_WatchListClient=false in the environment makes it list before it watches.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

type line struct {
	Event string `json:"event"`
	Key   string `json:"key,omitempty"`
	// Resource versions of what the store holds, by key.
	Store map[string]string `json:"store,omitempty"`
}

var printing sync.Mutex

func say(said line) {
	printing.Lock()
	defer printing.Unlock()
	text, err := json.Marshal(said)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
}

func main() {
	kubeconfig := flag.String("kubeconfig", "", "kubeconfig of the hub")
	form := flag.String("form", "objects", "objects, metadata or reflector")
	fields := flag.String("fields", "", "field selector; of objects only")
	flag.Parse()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	// The machine's own limit would make a page of a large list wait for the one before it.
	config.QPS = -1
	store, err := start(context.Background(), config, *form, *fields)
	if err != nil {
		log.Fatal(err)
	}
	say(line{Event: "synced"})
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		say(line{Event: "store", Store: contents(store)})
	}
}

func start(ctx context.Context, config *rest.Config, form string, fields string) (cache.Store, error) {
	switch form {
	case "objects":
		tell := func(event string, workload *unstructured.Unstructured) { tellOf(event, workload) }
		return watchWorkloads(ctx, config, fields, tell)
	case "metadata":
		return watchMetadata(ctx, config)
	default:
		return reflect(ctx, config)
	}
}

func watchMetadata(ctx context.Context, config *rest.Config) (cache.Store, error) {
	client, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	factory := metadatainformer.NewSharedInformerFactory(client, 0)
	informer := factory.ForResource(workloads).Informer()
	if _, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { tellOf("added", object) },
		UpdateFunc: func(_, object any) { tellOf("updated", object) },
		DeleteFunc: func(object any) { tellOf("deleted", object) },
	}); err != nil {
		return nil, err
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	return informer.GetStore(), nil
}

// reflect keeps a store by a reflector alone, as programs do that want no handlers.
func reflect(ctx context.Context, config *rest.Config) (cache.Store, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	resource := client.Resource(workloads)
	source := cache.ToListWatcherWithWatchListSemantics(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			return resource.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			return resource.Watch(ctx, options)
		},
	}, client)
	store := cache.NewStore(cache.MetaNamespaceKeyFunc)
	reflector := cache.NewReflector(source, &unstructured.Unstructured{}, store, 0)
	go reflector.RunWithContext(ctx)
	return store, wait.PollUntilContextCancel(ctx, 10*time.Millisecond, true, func(context.Context) (bool, error) {
		return reflector.LastSyncResourceVersion() != "", nil
	})
}

func tellOf(event string, object any) {
	key, err := cache.DeletionHandlingMetaNamespaceKeyFunc(object)
	if err != nil {
		log.Fatal(err)
	}
	say(line{Event: event, Key: key})
}

func contents(store cache.Store) map[string]string {
	versions := map[string]string{}
	for _, object := range store.List() {
		about, err := meta.Accessor(object)
		if err != nil {
			log.Fatal(err)
		}
		versions[about.GetNamespace()+"/"+about.GetName()] = about.GetResourceVersion()
	}
	return versions
}
