output "namespace" {
  description = "Where the service runs."
  value       = var.namespace
}

output "release" {
  description = "Name and revision of the Helm release."
  value = {
    name    = helm_release.service.name
    version = helm_release.service.version
  }
}

output "http_port" {
  description = "Port of the Service for HTTP."
  value       = <%= it.httpPort %>
}
