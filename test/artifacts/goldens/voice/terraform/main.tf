# voice-activity: the chart beside this folder, as a Helm release.
#   terraform -chdir=terraform init && terraform -chdir=terraform apply -var image_repository=registry.example/voice-activity
# Providers are configured by the caller, or by KUBE_CONFIG_PATH and KUBE_CTX.

resource "kubernetes_namespace_v1" "service" {
  count = var.create_namespace ? 1 : 0

  metadata {
    name = var.namespace
    labels = {
      "pod-security.kubernetes.io/enforce" = "restricted"
    }
  }
}

resource "helm_release" "service" {
  name      = var.release_name
  namespace = var.namespace
  chart     = "${path.module}/../chart"

  # Pods start one after the other, and each may take as long as its startup probe allows.
  timeout         = var.timeout_seconds
  wait            = true
  atomic          = true
  cleanup_on_fail = true
  max_history     = 10

  values = concat(
    [
      yamlencode({
        replicaCount = var.replicas
        image = {
          repository = var.image_repository
          tag        = var.image_tag
          digest     = var.image_digest
        }
      })
    ],
    var.values,
  )

  depends_on = [kubernetes_namespace_v1.service]
}
