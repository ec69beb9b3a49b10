// OCM's conversion between the two versions of the add-on API, on the port it is told. The conversion is OCM's own
// code; only this main is ours, because the webhook server of OCM 1.2.1 also listens on ports 8080 and 8000 of every
// address and has no flag for them: with it there could be one hub on a machine, and none where 8080 is taken.
package main

import (
	"flag"
	"log"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	addonv1alpha1 "open-cluster-management.io/ocm/pkg/addon/webhook/v1alpha1"
	addonv1beta1 "open-cluster-management.io/ocm/pkg/addon/webhook/v1beta1"
)

func main() {
	port := flag.Int("port", 9443, "port of the webhook server on 127.0.0.1")
	certDir := flag.String("certdir", "", "folder with tls.crt and tls.key")
	flag.Parse()
	ctrl.SetLogger(klog.Background())
	if err := serve(*port, *certDir); err != nil {
		log.Fatal(err)
	}
}

func serve(port int, certDir string) error {
	scheme := runtime.NewScheme()
	for _, install := range []func(*runtime.Scheme) error{
		clientgoscheme.AddToScheme, addonv1alpha1.Install, addonv1beta1.Install,
	} {
		if err := install(scheme); err != nil {
			return err
		}
	}
	manager, err := ctrl.NewManager(ctrl.GetConfigOrDie(), ctrl.Options{
		Scheme:                 scheme,
		Metrics:                metricsserver.Options{BindAddress: "0"},
		HealthProbeBindAddress: "0",
		WebhookServer:          webhook.NewServer(webhook.Options{Host: "127.0.0.1", Port: port, CertDir: certDir}),
	})
	if err != nil {
		return err
	}
	for _, kind := range []interface{ Init(ctrl.Manager) error }{
		&addonv1alpha1.ManagedClusterAddOnWebhook{},
		&addonv1beta1.ManagedClusterAddOnWebhook{},
		&addonv1alpha1.ClusterManagementAddOnWebhook{},
		&addonv1beta1.ClusterManagementAddOnWebhook{},
	} {
		if err := kind.Init(manager); err != nil {
			return err
		}
	}
	return manager.Start(ctrl.SetupSignalHandler())
}
